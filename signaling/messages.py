"""Data packets from one participant to others, and from the room API to participants."""

import time
from collections.abc import Collection

from livekit.protocol import models

from signaling import publishing, wire
from signaling.backpressure import Receiver
from signaling.logs import Log
from signaling.participant import Participant
from signaling.replay import Kept
from signaling.room import Room
from signaling.transport.dtls import LOSSY, RELIABLE, Handshake

log = Log("messages")
KINDS = {RELIABLE: models.DataPacket.Kind.RELIABLE, LOSSY: models.DataPacket.Kind.LOSSY}


def received(member: Participant, label: str, message: bytes, source: Handshake | None = None) -> None:
    """Pass on what a member sends; of `source`, the way it came, so much is held until others have read it.

    A file may be sent as fast as one likes: its sender waits. Who sends too many messages, or what nobody can make it
    wait with, is sent away.
    """
    if member.closed:
        return
    if not member.packets.take(len(message) if label == LOSSY else 0, time.monotonic()):
        log.limited("limit.exceeded", sid=member.sid, limit="data packets")
        publishing.leave_room(member, models.DisconnectReason.PARTICIPANT_REMOVED)
        return
    receivers = _passed_on(member, label, message) if label in KINDS and member.permission.can_publish_data else []
    if source is not None and label != LOSSY:
        source.hold(len(message))
        member.hold.add(len(message), receivers)
        member.room.holding[member] = source


def ease(room: Room, now: float) -> None:
    """Let those send again for whose packets others have made room; regular work."""
    for member, source in tuple(room.holding.items()):
        source.release(member.hold.freed(now))
        if member.hold.empty or member.closed:
            del room.holding[member]


def _passed_on(member: Participant, label: str, message: bytes) -> list[Receiver]:
    """Send to whom it is meant for; return them."""
    try:
        packet = wire.read_packet(message)
    except ValueError:
        return []
    if label == RELIABLE and packet.sequence:
        if packet.sequence <= member.last_sequence:  # sent once more after a resume, but it had come
            return []
        member.last_sequence = packet.sequence
    if member.calls.takes(packet):
        return []
    packet.kind = KINDS[label]
    _sign(packet, member)
    return _send(member.room, packet, label, but=member)


def _sign(packet: models.DataPacket, member: Participant) -> None:
    """Write the sender's name; who is hidden stays so."""
    packet.participant_identity = "" if member.hidden else member.identity
    packet.participant_sid = member.sid
    if packet.WhichOneof("value") == "user":
        user = packet.user
        user.participant_identity = "" if member.hidden else member.identity
        user.participant_sid = "" if member.hidden else member.sid
        if not packet.destination_identities:
            packet.destination_identities.extend(user.destination_identities)


def _send(room: Room, packet: models.DataPacket, label: str, *, but: Participant | None = None) -> list[Receiver]:
    identities = set(packet.destination_identities)
    sids = set(packet.user.destination_sids) if packet.WhichOneof("value") == "user" else set[str]()
    message = packet.SerializeToString()
    kept = Kept(packet.participant_sid, packet.sequence, message, identities, sids, time.monotonic())
    lasting = but is not None and label == RELIABLE and packet.sequence > 0
    if lasting:
        room.replay.keep(kept)
    receivers: list[Receiver] = []
    for member in tuple(room.members.values()):
        if member is but or not kept.concerns(member.identity, member.sid):
            continue
        if lasting and not member.subscriber.handshake.is_open(label):
            member.missed.setdefault(kept.sender, kept.sequence)
        elif member.subscriber.handshake.send(label, message):
            receivers.append(member.subscriber.handshake)
        elif label == RELIABLE and member.subscriber.connected:
            log.limited("data.dropped", sid=member.sid)  # it has not read for long, nobody waits for it any more
    return receivers


def opened(member: Participant, label: str) -> None:
    """Send what passed while somebody was still connecting."""
    if label == RELIABLE:
        missed, member.missed = member.missed, {}
        replay(member, missed)
        _send_calls(member)


def replay(member: Participant, firsts: dict[str, int]) -> None:
    """Send reliable packets again: of each sender (by sid) from a number on."""
    for packet in member.room.replay.missed(member.identity, member.sid, firsts, time.monotonic()):
        if packet.sender != member.sid:
            member.subscriber.handshake.send(RELIABLE, packet.message)


def send_from_server(room: Room, packet: models.DataPacket, identities: Collection[str], sids: Collection[str]) -> None:
    """Send a packet of the room API's."""
    label = LOSSY if packet.kind == models.DataPacket.Kind.LOSSY else RELIABLE
    packet.destination_identities.extend(identities)
    packet.user.destination_identities.extend(identities)
    packet.user.destination_sids.extend(sids)
    _send(room, packet, label)


async def call(member: Participant, method: str, payload: str, seconds: float) -> str:
    """Let a member's method answer for the room API; raises CallFailed."""
    waiting = member.calls.begin(method, payload, seconds)
    if member.subscriber.handshake.is_open(RELIABLE):
        _send_calls(member)
    return await member.calls.result(waiting, seconds)


def _send_calls(member: Participant) -> None:
    for message in member.calls.unsent():
        member.subscriber.handshake.send(RELIABLE, message)
