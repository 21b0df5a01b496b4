"""The inner loops of the packet path in C: what is done for every packet of every subscriber."""
