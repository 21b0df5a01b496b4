"""The subscribed tracks of a connection, and where each stands in its description."""

from dataclasses import dataclass, field
from math import inf


@dataclass
class Slot:
    """A subscribed track and where it stands in the description; `mid` is empty until it has a section.

    `refused` means that the client cannot decode it: it is not asked about again. `red` says that the track comes with
    redundancy; `red_type` is what the client takes it by, None if it does not know it. `repair_ssrc` is for packets
    sent again (RFC 4588), 0 for none; `repair_type` is what the client takes them by. `mid_extension` is the section's
    name as packets carry it (RFC 9143 9.2), as they may overtake the answer: those of the SSRC until the client is seen
    to know it (`known`), those sent again always, as Firefox takes but named SSRCs where one was named. Nothing is sent
    before `begins_at`, in monotonic seconds.
    """

    track_sid: str
    owner_sid: str
    kind: str
    codec: str
    ssrc: int
    mid: str = ""
    payload_type: int = 0
    refused: bool = False
    red: bool = False
    red_type: int | None = None
    repair_ssrc: int = 0
    repair_type: int | None = None
    mid_extension: bytes = b""
    known: bool = False
    begins_at: float = -inf

    @property
    def naming(self) -> bytes:
        """Return what names the section in packets of the SSRC now, empty for nothing."""
        return b"" if self.known else self.mid_extension

    def lines(self, *, repair: bool) -> list[str]:
        """Return the attributes by which the client tells whose track this is."""
        stream = f"{self.owner_sid}|{self.track_sid}"
        repair = repair and self.repair_ssrc != 0
        lines = [f"a=msid:{stream} {self.track_sid}"]
        lines += [f"a=ssrc-group:FID {self.ssrc} {self.repair_ssrc}"] if repair else []
        for ssrc in (self.ssrc, self.repair_ssrc) if repair else (self.ssrc,):
            lines += [f"a=ssrc:{ssrc} cname:{self.owner_sid}", f"a=ssrc:{ssrc} msid:{stream} {self.track_sid}"]
        return lines


@dataclass
class Slots:
    """The subscribed tracks of a connection."""

    all: list[Slot] = field(default_factory=list)

    def placeless(self, kind: str) -> int:
        """Return how many tracks of a kind still wait for a section."""
        return sum(1 for slot in self.all if slot.kind == kind and not slot.mid and not slot.refused)

    def flow(self, kind: str) -> bool:
        """Tell whether a track of a kind has a section."""
        return any(slot.kind == kind and slot.mid for slot in self.all)

    def at(self, mid: str) -> Slot | None:
        """Return the track in a section."""
        return next((slot for slot in self.all if slot.mid == mid), None)

    def mids(self) -> dict[str, str]:
        """Return section -> track, as `mid_to_track_id` wants it."""
        return {slot.mid: slot.track_sid for slot in self.all if slot.mid}
