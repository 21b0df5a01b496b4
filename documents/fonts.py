"""The printing types: free TrueType fonts from a folder, chosen glyph by glyph, never a blank box in a legal paper."""

import functools
import hashlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics

from documents.typefaces import Face, Font, FontRefused

__all__ = ["DEFAULT_FOLDER", "FILES", "FontRefused", "FontStack", "FontsMissing", "GlyphMissing"]

# 小标宋, 仿宋, 楷体 and 黑体 have no free TrueType of this coverage: 思源宋体 and 思源黑体 (Noto, SIL OFL) stand in.
FILES: Mapping[str, str] = {
    "title": "noto-serif-sc/900Black/NotoSerifSC_900Black.ttf",
    "body": "noto-serif-sc/400Regular/NotoSerifSC_400Regular.ttf",
    "strong": "noto-serif-sc/700Bold/NotoSerifSC_700Bold.ttf",
    "heading": "noto-sans-sc/500Medium/NotoSansSC_500Medium.ttf",
}
RARE = "rare"
USES = (*FILES, RARE)
FALLBACK = ("body", "heading", RARE)
DEFAULT_FOLDER = Path(__file__).resolve().parents[1] / "web" / "node_modules" / "@expo-google-fonts"


_MISSING = re.compile("字库里没有这个字：(.)（U")


class GlyphMissing(ValueError):
    """No font has this character: the paper cannot be printed, and `character` says why."""

    def __init__(self, character: str) -> None:
        told = _MISSING.search(character)  # reportlab makes the error anew with its own words around ours
        self.character = told.group(1) if told else character
        self.en = f"no font has the character {self.character} (U+{ord(self.character):04X})"
        super().__init__(f"字库里没有这个字：{self.character}（U+{ord(self.character):04X}）")


class FontsMissing(OSError):
    """The folder does not hold the printing types."""


@dataclass(frozen=True)
class FontStack:
    """The fonts by use (`title`, `body`, `strong`, `heading`); each falls back to others' glyphs, then to `rare`."""

    files: Mapping[str, tuple[Path, ...]]
    _picked: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(cls, folder: Path, customer: Mapping[str, Path] | None = None) -> "FontStack":
        """The fonts below `folder`, behind a customer's own ones by use (`title`, `body`, `strong`, `heading`, `rare`).

        Raises FontsMissing for a file that is not there, FontRefused for a customer's that cannot or must not be used.
        """
        return _load(folder.resolve(), tuple(sorted((customer or {}).items())))

    @classmethod
    def default(cls) -> "FontStack":
        """The fonts that the front end's package.json brings."""
        return cls.load(DEFAULT_FOLDER)

    def name(self, use: str) -> str:
        return font_of(self.files[use][0]).fontName

    def pick(self, use: str, character: str) -> tuple[str, float]:
        """Name of the font that prints this character, and the character's width for size one."""
        found = self._picked.get((use, character))
        if found is None:
            found = self._picked[use, character] = self._search(use, character)
        return found

    def _search(self, use: str, character: str) -> tuple[str, float]:
        for candidate in dict.fromkeys((use, *FALLBACK)):
            for file in self.files[candidate]:
                font = font_of(file)
                if ord(character) in font.face.charToGlyph:
                    return font.fontName, font.face.charWidths[ord(character)] / 1000.0
        raise GlyphMissing(character)

    def width(self, use: str, text: str, size: float) -> float:
        return sum(self.pick(use, character)[1] for character in text) * size

    def runs(self, use: str, text: str) -> Iterator[tuple[str, str]]:
        """The text cut into (font name, piece) runs."""
        for name, characters in groupby(text, key=lambda character: self.pick(use, character)[0]):
            yield name, "".join(characters)


@functools.cache
def _load(folder: Path, customer: tuple[tuple[str, Path], ...]) -> FontStack:
    own: dict[str, tuple[Path, ...]] = {use: (path,) for use, path in customer}
    if strange := own.keys() - set(USES):
        raise ValueError(f"fonts are for {', '.join(USES)}, not for {', '.join(sorted(strange))}")
    files = {use: (*own.get(use, ()), folder / path) for use, path in FILES.items()}
    files[RARE] = own.get(RARE, ())
    for path in (path for paths in files.values() for path in paths):
        if not path.is_file():
            raise FontsMissing(f"no font at {path}")
    for _, path in customer:
        font_of(path)
    return FontStack(files)


_reading = threading.Lock()
_fonts: dict[Path, Font] = {}


def font_of(path: Path) -> Font:
    """The font of a file, read at its first use, once a process. Raises FontRefused."""
    found = _fonts.get(path)
    if found is not None:
        return found
    with _reading:
        if path not in _fonts:
            mark = hashlib.sha256(str(path).encode()).hexdigest()[:8]
            font = Font(f"{path.stem}-{mark}", Face(path))
            pdfmetrics.registerFont(font)
            _fonts[path] = font
        return _fonts[path]
