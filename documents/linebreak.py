"""Chinese line breaking (避头尾, GB/T 15834 and JLREQ's rules): what may begin, end or split a line. (pure)"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

NO_START = frozenset("，。．、；：？！）》〉」』】〕｝］”’…—～·%‰℃,.;:?!)]}>°′″々")
NO_END = frozenset("（《〈「『【〔｛［“‘([{<$￥¥№#@")
SQUEEZABLE = frozenset("，。．、；：？！）》”")
UNITS = "年月日元角分号楼室层岁天时点秒米条款项份人期个万亿%‰℃"

# A date stays whole, a number keeps its unit, a word its letters, an ellipsis and a dash their two halves.
ATOM = re.compile(
    rf"\d{{4}}年\d{{1,2}}月(?:\d{{1,2}}日)?|\d{{1,2}}月\d{{1,2}}日|[A-Za-z0-9_.,/:@%&+*?=\-]+(?:(?<=\d)[{UNITS}])?|…+|—+|.",
    re.DOTALL,
)


@dataclass(frozen=True)
class Line:
    """One line: its text, the width it takes naturally, the width it may fill, whether it ends a paragraph."""

    text: str
    natural: float
    available: float
    last: bool

    @property
    def spacing(self) -> float:
        """Extra space after each character so that the line ends at the margin; the last line stays natural."""
        if len(self.text) < 2 or (self.last and self.natural <= self.available):
            return 0.0
        return (self.available - self.natural) / (len(self.text) - 1)


def units(text: str) -> list[str]:
    """The pieces between which a line may break: opening marks hold what follows, closing marks what precedes."""
    pieces: list[str] = []
    opening = ""
    for atom in ATOM.findall(text):
        if atom[0] in NO_END:
            opening += atom
        elif atom[0] in NO_START and pieces and not opening:
            pieces[-1] += atom
        else:
            pieces.append(opening + atom)
            opening = ""
    if opening:
        if pieces:
            pieces[-1] += opening
        else:
            pieces.append(opening)
    return pieces


class _Breaker:
    def __init__(self, advance: Callable[[str], float], size: float, first: float, width: float) -> None:
        self.advance, self.size, self.width = advance, size, width
        self.available, self.used = first, 0.0
        self.current: list[str] = []
        self.lines: list[Line] = []

    def close(self, *, last: bool = False) -> None:
        self.lines.append(Line("".join(self.current), self.used, self.available, last))
        self.current, self.used, self.available = [], 0.0, self.width

    def put(self, piece: str, wide: float) -> None:
        self.current.append(piece)
        self.used += wide

    def fits(self, wide: float) -> bool:
        return self.used + wide <= self.available + 0.01

    def add(self, piece: str) -> None:
        wide = sum(map(self.advance, piece))
        if self.fits(wide):
            self.put(piece, wide)
        elif self.current and piece[-1] in SQUEEZABLE and self.fits(wide - 0.5 * self.size):
            self.put(piece, wide)  # 标点挤压: the closing mark gives half its width
            self.close()
        else:
            if self.current:
                self.close()
            if piece.strip(" "):
                self.begin(piece, wide)

    def begin(self, piece: str, wide: float) -> None:
        if wide <= self.available:
            self.put(piece, wide)
            return
        for character in piece:  # a word longer than a line, such as an address of the web
            step = self.advance(character)
            if self.current and not self.fits(step) and character not in NO_START:
                self.close()
            self.put(character, step)


def break_lines(
    text: str, advance: Callable[[str], float], size: float, width: float, indent: float = 0.0
) -> list[Line]:
    """Break one paragraph: `advance` gives a character's width at this size, `indent` shortens the first line."""
    breaker = _Breaker(advance, size, width - indent, width)
    for piece in units(text):
        breaker.add(piece)
    if breaker.current or not breaker.lines:
        breaker.close(last=True)
    else:  # the last piece was squeezed in, or a space was left out
        breaker.lines[-1] = replace(breaker.lines[-1], last=True)
    return breaker.lines


def faults(lines: list[Line]) -> Iterator[str]:
    """Every line that begins or ends with a mark that must not stand there: what the tests count."""
    for number, line in enumerate(lines):
        if number and line.text[:1] in NO_START:
            yield f"line {number + 1} begins with {line.text[0]}"
        if not line.last and line.text[-1:] in NO_END:
            yield f"line {number + 1} ends with {line.text[-1]}"
