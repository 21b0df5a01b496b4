"""Imported by the process that forks the workers, and by no other: what it has imported they need not import again."""

import signal

from signaling.garbage import settle
from signaling.workers import worker

# Whoever ends the server may signal all its processes at once: the front tells the workers what to do. This process
# ends when the front has.
signal.signal(signal.SIGTERM, signal.SIG_IGN)
settle()
__all__ = ["worker"]
