"""What comes to a media port, right and wrong, and two ports beside each other to compare what becomes of it."""

import os
import random
import socket
import struct
from pathlib import Path
from typing import Any

import pytest
from fan_out import compiled
from livekit.protocol import models
from pylibsrtp import Error, Policy, Session

from signaling import rtp, stun
from signaling.connection import Connection
from signaling.downtrack import DownTrack
from signaling.loops import library
from signaling.negotiation import Published
from signaling.rtp import Packet
from signaling.shelf import Ring
from signaling.slots import Slot
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort
from signaling.transport.ice_lite import Path as Way
from signaling.transport.inbox import ARRIVAL
from signaling.transport.srtp import SHORTEST_RTP, Protector, Unprotector
from signaling.uptrack import UpLayer, UpTrack

EXTENSIONS = {rtp.MID: 1, rtp.TRANSPORT_CC: 2, rtp.RID: 3, rtp.REPAIRED_RID: 4, rtp.AUDIO_LEVEL: 5}
AUDIO, REDUNDANT, VIDEO, REPAIR = 111, 63, 96, 97
ROOT = Path(__file__).resolve().parents[1]
LIBRARY = "RECEIVE_LIBRARY"  # in the environment: one that was compiled with sanitizers, for this process
sanitized = bool(os.environ.get(LIBRARY))
ffi = library.ffi


def loops_for(folders: pytest.TempPathFactory) -> Any:
    """The loops as they are now, whatever was compiled before; or this process's."""
    return ffi.dlopen(os.environ.get(LIBRARY) or str(compiled(folders.mktemp("loops") / "loops.so")))


def keys(direction: int, first: int = 0) -> Session:
    profile = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    policy = Policy(key=bytes(range(first, first + 28)), ssrc_type=direction, srtp_profile=profile)
    policy.allow_repeat_tx = True
    return Session(policy)


def kept(layer: UpLayer) -> list[Packet]:
    """Every packet that is still there to be sent again."""
    stream, shelf = layer.stream, layer.shelf
    if isinstance(shelf, Ring):
        found = [each for each in shelf._ring if each is not None]
    else:
        records = [stream.kept[place] for place in range(stream.size if stream.memory else 0)]
        found = [shelf._packet(each) for each in records if each.there]
        for record, each in zip([each for each in records if each.there], found, strict=True):
            assert shelf.get(each.seq) == each
            numbers = (-1, 0, -1)
            if each.picture is not None:
                numbers = each.picture.picture_at, each.picture.picture_bits, each.picture.tl0_at
            assert (record.picture_at, record.picture_bits, record.tl0_at) == numbers
    return sorted(found)


class World:
    """A media port with one publisher, whose end of SRTP is ours to misuse."""

    def __init__(self, loops: Any, certificate: Certificate) -> None:
        before, library.library = library.library, loops
        try:
            self._made(certificate)
        finally:
            library.library = before
        assert (self.port.inbox is None) == (loops is None)

    def _made(self, certificate: Certificate) -> None:
        self.port = MediaPort(("127.0.0.1",), 0)
        self.sock = next(iter(self.port._at))
        self.publisher = Connection(self.port, certificate, offers=False)
        self.publisher.handshake.inbound = Unprotector(keys(Policy.SSRC_ANY_INBOUND))
        self.publisher.answering.extensions.update(EXTENSIONS)
        self.tracks = [
            self.publish("audio", "7", "opus", ()),
            self.publish("video", "8", "VP8", ("q", "h")),
            self.publish("video", "9", "H264", ("q",)),
        ]
        self.ends = [self.end() for _ in range(2)]
        self.subscribe(certificate)

    def subscribe(self, certificate: Certificate) -> None:
        """Let somebody get what comes in one layer only: a change of layer goes by the clock."""
        self.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far.bind(("127.0.0.1", 0))
        self.far.setblocking(False)
        self.subscriber = Connection(self.port, certificate, offers=False)
        self.subscriber.handshake.outbound = Protector(keys(Policy.SSRC_ANY_OUTBOUND, 3))
        self.subscriber.connected = True
        self.subscriber.path = Way(self.sock, self.far.getsockname(), self.port.outbox)
        self.subscriber.downlink.extension = 4
        self.reads = keys(Policy.SSRC_ANY_INBOUND, 3)
        for number, track in enumerate((self.tracks[0], self.tracks[2])):
            slot = Slot(track.sid, "PA_x", track.kind, track.codec, 100 + number, str(number), 100 + number)
            slot.red_type = REDUNDANT if track.kind == "audio" else None
            self.subscriber.subscribe(DownTrack(track, slot, self.subscriber))
        self.got: dict[int, list[bytes]] = {}
        self.numbers: list[int] = []

    def read(self) -> None:
        """Read what the subscriber got: without transport-cc's numbers, which only grow over all tracks."""
        while True:
            try:
                datagram = self.far.recv(4096)
            except BlockingIOError:
                return
            if not 192 <= datagram[1] <= 223:
                whole = self.reads.unprotect(datagram)
                assert whole[0] & 16
                self.numbers.append(int.from_bytes(whole[17:19]))
                self.got.setdefault(int.from_bytes(whole[8:12]), []).append(whole[:17] + whole[20:])

    def end(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.connect(self.sock.getsockname())
        return sock

    def publish(self, kind: str, mid: str, codec: str, rids: tuple[str, ...]) -> UpTrack:
        announced = models.TrackInfo(sid=f"TR_{mid}", type=models.TrackType.Value(kind.upper()))
        track = UpTrack(announced, (), "PA_x")
        types = (AUDIO, None) if kind == "audio" else (VIDEO, REPAIR)
        redundant = REDUNDANT if kind == "audio" else None
        track.place(Published(track.sid, mid, codec, *types, rids, None, None, redundant))
        self.publisher.publish(track)
        return track

    def check(self, password: str = "") -> bytes:
        ours = self.publisher.transport()
        return stun.request(f"{ours.ufrag}:x", password or ours.pwd, b"x" * 12)

    def arrive(self, *datagrams: tuple[int, bytes | None]) -> None:
        """Let datagrams come from an end together; None is a check."""
        for end, datagram in datagrams:
            self.ends[end].send(self.check() if datagram is None else datagram)
        self.port._readable(self.sock)
        self.read()

    def seen(self) -> dict[str, Any]:
        """What is left of all that came, but for when it did."""
        incoming, found = self.publisher.incoming, dict[str, Any]()
        found["port"] = self.port.received, self.port.unknown
        found["incoming"] = incoming.unknown, incoming.malformed, set(incoming._sources)
        found["arrivals"] = sorted(number for number, _ in incoming.arrivals.noted())
        inbound: Any = self.publisher.handshake.inbound
        sender = self.publisher.sender
        assert self.numbers == sorted(set(self.numbers))  # a packet that cannot be protected may take one with it
        found["got"] = {ssrc: sorted(packets) for ssrc, packets in self.got.items()}
        found["sent"] = {ssrc: (down.packets, down.octets) for ssrc, down in self.subscriber.downs.items()}
        found["opened"] = inbound._sources
        found["tick"] = self.publisher._packets_of_tick if sender is None else sender.memory.packets
        for track in self.tracks:
            loudness = track.loudness.memory
            found[track.sid] = loudness.packets, loudness.loud, loudness.sum
            for layer in track.layers:
                reception: Any = layer.reception
                counts = (
                    reception._counts.highest,
                    reception._counts.base,
                    reception._counts.received,
                    set(reception._missing),
                )
                found[track.sid + layer.rid] = (
                    (layer.ssrc, layer.repair_ssrc, layer.packets, layer.octets), counts, kept(layer)
                )  # fmt: skip
        return found

    def opened(self) -> int:
        """How many streams are opened in C."""
        return 0 if self.port.inbox is None else len(self.port.inbox.streams)

    def close(self) -> None:
        for end in (*self.ends, self.far):
            end.close()
        self.port.forget(self.publisher)
        self.publisher.incoming.close()
        assert self.opened() == 0
        self.port.close()


class Both:
    """Two worlds, one with the loop and one without, to which the same comes."""

    def __init__(self, loops: Any, certificate: Certificate) -> None:
        self.worlds = World(loops, certificate), World(None, certificate)
        self.theirs, self.others = keys(Policy.SSRC_ANY_OUTBOUND), keys(Policy.SSRC_ANY_OUTBOUND, 9)
        self.sent: list[bytes] = []
        self.seq = 65_530

    def protected(self, packet: bytes, *, true: bool = True) -> bytes:
        try:
            self.sent.append((self.theirs if true else self.others).protect(packet))
        except Error:
            self.sent.append(packet)  # no true tag then
        return self.sent[-1]

    def arrive(self, *datagrams: tuple[int, bytes | None]) -> None:
        for world in self.worlds:
            world.arrive(*datagrams)
        assert self.worlds[0].seen() == self.worlds[1].seen()


def short(*elements: tuple[int, bytes]) -> bytes:
    """Header extensions of the short kind."""
    body = b"".join(bytes([number << 4 | len(value) - 1]) + value for number, value in elements)
    body += bytes(-len(body) % 4)
    return struct.pack(">HH", 0xBEDE, len(body) // 4) + body


def packet(ssrc: int, seq: int, mid: str, rid: str, kind: int, payload: bytes, level: int = 20) -> bytes:
    names = [(1, mid.encode()), (2, struct.pack(">H", seq & 0xFFFF)), (5, bytes([level]))]
    extension = short(*names, *([(3, rid.encode())] if rid else []))
    return struct.pack(">BBHII", 0x90, kind, seq & 0xFFFF, seq * 3000 & 0xFFFFFFFF, ssrc) + extension + payload


STREAMS = [(5, "7", "", AUDIO), (6, "8", "q", VIDEO), (7, "8", "h", VIDEO), (8, "9", "q", VIDEO)]


def begun(both: Both) -> None:
    """Every stream has sent its first packet, and so is known."""
    both.arrive((0, None))
    for ssrc, mid, rid, kind in STREAMS:
        both.arrive((0, both.protected(packet(ssrc, 65_530, mid, rid, kind, b"\x90\x80\x01\x10\x00"))))
    assert both.worlds[0].opened() == len(STREAMS)


def extension(chance: random.Random) -> bytes:
    """Anything that may stand where header extensions do."""
    elements = [
        (chance.choice([0, 1, 2, 2, 5, 5, 15, chance.randrange(16)]), chance.randbytes(chance.choice([1, 2, 2, 16])))
        for _ in range(chance.randrange(5))
    ]
    whole = short(*elements)
    body = chance.randbytes(4 * chance.randrange(6))
    profile = chance.choice([0xBEDE, 0xBEDE, 0x1000, 0x1007, 0x2000, chance.randrange(65536)])
    length = chance.choice([len(body) // 4, len(body) // 4, 0, 1, 300, 65_535])
    return chance.choice([whole, whole, whole, struct.pack(">HH", profile, length) + body, whole[:-1], whole[:3], b""])


def datagram(chance: random.Random, both: Both) -> bytes | None:
    """Anything that may come."""
    ssrc, mid, rid, kind = chance.choice(STREAMS)
    both.seq += 1
    seq = both.seq + chance.choice([0, 0, 0, 0, 0, 3, -3, 2000])
    payload = chance.randbytes(chance.choice([0, 1, 2, 5, 40, 1200]))
    match chance.randrange(12):
        case 0:
            return None
        case 1:
            return chance.randbytes(chance.choice([1, 2, 11, 12, 21, 22, 40, 1500, 3000]))
        case 2:
            return bytes([chance.randrange(128, 192)]) + chance.randbytes(chance.randrange(60))
        case 3:
            return both.worlds[0].check("a guess")[: chance.choice([19, 20, 27, 28, 999])]
        case 4 if both.sent:
            return chance.choice(both.sent)
        case 5 if both.sent:
            whole = chance.choice(both.sent)
            return whole[: chance.randrange(1, len(whole) + 1)]
        case 6:
            return both.protected(packet(ssrc, seq, mid, rid, kind, payload), true=False)
        case 7:
            body = struct.pack(">I", ssrc) + chance.randbytes(4 * chance.randrange(1, 8))
            return both.theirs.protect_rtcp(
                bytes([0x81, chance.randrange(200, 207)]) + struct.pack(">H", len(body) // 4) + body
            )
        case 8 | 9:
            first = 0x80 | chance.choice([0, 0x20]) | chance.choice([0x10, 0x10, 0]) | chance.choice([0, 0, 1, 3, 15])
            head = struct.pack(
                ">BBHII", first, chance.choice([kind, kind | 128, REPAIR, REDUNDANT]), seq & 0xFFFF, 7, ssrc
            )
            return both.protected(head + bytes(4 * chance.choice([0, first & 15])) + extension(chance) + payload)
        case 10 if kind == VIDEO:  # a retransmission begins with the number of what it repeats, near those that come
            if len(payload) > 1:
                payload = struct.pack(">H", (seq - chance.randrange(9)) & 0xFFFF) + payload[2:]
            return both.protected(packet(50 + ssrc, seq, mid, rid, REPAIR, payload))
    return both.protected(packet(ssrc, seq, mid, rid, kind, payload, chance.randrange(256)))


@ffi.callback("int(void *, void *, int *)")
def opened(context: Any, _packet: Any, length: Any) -> int:
    """Stands for libsrtp: takes a tag away that is as long as `context` says, or refuses."""
    tag = int(ffi.cast("uintptr_t", context))
    length[0] -= tag
    return int(tag == 99)


class Single:
    """An inbox with room for one datagram, and a sender from whom it comes."""

    def __init__(self, loops: Any, whole: bytes, tag: int, identifiers: tuple[int, int]) -> None:
        self.loops, size = loops, len(whole)
        self.slots, self.names = ffi.new("unsigned char[]", size), ffi.new("unsigned char[]", 28)
        ffi.buffer(self.slots)[:] = whole
        self.messages, self.parts = ffi.new("struct mmsghdr[]", 1), ffi.new("struct iovec[]", 1)
        self.arrivals, self.inbox = ffi.new("struct arrival[]", 1), ffi.new("struct inbox *")
        inbox, self.sender = self.inbox, ffi.new("struct sender *")
        inbox.memory, inbox.names, inbox.messages, inbox.parts = self.slots, self.names, self.messages, self.parts
        inbox.arrivals, inbox.unprotect = self.arrivals, ffi.cast("void *", opened)
        inbox.most, inbox.slot, inbox.largest = 1, size, size
        loops.lay_out(inbox)
        self.messages[0].msg_len, self.messages[0].msg_hdr.msg_namelen, inbox.count = size, 16, 1
        self.places = ffi.new("struct place[]", 2)
        self.table = ffi.new("struct table *", (1, 2, 0, self.places))
        self.sender.context, self.sender.most = ffi.cast("void *", tag), 5
        self.sender.number, self.sender.level = identifiers
        self.sender.count, self.sender.sources[0] = 1, (5, 77)
        assert loops.bind_name(self.table, bytes(16), 16, self.sender)

    def judged(self) -> Any:
        """Return what becomes of it: an arrival, None if it is Python's, False if it is dropped."""
        found = self.loops.open_next(self.inbox, self.table)
        assert (self.inbox.received, self.inbox.next) == ((0, 0) if found & 1 else (1, 1))
        assert self.sender.packets == (1 - found & 1)
        if found == 1:
            return None
        return ARRIVAL.unpack(ffi.buffer(self.arrivals)) if found else False


def expected(whole: bytes, tag: int, identifiers: tuple[int, int]) -> Any:
    """Return what Python makes of it."""
    view, size = memoryview(whole), len(whole)
    offset = rtp.payload_offset(view, size)
    if not tag or size < SHORTEST_RTP or offset < 0 or 192 <= whole[1] <= 223 or whole[8:12] != b"\0\0\0\5":
        return None
    first, second, seq, timestamp, _ = struct.unpack_from(">BBHII", whole)
    at = 12 + (first & 15) * 4
    if first & 16 and whole[at : at + 2] != b"\xbe\xde":
        return None
    if tag == 99 or size - tag < offset:
        return False
    number_at, level_at = rtp.places(view, offset, *identifiers)
    number = whole[number_at] << 8 | whole[number_at + 1] if number_at else -1
    level = whole[level_at] & 0x7F if level_at else -1
    return 77, offset, size - tag, timestamp, number, seq, level, first, second
