"""Offering to a subscriber: our own media sections on its connection of protocol /rtc (RFC 9429)."""

from dataclasses import dataclass
from math import inf

from signaling import rtp, sdp
from signaling.sdp import Description, Transport
from signaling.slots import Slot, Slots

PAYLOAD_TYPES = {"opus": 111, "VP8": 96, "H264": 102}
REPAIR_TYPES = {"VP8": 97, "H264": 103}
TRANSPORT_CC = 3  # the header extension's identifier
RED = 63
CHANNELS_MID = "0"


@dataclass
class _Place:
    """A section of ours; empty, it is free again once the offer numbered `free_after` was answered."""

    mid: str
    kind: str
    codec: str
    slot: Slot | None = None
    free_after: int = 0


@dataclass(frozen=True)
class Offer:
    """One offer and the tracks in it."""

    identifier: int
    text: str
    mids: dict[str, str]


class Offering:
    """The state of a connection on which we offer; one offer is outstanding at a time."""

    def __init__(self, identifier: int) -> None:
        self._identifier, self._version = identifier, 0
        self.slots = Slots()
        self._places: list[_Place] = []
        self._outstanding = False
        self._again = False
        self._answered = 0
        self.transport_cc = 0  # the identifier of the header extension once the client agreed to it

    def offer(self, transport: Transport) -> Offer | None:
        """Make the next offer; None while another is outstanding, `answered` then says that one is due."""
        if self._outstanding:
            self._again = True
            return None
        self._version += 1
        self._outstanding, self._again = True, False
        for slot in self.slots.all:
            if not slot.mid and not slot.refused:
                self._put(slot)
        lines = sdp.head(self._identifier, self._version, [CHANNELS_MID, *(place.mid for place in self._places)])
        lines += sdp.channels(CHANNELS_MID, transport, "actpass")
        for place in self._places:
            lines += _lines(place, transport)
        return Offer(self._version, "\r\n".join(lines) + "\r\n", self.slots.mids())

    def answered(self, answer: Description) -> bool:
        """Take the client's answer; tell whether another offer is due."""
        if not self._outstanding:
            raise ValueError("an answer without an offer")
        self._outstanding, self._answered = False, self._version
        sections = {each.mid: each for each in answer.sections}
        for place in self._places:
            section = sections.get(place.mid)
            if place.slot is None or section is None:
                continue
            if section.rejected:
                place.slot.refused, place.slot.mid, place.slot = True, "", None
                continue
            slot = place.slot
            slot.begins_at = -inf
            slot.red_type = section.payload_type("red") if slot.red else None
            slot.repair_type = section.repair_type(slot.payload_type) if slot.repair_ssrc else None
            if rtp.TRANSPORT_CC in section.extensions:
                self.transport_cc = TRANSPORT_CC
        return self._again

    def restart(self) -> None:
        """Forget an outstanding offer: the client it went to is gone or begins again."""
        self._outstanding = False

    def remove(self, slot: Slot) -> None:
        """Take a track out; its section rests until the client has seen it empty."""
        for place in self._places:
            if place.slot is slot:
                place.slot, place.free_after = None, self._version + 1

    def _put(self, slot: Slot) -> None:
        free = (
            each
            for each in self._places
            if each.slot is None
            and each.free_after <= self._answered
            and (each.kind, each.codec) == (slot.kind, slot.codec)
        )
        place = next(free, None)
        if place is None:
            place = _Place(str(len(self._places) + 1), slot.kind, slot.codec)
            self._places.append(place)
        place.slot = slot
        slot.mid, slot.payload_type = place.mid, PAYLOAD_TYPES[slot.codec]
        slot.begins_at = inf  # until the client has answered


def _lines(place: _Place, transport: Transport) -> list[str]:
    red = RED if place.slot is not None and place.slot.red else None
    repair = REPAIR_TYPES.get(place.codec)
    form = sdp.Format(place.codec, PAYLOAD_TYPES[place.codec], repair=repair, red=red)
    return [
        f"m={place.kind} 9 UDP/TLS/RTP/SAVPF {form.numbers}",
        "c=IN IP4 0.0.0.0",
        *transport.lines("actpass"),
        f"a=mid:{place.mid}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=sendonly" if place.slot is not None else "a=inactive",
        *form.lines(receiving=False),
        f"a=extmap:{TRANSPORT_CC} {rtp.TRANSPORT_CC}",
        *(place.slot.lines(repair=repair is not None) if place.slot is not None else []),
    ]
