"""Data packets from one participant to others, and from the room API to participants."""

from collections.abc import Collection

from livekit.protocol import models

from signaling import wire
from signaling.participant import Participant
from signaling.room import Room
from signaling.transport.dtls import LOSSY, RELIABLE


def received(member: Participant, label: str, message: bytes) -> None:
    """Pass on what a member sends; the sender's name is ours to write, not its own."""
    if label not in (RELIABLE, LOSSY) or not member.permission.can_publish_data or member.closed:
        return
    try:
        packet = wire.read_packet(message)
    except ValueError:
        return
    packet.participant_identity, packet.participant_sid = member.identity, member.sid
    identities, sids = set(packet.destination_identities), set[str]()
    if packet.WhichOneof("value") == "user":
        packet.user.participant_identity, packet.user.participant_sid = member.identity, member.sid
        identities |= set(packet.user.destination_identities)
        sids |= set(packet.user.destination_sids)
    _send(member.room, packet, label, identities, sids, but=member)


def _send(
    room: Room, packet: models.DataPacket, label: str, identities: Collection[str], sids: Collection[str],
    *, but: Participant | None = None,
) -> None:  # fmt: skip
    message = packet.SerializeToString()
    everybody = not identities and not sids
    for member in tuple(room.members.values()):
        if member is not but and (everybody or member.identity in identities or member.sid in sids):
            member.subscriber.handshake.send(label, message)


def send_from_server(room: Room, packet: models.DataPacket, identities: Collection[str], sids: Collection[str]) -> None:
    """Send a packet of the room API's."""
    label = LOSSY if packet.kind == models.DataPacket.Kind.LOSSY else RELIABLE
    _send(room, packet, label, identities, sids)
