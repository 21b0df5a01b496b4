"""A whole client in a few lines, so that many fit on one machine: signalling, ICE, DTLS, SRTP, one audio track.

It may be told to misbehave, and it counts exactly which packets of others came.
"""

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from collections import defaultdict
from typing import Any

import aiohttp
from interop.signaling_talk import join_request
from livekit.protocol import models, rtc

from signaling import sdp, stun
from signaling.transport.dtls import Certificate, Handshake

OPUS, SSRC_BYTES = 111, slice(8, 12)
CERTIFICATE = Certificate()


def offer(ufrag: str, password: str, ssrc: int, *, listens: int = 3, sections: int = 0) -> str:
    """Return an offer: data channels, one audio track that is sent, and `listens` that may come."""
    print_ = CERTIFICATE.fingerprint
    common = [
        "c=IN IP4 0.0.0.0", f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}",
        f"a=fingerprint:{print_.algorithm} {print_.value}", "a=setup:actpass",
    ]  # fmt: skip
    lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    lines += ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", *common, "a=mid:0", "a=sctp-port:5000"]
    for mid in range(1, 2 + listens + sections):
        lines += [f"m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}", *common, f"a=mid:{mid}", "a=rtcp-mux"]
        lines += [f"a=rtpmap:{OPUS} opus/48000/2"]
        sends = [f"a=ssrc:{ssrc} cname:x", "a=msid:stream microphone", "a=sendonly"]
        lines += sends if mid == 1 else ["a=recvonly"]
    return "\r\n".join(lines) + "\r\n"


def _socket() -> socket.socket:
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    return udp


class Light:
    """One client on one peer connection (/rtc/v1)."""

    def __init__(self, http: aiohttp.ClientSession, identity: str) -> None:
        self._http, self.identity = http, identity
        self.socket: aiohttp.ClientWebSocketResponse | None = None
        self.leave: rtc.LeaveRequest | None = None
        self.closed_with: int | None = None
        self.ssrc = secrets.randbits(31) | 1
        self.got: dict[int, set[int]] = defaultdict(set)
        self.sent, self._round = 0, 1
        self.route: tuple[str, int] = ("", 0)
        self._udp = _socket()
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        self._theirs = ("", "")
        self.handshake = Handshake(CERTIFICATE, self.raw)
        self.handshake._lane.role = "controlling"  # the client begins the SCTP association
        self.connected = asyncio.Event()
        self.handshake.when_connected = self.connected.set
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, url: str, token: str, *, answers: bool = True) -> None:
        """Join and connect; who does not answer stays where the server waits for its first check."""
        track = rtc.AddTrackRequest(cid="microphone", type=models.TrackType.AUDIO, source=models.TrackSource.MICROPHONE)
        description = rtc.SessionDescription(type="offer", sdp=offer(self._ufrag, self._password, self.ssrc), id=1)
        request = join_request(publisher_offer=description, add_track_requests=[track])
        self.socket = await self._http.ws_connect(f"{url}/rtc/v1?join_request={request}&access_token={token}")
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._tasks.append(asyncio.create_task(self._listen(answered)))
        text = await asyncio.wait_for(answered, 60)
        if not answers:
            return
        answer = sdp.parse(text)
        assert answer.fingerprint is not None
        self._theirs = (answer.ufrag, answer.pwd)
        listed = [line.split() for line in text.splitlines() if line.startswith("a=candidate:")]
        self.route = next((each[4], int(each[5])) for each in listed if each[2] == "udp" and each[4] == "127.0.0.1")
        self.hear()
        self._tasks.append(asyncio.create_task(self._keep()))
        self.handshake.start(answer.fingerprint, passive=False, offers_channels=True)
        await asyncio.wait_for(self.connected.wait(), 60)

    async def _listen(self, answered: asyncio.Future[str]) -> None:
        assert self.socket is not None
        async for message in self.socket:
            response = rtc.SignalResponse.FromString(message.data)
            kind = response.WhichOneof("message")
            if kind == "answer" and not answered.done():
                answered.set_result(response.answer.sdp)
            elif kind == "media_sections_requirement":  # the free sections are there; a new round fills them
                await self._offer_again()
            elif kind == "leave":
                self.leave = response.leave
        self.closed_with = self.socket.close_code

    async def _offer_again(self) -> None:
        self._round += 1
        text = offer(self._ufrag, self._password, self.ssrc)
        await self.say(offer=rtc.SessionDescription(type="offer", sdp=text, id=self._round))

    async def _keep(self) -> None:
        """Check the path and keep the socket alive."""
        while True:
            self.check()
            await asyncio.sleep(0.2 if not self.connected.is_set() else 2.0)
            if self.socket is not None and not self.socket.closed and self.connected.is_set():
                with contextlib.suppress(ConnectionError):
                    await self.say(ping_req=rtc.Ping(timestamp=int(time.time() * 1000)))

    def check(self) -> None:
        """Ask whether the way is open, and mean to use it."""
        self.raw(stun.request(f"{self._theirs[0]}:{self._ufrag}", self._theirs[1], secrets.token_bytes(12)))

    def move(self) -> None:
        """Go on from another address, as a telephone does that leaves its house."""
        self.deafen()
        self._udp.close()
        self._udp = _socket()
        self.hear()
        self.check()

    async def say(self, **message: Any) -> None:
        assert self.socket is not None
        await self.socket.send_bytes(rtc.SignalRequest(**message).SerializeToString())

    def raw(self, datagram: bytes) -> None:
        """Send bytes as they are from the client's own address."""
        with contextlib.suppress(OSError):
            self._udp.sendto(datagram, self.route)

    def hear(self) -> None:
        """Read what comes."""
        asyncio.get_running_loop().add_reader(self._udp.fileno(), self._readable)

    def deafen(self) -> None:
        """Read nothing more: its network is gone, or it has too much to do."""
        asyncio.get_running_loop().remove_reader(self._udp.fileno())

    def packet(self, seq: int, payload: bytes = b"sound" * 16) -> bytes:
        """Return one protected packet of the track."""
        head = struct.pack(">BBHII", 0x80, OPUS, seq & 0xFFFF, seq * 960 & 0xFFFFFFFF, self.ssrc)
        return self.handshake._dtls._tx_srtp.protect(head + payload)  # type: ignore[no-any-return]

    def speak(self) -> None:
        """Send one packet of the track."""
        self.sent += 1
        self.raw(self.packet(self.sent))

    def _readable(self) -> None:
        while True:
            try:
                datagram = self._udp.recv(4096)
            except OSError:
                return
            if 19 < datagram[0] < 64:
                self.handshake.receive(datagram)
            elif datagram[0] >= 128 and not 192 <= datagram[1] <= 223:
                with contextlib.suppress(Exception):
                    packet = self.handshake._dtls._rx_srtp.unprotect(datagram)
                    self.got[int.from_bytes(packet[SSRC_BYTES])].add(int.from_bytes(packet[2:4]))

    async def close(self) -> None:
        if self.socket is not None:
            if not self.socket.closed:
                with contextlib.suppress(ConnectionError):
                    await self.say(leave=rtc.LeaveRequest())
            await self.socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.handshake.close()
        self.deafen()
        self._udp.close()
