"""Data packets from one participant to others, and from the room API to participants."""

import time
from collections.abc import Collection

from livekit.protocol import models

from signaling import publishing, wire
from signaling.logs import Log
from signaling.participant import Participant
from signaling.replay import Kept
from signaling.room import Room
from signaling.transport.dtls import LOSSY, RELIABLE

log = Log("messages")
KINDS = {RELIABLE: models.DataPacket.Kind.RELIABLE, LOSSY: models.DataPacket.Kind.LOSSY}


def received(member: Participant, label: str, message: bytes) -> None:
    """Pass on what a member sends; the sender's name is ours to write, not its own."""
    if label not in KINDS or not member.permission.can_publish_data or member.closed:
        return
    if not member.packets.take(len(message), time.monotonic()):
        log.warning("limit.exceeded", sid=member.sid, limit="data packets")
        publishing.leave_room(member, models.DisconnectReason.PARTICIPANT_REMOVED)
        return
    try:
        packet = wire.read_packet(message)
    except ValueError:
        return
    if label == RELIABLE and packet.sequence:
        if packet.sequence <= member.last_sequence:  # sent once more after a resume, but it had come
            return
        member.last_sequence = packet.sequence
    if member.calls.takes(packet):
        return
    packet.kind = KINDS[label]
    _sign(packet, member)
    _send(member.room, packet, label, but=member)


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


def _send(room: Room, packet: models.DataPacket, label: str, *, but: Participant | None = None) -> None:
    identities = set(packet.destination_identities)
    sids = set(packet.user.destination_sids) if packet.WhichOneof("value") == "user" else set[str]()
    message = packet.SerializeToString()
    kept = Kept(packet.participant_sid, packet.sequence, message, identities, sids, time.monotonic())
    lasting = but is not None and label == RELIABLE and packet.sequence > 0
    if lasting:
        room.replay.keep(kept)
    for member in tuple(room.members.values()):
        if member is but or not kept.concerns(member.identity, member.sid):
            continue
        if lasting and not member.subscriber.handshake.is_open(label):
            member.missed.setdefault(kept.sender, kept.sequence)
        else:
            member.subscriber.handshake.send(label, message)


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
