"""Signal messages as bytes (package livekit-protocol), identifiers, and what we say about ourselves."""

import base64
import binascii
import secrets
import zlib

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

PROTOCOL = 16
SERVER_VERSION = "1.9.0"  # of LiveKit, whose behaviour clients may expect from us
LARGEST_MESSAGE = 2_000_000
LARGEST_JOIN = 1_000_000
PING_SECONDS, PING_TIMEOUT_SECONDS = 5, 20
GZIP = 31  # zlib's window bits for a gzip wrapper


def new_sid(prefix: str) -> str:
    """Return a new identifier: RM_ room, PA_ participant, TR_ track, EV_ event, ND_ node."""
    return prefix + secrets.token_hex(6)


def about_us(node: str) -> models.ServerInfo:
    """Describe this server to clients."""
    return models.ServerInfo(
        edition=models.ServerInfo.Edition.Standard, version=SERVER_VERSION, protocol=PROTOCOL, node_id=node
    )


def read_request(message: bytes) -> rtc.SignalRequest:
    """Decode what a client sends; raises ValueError."""
    try:
        return rtc.SignalRequest.FromString(message)
    except DecodeError as error:
        raise ValueError("no SignalRequest") from error


def read_join(text: str) -> rtc.JoinRequest:
    """Decode the `join_request` of a URL: base64 of a wrapper, within it perhaps gzip; raises ValueError."""
    try:
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        wrapped = rtc.WrappedJoinRequest.FromString(base64.b64decode(padded, altchars=b"-_", validate=True))
        inner = wrapped.join_request
        if wrapped.compression == rtc.WrappedJoinRequest.Compression.GZIP:
            stream = zlib.decompressobj(GZIP)
            inner = stream.decompress(inner, LARGEST_JOIN)
            if stream.unconsumed_tail or not stream.eof:
                raise ValueError("join_request is cut off, or too large when unpacked")
        return rtc.JoinRequest.FromString(inner)
    except (binascii.Error, DecodeError, zlib.error, UnicodeError) as error:
        raise ValueError("join_request cannot be read") from error


def read_packet(message: bytes) -> models.DataPacket:
    """Decode what a client sends on a data channel; raises ValueError."""
    try:
        return models.DataPacket.FromString(message)
    except DecodeError as error:
        raise ValueError("no DataPacket") from error


def leave(reason: models.DisconnectReason, *, again: bool = False) -> rtc.SignalResponse:
    """Tell a client to go, or to come again from the beginning."""
    action = rtc.LeaveRequest.Action.RECONNECT if again else rtc.LeaveRequest.Action.DISCONNECT
    return rtc.SignalResponse(leave=rtc.LeaveRequest(reason=reason, action=action, can_reconnect=again))
