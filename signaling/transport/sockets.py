"""The UDP sockets of media: one port at every address that is announced."""

import errno
import socket
from collections.abc import Sequence

from signaling.logs import Log

log = Log("ice")
SOCKET_BUFFER = 4 << 20


def _open(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    if ":" in address:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER)
    try:
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


def open_sockets(addresses: Sequence[str], port: int) -> dict[str, socket.socket]:
    """Open the same port at every address; an address that is not ours is served by a socket for all."""
    opened: dict[str, socket.socket] = {}
    try:
        for address in addresses:
            everywhere = "::" if ":" in address else "0.0.0.0"  # noqa: S104  a NAT stands before us
            try:
                opened[address] = _open(address, port)
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:
                    raise
                if any((":" in each) == (":" in address) for each in opened):
                    log.warning("ice.address_left_out", address=address)
                    continue
                opened[address] = _open(everywhere, port)
            port = int(opened[address].getsockname()[1])
    except OSError:
        for sock in opened.values():
            sock.close()
        raise
    return opened
