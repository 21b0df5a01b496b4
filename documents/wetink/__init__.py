"""The bridge to paper: print with a code on each page, scan back, match, and let the mediator attest it."""
