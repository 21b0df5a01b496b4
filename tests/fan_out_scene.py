"""Who takes part in a burst for many subscribers, what comes, and how packets are protected there."""

import random
import zlib
from dataclasses import dataclass
from math import inf

from pylibsrtp import Policy, Session

from signaling.rtp import Packet

# For each way of protecting packets, the bytes that it adds; "tag" stands for what only appends some.
PROFILES = {
    "AES_CM_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 10, 30),
    "AES_CM_32": (Policy.SRTP_PROFILE_AES128_CM_SHA1_32, 4, 30),
    "AES_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 28),
}


@dataclass
class Link:
    """A subscriber's connection: its keys, and whether and how its packets are numbered."""

    profile: str = "tag"
    tag: int = 0
    repeats: bool = True
    failing: int = 0  # one packet in so many cannot be protected
    extension: int = 0
    numbered_until: float = inf
    remembers: bool = True  # there is memory for what left
    next: int = 0
    octets: int = 0


@dataclass
class Sub:
    """A subscription: `behind` is how far its first packet lies behind the first burst."""

    link: int = 0
    behind: int = 0
    seq: int = 0
    timestamp: int = 0
    picture: int = 0
    tl0: int = 0
    rewrites: bool = False
    kind: int = 96
    redundant: int = -1
    ssrc: int = 1
    name: bytes = bytes(16)
    mid: bytes = b""  # the header extension that names its section


@dataclass
class Scene:
    """Who is there, what comes and when, and how much room there is for it: `extra` beyond the most needed at once."""

    links: list[Link]
    subs: list[Sub]
    bursts: list[tuple[float, list[Packet]]]
    start: int = 0  # the sequence number that `behind` counts from
    extra: int = 0
    extra_messages: int = 0
    early: int = 1 << 20
    cuts: bool = True
    seed: int = 0

    def worst(self, packets: list[Packet], sub: Sub) -> int:
        """Return the most bytes that a burst may become for somebody."""
        sizes = [max(len(each.payload), len(each.red or b"")) for each in packets]
        return sum(36 + min(size, 2048) for size in sizes) + len(packets) * self.links[sub.link].tag

    def room(self) -> tuple[int, int]:
        """Return the bytes and messages that there is room for."""
        worst = max(self.worst(packets, sub) for _, packets in self.bursts for sub in self.subs)
        return worst + self.extra, max(len(packets) for _, packets in self.bursts) + self.extra_messages


def keys(link: Link, seed: int) -> Session:
    """Return a libsrtp session; the same for the same arguments."""
    profile, tag, size = PROFILES[link.profile]
    assert link.tag == tag
    policy = Policy(key=random.Random(seed).randbytes(size), ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
    policy.allow_repeat_tx = link.repeats
    return Session(policy)


def tagged(packet: bytes, link: Link) -> bytes | None:
    """Append what depends on every byte; None for a packet that cannot be protected."""
    check = zlib.crc32(packet)
    if link.failing and check % link.failing == 0:
        return None
    return packet + (check.to_bytes(4) * 64)[: link.tag]
