"""Session descriptions, read and written as far as a forwarding server needs them (RFC 8866, RFC 9429)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_SECTIONS = 256
LONGEST = 2_000_000
DIRECTIONS = ("sendonly", "recvonly", "sendrecv", "inactive")


@dataclass(frozen=True)
class Fingerprint:
    """The digest of a DTLS certificate (RFC 8122)."""

    algorithm: str
    value: str


@dataclass
class Section:
    """One media section."""

    kind: str
    port: int
    proto: str
    formats: list[str]
    mid: str = ""
    direction: str = "sendrecv"
    setup: str = ""
    stream: str = ""
    track: str = ""
    codecs: dict[int, str] = field(default_factory=dict)
    parameters: dict[int, str] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: list[int] = field(default_factory=list)
    repairs: dict[int, int] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)

    @property
    def rejected(self) -> bool:
        """Port 0 says no (RFC 9429 5.2.1), unless the section is bundle-only: the reader undoes that."""
        return self.port == 0

    @property
    def sends(self) -> bool:
        """The describing side sends media here."""
        return self.direction in ("sendonly", "sendrecv") and not self.rejected

    @property
    def receives(self) -> bool:
        """The describing side takes media here."""
        return self.direction in ("recvonly", "sendrecv") and not self.rejected

    def payload_type(self, codec: str) -> int | None:
        """Return the first payload type of a codec; of H264 only constrained baseline, packetization mode 1."""
        for text in self.formats:
            number = int(text) if text.isdecimal() else -1
            if self.codecs.get(number, "").partition("/")[0].upper() != codec.upper():
                continue
            parameters = self.parameters.get(number, "").lower()
            if codec.upper() == "H264" and not ("packetization-mode=1" in parameters and "42e0" in parameters):
                continue
            return number
        return None

    def repair_type(self, payload_type: int) -> int | None:
        """Return the payload type of retransmissions for a payload type (RFC 4588)."""
        for number, codec in self.codecs.items():
            if codec.lower().startswith("rtx/") and self.parameters.get(number) == f"apt={payload_type}":
                return number
        return None


@dataclass
class Description:
    """A whole description."""

    sections: list[Section] = field(default_factory=list)
    fingerprint: Fingerprint | None = None
    ufrag: str = ""
    pwd: str = ""


def _integer(text: str, highest: int) -> int:
    if not text.isdecimal() or len(text) > 10 or int(text) > highest:
        raise ValueError(f"no number from 0 to {highest}: {text[:20]!r}")
    return int(text)


def _numbered(value: str) -> tuple[int, str]:
    number, _, rest = value.partition(" ")
    return _integer(number, 127), rest.strip()


def _rtpmap(section: Section, value: str) -> None:
    number, codec = _numbered(value)
    section.codecs[number] = codec


def _fmtp(section: Section, value: str) -> None:
    number, parameters = _numbered(value)
    section.parameters[number] = parameters


def _extmap(section: Section, value: str) -> None:
    number, _, rest = value.partition(" ")
    if rest.split():
        section.extensions[rest.split()[0]] = _integer(number.partition("/")[0], 255)


def _msid(section: Section, value: str) -> None:
    words = value.split()
    if words:
        section.stream, section.track = words[0], words[-1]


def _ssrc(section: Section, value: str) -> None:
    number = _integer(value.partition(" ")[0], 0xFFFFFFFF)
    if number not in section.ssrcs and len(section.ssrcs) < 32:
        section.ssrcs.append(number)


def _ssrc_group(section: Section, value: str) -> None:
    words = value.split()
    if len(words) == 3 and words[0] == "FID":
        section.repairs[_integer(words[1], 0xFFFFFFFF)] = _integer(words[2], 0xFFFFFFFF)


def _rid(section: Section, value: str) -> None:
    words = value.split()
    if len(words) >= 2 and words[1] == "send" and len(section.rids) < 4:
        section.rids.append(words[0])


def _mid(section: Section, value: str) -> None:
    if not value or len(value) > 16 or not value.isascii():
        raise ValueError("a mid has 1 to 16 characters of ASCII")
    section.mid = value


def _setup(section: Section, value: str) -> None:
    section.setup = value


def _bundle_only(section: Section, _value: str) -> None:
    section.port = section.port or 9  # RFC 9143 6: port 0 is no rejection here


OF_SECTION: dict[str, Callable[[Section, str], None]] = {
    "mid": _mid, "setup": _setup, "rtpmap": _rtpmap, "fmtp": _fmtp, "extmap": _extmap, "msid": _msid,
    "ssrc": _ssrc, "ssrc-group": _ssrc_group, "rid": _rid, "bundle-only": _bundle_only,
}  # fmt: skip


def _media(line: str) -> Section:
    words = line.split()
    if len(words) < 4:
        raise ValueError("a media line has at least four words")
    return Section(words[0], _integer(words[1], 65535), words[2], words[3:])


def _attribute(description: Description, section: Section | None, name: str, value: str) -> None:
    if name == "ice-ufrag":
        description.ufrag = description.ufrag or value
    elif name == "ice-pwd":
        description.pwd = description.pwd or value
    elif name == "fingerprint" and description.fingerprint is None:
        algorithm, _, digest = value.partition(" ")
        description.fingerprint = Fingerprint(algorithm.lower(), digest.strip())
    elif section is not None and name in DIRECTIONS:
        section.direction = name
    elif section is not None and name in OF_SECTION:
        OF_SECTION[name](section, value)


def parse(text: str) -> Description:
    """Read a description; raises ValueError for what cannot be followed."""
    if len(text) > LONGEST:
        raise ValueError("the description is too long")
    description, section = Description(), None
    for line in text.replace("\r", "\n").split("\n"):
        kind, equals, value = line[:1], line[1:2], line[2:]
        if equals != "=":
            continue
        if kind == "m":
            section = _media(value)
            description.sections.append(section)
            if len(description.sections) > MOST_SECTIONS:
                raise ValueError("the description has too many sections")
        elif kind == "a":
            name, _, rest = value.partition(":")
            _attribute(description, section, name, rest)
    mids = [each.mid for each in description.sections]
    if "" in mids or len(set(mids)) != len(mids):
        raise ValueError("each section needs a mid of its own")
    return description


HOST_UDP = 126 << 24 | 65535 << 8 | 255  # RFC 8445 5.1.2.1
# RFC 6544 4.2: below UDP; 4 of the local preference's highest three bits says passive.
HOST_TCP = 90 << 24 | (4 << 13 | 8191) << 8 | 255


class Candidate(NamedTuple):
    """An address that clients may send to."""

    address: str
    port: int
    protocol: str = "udp"

    def line(self, place: int) -> str:
        """Return the attribute of the candidate at a place in the list: each has a foundation of its own."""
        highest, more = (HOST_TCP, " tcptype passive") if self.protocol == "tcp" else (HOST_UDP, "")
        preferred = highest - (place << 8)
        return f"a=candidate:{place + 1} 1 {self.protocol} {preferred} {self.address} {self.port} typ host{more}"


@dataclass(frozen=True)
class Transport:
    """Our side of the one bundled transport: ICE-lite (RFC 8445 2.5) with all candidates known at once."""

    ufrag: str
    pwd: str
    fingerprint: Fingerprint
    candidates: tuple[Candidate, ...]

    def lines(self, setup: str) -> list[str]:
        """Return the attributes that every section carries."""
        return [
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.pwd}",
            f"a=fingerprint:{self.fingerprint.algorithm} {self.fingerprint.value}",
            f"a=setup:{setup}",
            *(candidate.line(place) for place, candidate in enumerate(self.candidates)),
            "a=end-of-candidates",
        ]


def head(identifier: int, version: int, mids: list[str]) -> list[str]:
    """Return the lines before the first section."""
    return [
        "v=0",
        f"o=- {identifier} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE " + " ".join(mids),
        "a=ice-lite",
        "a=msid-semantic: WMS *",
    ]


def channels(mid: str, transport: Transport, setup: str) -> list[str]:
    """Return the section of the data channels (RFC 8841)."""
    return [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "c=IN IP4 0.0.0.0",
        *transport.lines(setup),
        f"a=mid:{mid}",
        "a=sctp-port:5000",
        "a=max-message-size:262144",
    ]


@dataclass(frozen=True)
class Format:
    """What one section carries: a codec's payload type and those that go with it."""

    codec: str
    payload_type: int
    repair: int | None = None  # retransmissions (RFC 4588)
    red: int | None = None  # redundancy (RFC 2198), first in the section: who sends takes the first
    stereo: bool = False
    dtx: bool = False

    @property
    def numbers(self) -> str:
        """Return the payload types as the media line lists them."""
        return " ".join(str(each) for each in (self.red, self.payload_type, self.repair) if each is not None)

    def lines(self, *, receiving: bool) -> list[str]:
        """Return rtpmap, fmtp and rtcp-fb; who receives reports the arrivals, or its own estimate."""
        return self._opus(receiving=receiving) if self.codec == "opus" else self._video(receiving=receiving)

    def _opus(self, *, receiving: bool) -> list[str]:
        wishes = "minptime=10;useinbandfec=1"
        wishes += ";usedtx=1" if receiving and self.dtx else ""
        wishes += ";stereo=1" if self.stereo else ""
        wishes += ";maxaveragebitrate=510000" if receiving and self.stereo else ""
        lines = [f"a=rtpmap:{self.payload_type} opus/48000/2", f"a=fmtp:{self.payload_type} {wishes}"]
        lines.append(f"a=rtcp-fb:{self.payload_type} transport-cc")
        if self.red is not None:
            lines += [f"a=rtpmap:{self.red} red/48000/2", f"a=fmtp:{self.red} {self.payload_type}/{self.payload_type}"]
        return lines

    def _video(self, *, receiving: bool) -> list[str]:
        number = self.payload_type
        lines = [f"a=rtpmap:{number} {self.codec}/90000"]
        if self.codec == "H264":
            lines.append(f"a=fmtp:{number} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        feedback = ["ccm fir", "nack", "nack pli", "transport-cc", *(() if receiving else ("goog-remb",))]
        lines += [f"a=rtcp-fb:{number} {each}" for each in feedback]
        if self.repair is not None:
            lines += [f"a=rtpmap:{self.repair} rtx/90000", f"a=fmtp:{self.repair} apt={number}"]
        return lines
