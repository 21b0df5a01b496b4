"""A subscriber whose end of the line is ours: what it gets is read with its own keys."""

import socket
import struct

from livekit.protocol import models
from pylibsrtp import Policy, Session

from signaling.connection import Connection
from signaling.downtrack import DownTrack
from signaling.negotiation import Published
from signaling.rtp import Packet
from signaling.slots import Slot
from signaling.transport.dtls import Certificate
from signaling.transport.ice_lite import MediaPort, Path
from signaling.transport.srtp import Protector
from signaling.uptrack import UpTrack

KEY = bytes(range(28))
NUMBER, MID = 5, 4  # identifiers of header extensions
VIDEO, AUDIO, REPAIR = 1000, 2000, 3000
KEYFRAME, FRAME = b"\x90\x80\x01\x10" + bytes(900), b"\x90\x80\x02\x11" + bytes(900)


def keys(direction: int) -> Session:
    policy = Policy(key=KEY, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    policy.allow_repeat_tx = True
    return Session(policy)


class Received:
    """One packet as the subscriber reads it."""

    def __init__(self, packet: bytes) -> None:
        first, second, self.seq, self.timestamp, self.ssrc = struct.unpack_from(">BBHII", packet)
        self.payload_type, self.padding = second & 0x7F, bool(first & 0x20)
        self.number: int | None = None
        self.mid = ""
        start = 12
        if first & 0x10:
            profile, length = struct.unpack_from(">HH", packet, 12)
            assert profile == 0xBEDE and length
            start = 16 + 4 * length
            self._extended(packet[16:start])
        self.payload = packet[start:]

    def _extended(self, extensions: bytes) -> None:
        while extensions.rstrip(b"\0"):
            identifier, size = extensions[0] >> 4, (extensions[0] & 15) + 1
            value, extensions = extensions[1 : 1 + size], extensions[1 + size :]
            if identifier == NUMBER:
                self.number = int.from_bytes(value)
                assert size == 2
            else:
                assert identifier == MID
                self.mid = value.decode()
        assert len(extensions) < 4  # padding


class Subscriber:
    """A picture in two layers and a sound, sent to one subscriber over a real socket."""

    def __init__(self) -> None:
        self.port = MediaPort(("127.0.0.1",), 0)
        self.port.outbox.holding = True
        self.near = next(iter(self.port._at))
        self.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far.bind(("127.0.0.1", 0))
        self.far.setblocking(False)
        self.keys = keys(Policy.SSRC_ANY_INBOUND)
        self.connection = Connection(self.port, Certificate(), offers=False)
        self.connection.handshake.outbound = Protector(keys(Policy.SSRC_ANY_OUTBOUND))
        self.connection.connected = True
        self.connection.path = Path(self.near, self.far.getsockname(), self.port.outbox)
        self.connection.downlink.extension = NUMBER
        self.paused: list[bool] = []
        self.connection.downlink.when_paused = lambda down: self.paused.append(down.paused)
        self.video = self.track("video", "VP8", ("q", "f"), VIDEO)
        self.audio = self.track("audio", "opus", (), AUDIO)
        self.now, self.seq = 100.0, {"q": 10, "f": 500, "": 7}

    def track(self, kind: str, codec: str, rids: tuple[str, ...], ssrc: int) -> DownTrack:
        announced = models.TrackInfo(sid=f"TR_{kind}", type=models.TrackType.Value(kind.upper()))
        up = UpTrack(announced, (), "PA_x")
        up.place(Published(up.sid, kind, codec, 96, None, rids, None, None))
        for place, layer in enumerate(up.layers):
            layer.ssrc = ssrc + place
            layer.rate = 1_500_000.0 if place else 200_000.0 if kind == "video" else 40_000.0
        slot = Slot(up.sid, "PA_x", kind, codec, ssrc, kind, 96)
        if kind == "video":
            slot.repair_ssrc, slot.repair_type = REPAIR, 97
        down = DownTrack(up, slot, self.connection)
        self.connection.subscribe(down)
        return down

    def publish(self, rid: str, payload: bytes) -> None:
        down = self.video if rid else self.audio
        layer = next(each for each in down.up.layers if each.rid == rid)
        self.seq[rid] += 1
        seq, timestamp = self.seq[rid] & 0xFFFF, self.seq[rid] * 3000 & 0xFFFFFFFF
        layer.take(Packet(seq, timestamp, True, False, payload), self.now)

    def everything(self, *, key: bool = False) -> None:
        for rid in ("q", "f"):
            self.publish(rid, KEYFRAME if key else FRAME)
        self.publish("", b"sound")

    def got(self) -> list[Received]:
        self.port.outbox.flush()
        found = []
        while True:
            try:
                datagram = self.far.recv(4096)
            except BlockingIOError:
                return found
            if not 192 <= datagram[1] <= 223:
                found.append(Received(self.keys.unprotect(datagram)))

    def start(self) -> None:
        self.everything()
        self.connection._activate()
        self.everything(key=True)
        self.got()

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.connection.downlink.tick(self.connection.downs.values(), self.now)
