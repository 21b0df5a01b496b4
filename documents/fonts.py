"""The printing types: free TrueType fonts from a folder, chosen glyph by glyph, never a blank box in a legal paper."""

import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import cast

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

# 小标宋, 仿宋, 楷体 and 黑体 have no free TrueType of this coverage: 思源宋体 and 思源黑体 (Noto, SIL OFL) stand in.
FILES: Mapping[str, str] = {
    "title": "noto-serif-sc/900Black/NotoSerifSC_900Black.ttf",
    "body": "noto-serif-sc/400Regular/NotoSerifSC_400Regular.ttf",
    "strong": "noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf",
    "heading": "noto-sans-sc/500Medium/NotoSansSC_500Medium.ttf",
}
FALLBACK = ("body", "heading")
DEFAULT_FOLDER = Path(__file__).resolve().parents[1] / "web" / "node_modules" / "@expo-google-fonts"


_MISSING = re.compile("字库里没有这个字：(.)（U")


class GlyphMissing(ValueError):
    """No font has this character: the paper cannot be printed, and `character` says why."""

    def __init__(self, character: str) -> None:
        told = _MISSING.search(character)  # reportlab makes the error anew with its own words around ours
        self.character = told.group(1) if told else character
        super().__init__(f"字库里没有这个字：{self.character}（U+{ord(self.character):04X}）")


class FontsMissing(OSError):
    """The folder does not hold the printing types."""


@dataclass(frozen=True)
class FontStack:
    """The fonts by use (`title`, `body`, `strong`, `heading`); each falls back to the others' glyphs."""

    folder: Path
    names: Mapping[str, str]
    _picked: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path) -> "FontStack":
        """Load the fonts below `folder`, once a process: reading them takes a second."""
        return _load(folder.resolve())

    @classmethod
    def default(cls) -> "FontStack":
        """The fonts that the front end's package.json brings."""
        return cls.load(DEFAULT_FOLDER)

    def name(self, use: str) -> str:
        return self.names[use]

    def pick(self, use: str, character: str) -> tuple[str, float]:
        """Name of the font that prints this character, and the character's width for size one."""
        found = self._picked.get((use, character))
        if found is None:
            found = self._picked[use, character] = self._search(use, character)
        return found

    def _search(self, use: str, character: str) -> tuple[str, float]:
        for candidate in (use, *FALLBACK):
            face = cast("TTFont", pdfmetrics.getFont(self.names[candidate])).face
            if ord(character) in face.charToGlyph:
                return self.names[candidate], face.charWidths.get(ord(character), face.defaultWidth) / 1000.0
        raise GlyphMissing(character)

    def width(self, use: str, text: str, size: float) -> float:
        return sum(self.pick(use, character)[1] for character in text) * size

    def runs(self, use: str, text: str) -> Iterator[tuple[str, str]]:
        """The text cut into (font name, piece) runs."""
        for name, characters in groupby(text, key=lambda character: self.pick(use, character)[0]):
            yield name, "".join(characters)


@functools.cache
def _load(folder: Path) -> FontStack:
    mark = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
    names = {}
    for use, path in FILES.items():
        names[use] = f"{use}-{mark}"
        try:
            pdfmetrics.registerFont(TTFont(names[use], str(folder / path)))
        except (TTFError, OSError) as fault:
            raise FontsMissing(f"no font at {folder / path}") from fault
    return FontStack(folder, names)
