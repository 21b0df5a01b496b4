"""The evidence bundle of a case: what the platform knows of it, gathered, sealed and handed out."""
