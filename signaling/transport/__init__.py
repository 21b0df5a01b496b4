"""What carries packets: ICE, DTLS, SRTP, the sockets."""

from signaling import native

__path__[:0] = native.paths("transport")
