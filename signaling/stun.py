"""STUN binding requests and answers, as an ICE-lite agent needs them (RFC 8489, RFC 8445 7.3)."""

import hmac
import socket
import struct
import zlib
from dataclasses import dataclass
from typing import Any

COOKIE = 0x2112A442
HEADER = 20
BINDING_REQUEST, BINDING_SUCCESS = 0x0001, 0x0101
USERNAME, MESSAGE_INTEGRITY, XOR_MAPPED_ADDRESS, USE_CANDIDATE, FINGERPRINT = 0x0006, 0x0008, 0x0020, 0x0025, 0x8028
PRIORITY, ICE_CONTROLLED = 0x0024, 0x8029
HOST_PRIORITY = 126 << 24 | 0xFFFFFF  # RFC 8445 5.1.2.1
TIE_BREAKER = 0  # the smallest: a client that thinks it is controlled too will win, and control
FINGERPRINT_XOR = 0x5354554E
INTEGRITY_LENGTH = 24  # with its attribute header
MOST_ATTRIBUTES = 24
_HEADER, _ATTRIBUTE, _MAPPED_4 = struct.Struct(">HHI"), struct.Struct(">HH"), struct.Struct(">HHBBHI")


@dataclass(frozen=True)
class BindingRequest:
    """A connectivity check, not yet authenticated."""

    transaction: bytes
    local_ufrag: str
    remote_ufrag: str
    nominated: bool
    signed: bytes
    integrity: bytes

    def authentic(self, password: str) -> bool:
        """Tell whether MESSAGE-INTEGRITY was made with our password (RFC 8489 14.5)."""
        return hmac.compare_digest(self.integrity, _integrity(self.signed, password))


def _integrity(signed: bytes, password: str) -> bytes:
    """HMAC-SHA1 over the message with the length set as if it ended with this attribute."""
    adjusted = signed[:2] + struct.pack(">H", len(signed) - HEADER + INTEGRITY_LENGTH) + signed[4:]
    return hmac.digest(password.encode(), adjusted, "sha1")


def _attributes(datagram: bytes) -> list[tuple[int, int, bytes]]:
    """Return (type, offset of the attribute, value) of each attribute; raises ValueError."""
    found: list[tuple[int, int, bytes]] = []
    at = HEADER
    while at < len(datagram):
        if len(found) >= MOST_ATTRIBUTES:
            raise ValueError("STUN message has too many attributes")
        if at + 4 > len(datagram):
            raise ValueError("STUN attribute header is cut off")
        kind, length = struct.unpack_from(">HH", datagram, at)
        if at + 4 + length > len(datagram):
            raise ValueError("STUN attribute is cut off")
        found.append((kind, at, datagram[at + 4 : at + 4 + length]))
        at += 4 + length + (-length % 4)
    return found


def local_ufrag(view: memoryview, size: int) -> str:
    """Return whom a binding request of `size` bytes is for, as it says; empty for anything else.

    Nothing is verified and as little as possible done: strangers may send as much as they like.
    """
    if size < HEADER + 8:
        return ""
    kind, length, cookie = _HEADER.unpack_from(view)
    if kind != BINDING_REQUEST or cookie != COOKIE or length != size - HEADER:
        return ""
    at = HEADER
    for _ in range(MOST_ATTRIBUTES):
        if at + 4 > size:
            return ""
        kind, length = _ATTRIBUTE.unpack_from(view, at)
        if kind == USERNAME:
            end = at + 4 + length
            return str(view[at + 4 : end], "ascii", "replace").partition(":")[0] if end <= size else ""
        at += 4 + length + (-length % 4)
    return ""


def read_request(datagram: bytes) -> BindingRequest:
    """Return the binding request in a datagram; raises ValueError for anything else."""
    if len(datagram) < HEADER:
        raise ValueError("STUN message is shorter than its header")
    kind, length, cookie = struct.unpack_from(">HHI", datagram)
    if kind != BINDING_REQUEST or cookie != COOKIE or length != len(datagram) - HEADER:
        raise ValueError("no STUN binding request")
    attributes = _attributes(datagram)
    last, at, value = attributes[-1] if attributes else (0, 0, b"")
    if last == FINGERPRINT:
        if value != struct.pack(">I", _fingerprint(datagram[:at], len(datagram))):
            raise ValueError("STUN fingerprint is wrong")
        attributes.pop()
    signed_end, integrity = next(((at, value) for kind, at, value in attributes if kind == MESSAGE_INTEGRITY), (0, b""))
    # RFC 8489 14.5: what follows the integrity, other than the fingerprint, is ignored.
    trusted = {kind: value for kind, at, value in reversed(attributes) if at < signed_end}  # of two the first (14)
    local, separator, remote = trusted.get(USERNAME, b"").decode("utf-8").partition(":")
    if not integrity or not separator:
        raise ValueError("STUN binding request without username or integrity")
    nominated = USE_CANDIDATE in trusted
    return BindingRequest(datagram[8:HEADER], local, remote, nominated, datagram[:signed_end], integrity)


def _fingerprint(before: bytes, size: int) -> int:
    adjusted = before[:2] + struct.pack(">H", size - HEADER) + before[4:]
    return zlib.crc32(adjusted) ^ FINGERPRINT_XOR


def _mapped(address: tuple[Any, ...], transaction: bytes) -> bytes:
    """Return XOR-MAPPED-ADDRESS (RFC 8489 14.2): IPv4 is mixed with the cookie, IPv6 with the transaction too."""
    host, port = str(address[0]), int(address[1]) ^ (COOKIE >> 16)
    if ":" not in host:
        mixed = int.from_bytes(socket.inet_pton(socket.AF_INET, host)) ^ COOKIE
        return _MAPPED_4.pack(XOR_MAPPED_ADDRESS, 8, 0, 1, port, mixed)
    mask = COOKIE << 96 | int.from_bytes(transaction)
    whole = int.from_bytes(socket.inet_pton(socket.AF_INET6, host.partition("%")[0])) ^ mask
    return struct.pack(">HHBBH", XOR_MAPPED_ADDRESS, 20, 0, 2, port) + whole.to_bytes(16)


def _finished(message: bytes, password: str) -> bytes:
    """Return a message with MESSAGE-INTEGRITY and FINGERPRINT at its end."""
    message += struct.pack(">HH", MESSAGE_INTEGRITY, 20) + _integrity(message, password)
    size = len(message) + 8
    message = message[:2] + struct.pack(">H", size - HEADER) + message[4:]
    return message + struct.pack(">HHI", FINGERPRINT, 4, _fingerprint(message, size))


def success(request: BindingRequest, address: tuple[Any, ...], password: str) -> bytes:
    """Make the signed answer that tells the peer its address (host, port, ...) as seen from here."""
    mapped = _mapped(address, request.transaction)
    return _finished(struct.pack(">HHI", BINDING_SUCCESS, 0, COOKIE) + request.transaction + mapped, password)


def request(username: str, password: str, transaction: bytes, *, nominated: bool = True) -> bytes:
    """Make a connectivity check, as a controlling agent's if it nominates, else as a controlled one's."""
    name = username.encode()
    message = struct.pack(">HHI", BINDING_REQUEST, 0, COOKIE) + transaction
    message += struct.pack(">HH", USERNAME, len(name)) + name + bytes(-len(name) % 4)
    if nominated:
        message += struct.pack(">HH", USE_CANDIDATE, 0)
    else:
        message += struct.pack(">HHI", PRIORITY, 4, HOST_PRIORITY) + struct.pack(">HHQ", ICE_CONTROLLED, 8, TIE_BREAKER)
    return _finished(message, password)
