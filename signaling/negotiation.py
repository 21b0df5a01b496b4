"""Answering a client's offers: which track stands in which media section (RFC 9429; LiveKit's signaling).

The client offers on the publisher's connection of protocol /rtc, and on the single connection of /rtc/v1, where
subscribed tracks get sections too. `offering` is the other side, the subscriber's connection of /rtc.
"""

from dataclasses import dataclass, field
from math import inf

from signaling import rtp, sdp
from signaling.sdp import Description, Section, Transport
from signaling.slots import Slot, Slots

VIDEO_CODECS = ("VP8", "H264")
EXTENSIONS = (rtp.MID, rtp.RID, rtp.REPAIRED_RID, rtp.ABS_SEND_TIME, rtp.TRANSPORT_CC)
KINDS = ("audio", "video")
DIRECTIONS = {
    (True, True): "sendrecv",
    (True, False): "recvonly",
    (False, True): "sendonly",
    (False, False): "inactive",
}


@dataclass
class Pending:
    """A track announced by add_track that has no section yet."""

    sid: str
    kind: str
    cids: tuple[str, ...]
    codec: str = ""
    stereo: bool = False
    red: bool = False
    dtx: bool = False


@dataclass(frozen=True)
class Published:
    """A track that has got its section: what is needed to receive it."""

    sid: str
    mid: str
    codec: str
    payload_type: int
    repair_type: int | None
    rids: tuple[str, ...]
    ssrc: int | None
    repair_ssrc: int | None
    red_type: int | None = None


@dataclass
class Answer:
    """An answer and what follows from it."""

    text: str = ""
    mids: dict[str, str] = field(default_factory=dict)
    published: list[Published] = field(default_factory=list)
    unpublished: list[str] = field(default_factory=list)
    channels: bool = False


class Answering:
    """The state of a connection on which the client offers."""

    def __init__(self, identifier: int) -> None:
        self._identifier, self._version = identifier, 0
        self.pending: list[Pending] = []
        self.slots = Slots()
        self.extensions: dict[str, int] = {}
        self._published: dict[str, Pending] = {}
        self._used: dict[str, str] = {}
        self._free = dict.fromkeys(KINDS, 0)
        self._requested = dict.fromkeys(KINDS, 0)
        self._named: set[str] = set()
        self._begins_at = -inf

    def answer(self, offer: Description, transport: Transport, begins_at: float = -inf) -> Answer:
        """Answer an offer; tracks found to be sent, or no longer sent, are told in the result.

        Subscribed tracks that get a section now beside others of their kind are sent from `begins_at` on.
        """
        self._version += 1
        self._begins_at = begins_at
        self._free = dict.fromkeys(KINDS, 0)
        self._named = {name for each in offer.sections for name in (each.stream, each.track) if name}
        result = Answer()
        bundled: list[str] = []
        body: list[str] = []
        for section in offer.sections:
            self.extensions.update(section.extensions)
            lines = self._section(section, transport, result)
            bundled += [section.mid] if lines else []
            body += lines or _refused(section)
        lines = sdp.head(self._identifier, self._version, bundled) + body
        gone = set(self._published) - {each.mid for each in offer.sections}
        result.unpublished += [self._published.pop(mid).sid for mid in gone]
        result.mids = self.slots.mids()
        result.text = "\r\n".join(lines) + "\r\n"
        return result

    def _section(self, section: Section, transport: Transport, result: Answer) -> list[str]:
        """Return the lines of an answered section, none if it is refused."""
        if section.rejected:
            return []
        if section.kind == "application":
            result.channels = True
            return sdp.channels(section.mid, transport, "passive")
        return self._media(section, transport, result) if section.kind in KINDS else []

    def missing(self) -> dict[str, int] | None:
        """Return how many more sections of each kind the client must offer, each asked for once only.

        All zero asks it to offer again, for sections that rested; None means that there is nothing to ask.
        """
        ask = {}
        again = False
        for kind in KINDS:
            short = self.slots.placeless(kind) - self._free[kind] - self._requested[kind]
            ask[kind] = max(0, short)
            self._requested[kind] += ask[kind]
            again = again or bool(ask[kind]) or bool(self._free[kind] and self.slots.placeless(kind))
        return ask if again else None

    def forget_requests(self) -> None:
        """Ask again from the beginning: what was asked for may have been lost with the client's socket."""
        self._requested = dict.fromkeys(KINDS, 0)

    def withdraw(self, sid: str) -> None:
        """Forget a track that was announced or published; its section is answered inactive from now on."""
        self.pending = [each for each in self.pending if each.sid != sid]
        self._published = {mid: each for mid, each in self._published.items() if each.sid != sid}

    def _media(self, section: Section, transport: Transport, result: Answer) -> list[str]:
        """Answer a section that carries a track of the client's, or one for it, or both (pion puts both into one)."""
        codec = self._codec(section)
        track = self._sender(section, codec, result)
        slot = self._receiver(section) if section.receives else None
        if track is not None and slot is not None and not track.red:
            slot.red_type = None  # the section cannot have it for one direction only
        forms = _forms(section, codec, track, slot)
        if not forms:
            return []
        received = section.rids if track is not None else []
        wanted = (*EXTENSIONS, rtp.AUDIO_LEVEL) if section.kind == "audio" else EXTENSIONS
        return [
            f"m={section.kind} 9 {section.proto} {' '.join(each.numbers for each in forms)}",
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            *transport.lines("passive"),
            f"a=mid:{section.mid}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            f"a={DIRECTIONS[track is not None, slot is not None]}",
            *(line for each in forms for line in each.lines(receiving=track is not None or slot is None)),
            # The same extensions on every section, else Chromium drops RID from sections added later.
            *(f"a=extmap:{section.extensions[uri]} {uri}" for uri in wanted if uri in section.extensions),
            *(f"a=rid:{rid} recv" for rid in received),
            *(["a=simulcast:recv " + ";".join(received)] if received else []),
            *(slot.lines(repair=slot.repair_type is not None) if slot is not None else []),
        ]

    def _codec(self, section: Section) -> str:
        """Choose by the announced track, else the first that we forward."""
        if section.kind == "audio":
            return "opus" if section.payload_type("opus") is not None else ""
        known = self._published.get(section.mid) or self._match(section)
        preferred = (known.codec,) if known and known.codec in VIDEO_CODECS else ()
        return next((each for each in (*preferred, *VIDEO_CODECS) if section.payload_type(each) is not None), "")

    def _match(self, section: Section) -> Pending | None:
        """Find the announced track of a section: by its client id in the msid, else the first of the kind."""
        named = (each for each in self.pending if {section.stream, section.track} & set(each.cids))
        of_kind = (each for each in self.pending if each.kind == section.kind and not self._named & set(each.cids))
        return next(named, None) or next(of_kind, None)

    def _sender(self, section: Section, codec: str, result: Answer) -> Pending | None:
        """Find the track that the client sends in a section; one that it sends no longer is withdrawn."""
        track = self._published.get(section.mid)
        if not section.sends:
            if track is not None:
                result.unpublished.append(self._published.pop(section.mid).sid)
            return None
        if track is not None:
            return track
        track = self._match(section)
        payload_type = section.payload_type(codec) if codec else None
        if track is None or payload_type is None or track.kind != section.kind:
            return None
        self.pending.remove(track)
        self._published[section.mid] = track
        ssrc = next(iter(section.repairs), section.ssrcs[0] if section.ssrcs else None)
        simulcast = bool(section.rids)
        result.published.append(
            Published(
                sid=track.sid,
                mid=section.mid,
                codec=codec,
                payload_type=payload_type,
                repair_type=section.repair_type(payload_type),
                rids=tuple(section.rids),
                ssrc=None if simulcast else ssrc,
                repair_ssrc=None if simulcast or ssrc is None else section.repairs.get(ssrc),
                red_type=section.payload_type("red") if track.red else None,
            )
        )
        return track

    def _receiver(self, section: Section) -> Slot | None:
        """Find or place a subscribed track; a section that carried another rests for one round, inactive."""
        slot = self.slots.at(section.mid)
        rests = self._used.pop(section.mid, None) is not None
        if slot is None and not rests:
            slot = self._place(section)
            if slot is not None:
                slot.begins_at = self._begins_at if self.slots.flow(section.kind) else -inf
                slot.mid_extension = rtp.mid_extension(section.extensions.get(rtp.MID, 0), section.mid)
        payload_type = section.payload_type(slot.codec) if slot is not None else None
        if slot is None or payload_type is None:
            self._free[section.kind] += 1
            return None
        slot.mid, slot.payload_type = section.mid, payload_type
        slot.red_type = section.payload_type("red") if slot.red else None
        slot.repair_type = section.repair_type(payload_type) if slot.repair_ssrc else None
        self._used[section.mid] = slot.track_sid
        return slot

    def _place(self, section: Section) -> Slot | None:
        """Take the first waiting track that this section can carry; what it cannot decode is refused for good."""
        for slot in self.slots.all:
            if slot.mid or slot.refused or slot.kind != section.kind:
                continue
            self._requested[section.kind] = max(0, self._requested[section.kind] - 1)
            if section.payload_type(slot.codec) is not None:
                return slot
            slot.refused = True
        return None


def _forms(section: Section, codec: str, track: Pending | None, slot: Slot | None) -> list[sdp.Format]:
    """Return what a section carries, by the payload types of the offer; nothing if it cannot.

    Who publishes is left one codec, and that of what it gets in the same section. Else all that we forward are named,
    the subscribed track's first: some clients (pion) offer for ever only what a section was first answered with.
    """
    there = [each for each in (track, slot) if each is not None]
    named = [codec] if track is not None or slot is None else []
    named += [slot.codec] if slot is not None else []
    named += VIDEO_CODECS if section.kind == "video" and track is None else ()
    found = [(each, section.payload_type(each)) for each in dict.fromkeys(named) if each]
    if not found or found[0][1] is None:
        return []
    red = section.payload_type("red") if section.kind == "audio" and all(each.red for each in there) else None
    return [
        sdp.Format(
            each,
            payload_type,
            repair=section.repair_type(payload_type) if section.kind == "video" else None,
            red=red,
            stereo=track is not None and track.stereo,
            dtx=track is not None and track.dtx,
        )
        for each, payload_type in found
        if payload_type is not None
    ]


def _refused(section: Section) -> list[str]:
    formats = section.formats[0] if section.formats else "0"
    return [
        f"m={section.kind} 0 {section.proto} {formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=inactive",
    ]
