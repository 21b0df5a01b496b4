"""What the packet path remembers and asks for, against models too slow and too simple to be wrong."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from signaling.loops.library import ffi
from signaling.reception import NACK_PAUSE, NACK_SECONDS, NACK_TRIES, Reception
from signaling.rewriter import starts_keyframe, vp8_descriptor
from signaling.rtp import Packet
from signaling.shelf import shelf

SIZE = 16
JUST_BEFORE_WRAPPING = 65_500
IDR, SPS = 5, 7


def packet(seq: int, payload: bytes = b"") -> Packet:
    return Packet(seq & 0xFFFF, 0, False, False, payload)


@given(st.lists(st.one_of(st.integers(0, 40), st.integers(65_500, 65_535)), max_size=80), st.integers(0, 0xFFFF))
def test_a_shelf_against_a_naive_model(seqs: list[int], other: int) -> None:
    """Of all that was put, a number finds the newest of that number, unless another took its place since."""
    cache, put = shelf(ffi.new("struct stream *"), SIZE, ""), []
    for place, seq in enumerate(seqs):
        put.append(packet(seq, place.to_bytes(2)))
        assert cache.put(put[-1])
        assert cache.waiting == [put[-1]]
        cache.forwarded()
        for wanted in {*seqs, other, (seq + SIZE) & 0xFFFF}:
            newest = next((each for each in reversed(put) if each.seq % SIZE == wanted % SIZE), None)
            assert cache.get(wanted) == (newest if newest is not None and newest.seq == wanted else None)


@dataclass
class Missing:
    since: float
    asked: list[float] = field(default_factory=list)


class Listener:
    """One who writes down every number that is missing, and what it did about it; numbers never wrap here."""

    def __init__(self) -> None:
        self.highest: int | None = None
        self.missing: dict[int, Missing] = {}

    def take(self, number: int, now: float) -> bool:
        if self.highest is None or number > self.highest:
            for each in range((self.highest or number) + 1, number):
                self.missing[each] = Missing(now)
            self.highest = number
            return True
        return self.missing.pop(number, None) is not None

    def due(self, now: float) -> list[int]:
        hopeless = [
            number
            for number, entry in self.missing.items()
            if now - entry.since > NACK_SECONDS or len(entry.asked) == NACK_TRIES
        ]
        for number in hopeless:
            del self.missing[number]
        ask = [
            number
            for number, entry in sorted(self.missing.items())
            if not entry.asked or now - entry.asked[-1] > NACK_PAUSE
        ]
        for number in ask:
            self.missing[number].asked.append(now)
        return ask


STEPS = st.one_of(
    st.tuples(st.just("next"), st.integers(1, 5)),
    st.tuples(st.just("late"), st.integers(1, 12)),
    st.tuples(st.just("wait"), st.sampled_from([1, 3, 10, 30])),
)


@given(st.lists(STEPS, min_size=1, max_size=120), st.integers(JUST_BEFORE_WRAPPING, JUST_BEFORE_WRAPPING + 40))
def test_what_is_asked_for_again_against_a_naive_model(steps: list[tuple[str, int]], first: int) -> None:
    """Holes, late and repeated packets, and the tries' pauses and ends; sequence numbers wrap on the way."""
    reception, listener = Reception(90_000), Listener()
    number, now = first, 100.0
    assert reception.take(number & 0xFFFF, 0, now) is listener.take(number, now) is True
    for kind, amount in steps:
        now += 0.003
        if kind == "wait":
            now += amount * 0.029
            asked = listener.due(now)
            assert reception.due(now) == [each & 0xFFFF for each in asked]
            continue
        number = number + amount if kind == "next" else number
        came = number if kind == "next" else max(first, number - amount)
        assert reception.take(came & 0xFFFF, 0, now) is listener.take(came, now), (kind, came)


@st.composite
def descriptors(draw: st.DrawFn) -> tuple[bytes, dict[str, int], bool]:
    """Return a VP8 payload descriptor made field by field (RFC 7741 4.2), where its numbers stand, and whether S is set."""
    start, partition = draw(st.booleans()), draw(st.integers(0, 7))
    picture, tl0, tid, key = (draw(st.booleans()) for _ in range(4))
    long, at = draw(st.booleans()), {}
    extended = picture or tl0 or tid or key or draw(st.booleans())
    made = bytearray([extended << 7 | draw(st.booleans()) << 5 | start << 4 | partition])
    if extended:
        made.append(picture << 7 | tl0 << 6 | tid << 5 | key << 4)
    if picture:
        at["picture"], at["bits"] = len(made), 15 if long else 7
        number = draw(st.integers(0, 0x7FFF if long else 0x7F))
        made += (0x8000 | number).to_bytes(2) if long else bytes([number])
    if tl0:
        at["tl0"] = len(made)
        made.append(draw(st.integers(0, 255)))
    if tid or key:
        made.append(draw(st.integers(0, 255)))
    return bytes(made), at, start and partition == 0


@given(descriptors(), st.binary(min_size=1, max_size=20))
def test_vp8_descriptors_against_their_making(made: tuple[bytes, dict[str, int], bool], frame: bytes) -> None:
    head, at, begins = made
    found = vp8_descriptor(head + frame, len(head) + len(frame))
    assert (found is None) == (len(head) + len(frame) < 2)
    if found is not None:
        assert (found.picture_at, found.picture_bits) == (at.get("picture", -1), at.get("bits", 0))
        assert found.tl0_at == at.get("tl0", -1)
        assert found.keyframe == (begins and frame[0] & 1 == 0)
    for size in range(1, len(head) + 1):
        assert vp8_descriptor(head[:size], size) is None


@given(st.binary(max_size=12), st.integers(0, 12))
def test_vp8_descriptors_from_arbitrary_bytes(payload: bytes, size: int) -> None:
    """No place it names lies behind what was given."""
    found = vp8_descriptor(payload, min(size, len(payload)))
    if found is not None:
        assert found.picture_at + found.picture_bits // 8 < min(size, len(payload))
        assert found.tl0_at < min(size, len(payload))


@given(st.integers(0, 31), st.booleans(), st.integers(0, 3), st.binary(min_size=1, max_size=20))
def test_h264_packets_against_their_making(kind: int, first: bool, importance: int, unit: bytes) -> None:
    """A decodable picture begins with SPS or IDR: alone, first in STAP-A, or where FU-A begins it (RFC 6184 5)."""
    begins = kind in (SPS, IDR)
    nal = bytes([importance << 5 | kind]) + unit
    gathered = bytes([importance << 5 | 24]) + len(nal).to_bytes(2) + nal
    cut = bytes([importance << 5 | 28, first << 7 | kind]) + unit
    if kind not in (24, 28):
        assert starts_keyframe("H264", packet(1, nal)) is begins
    assert starts_keyframe("H264", packet(1, gathered)) is begins
    assert starts_keyframe("H264", packet(1, cut)) is (begins and first)


@given(st.binary(max_size=40), st.booleans())
def test_h264_packets_from_arbitrary_bytes(payload: bytes, padding: bool) -> None:
    assert starts_keyframe("H264", Packet(1, 0, False, padding, payload)) in (True, False)
