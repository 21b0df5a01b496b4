"""A LiveKit-compatible signalling server and packet-forwarding media server. It knows nothing of cases."""

from signaling import native

__path__[:0] = native.paths()
