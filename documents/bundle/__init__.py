"""The evidence bundle: one signed zip of a case, which anybody can check offline with the root certificate alone."""
