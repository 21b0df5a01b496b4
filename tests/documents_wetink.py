"""Sheets signed with a pen, as a telephone's camera sees them: made of the print by poppler, turned, dirtied, packed."""

import datetime as dt
import functools
import hashlib
import io
import random
import subprocess
import tempfile
from pathlib import Path

from documents_play import play
from PIL import Image, ImageDraw

from documents.papers.wet_ink import InkAttestation
from documents.wetink.attesting import Pen, Printed, Witness, attestation, rendered
from documents.wetink.closing import Closing
from documents.wetink.printing import print_version
from documents.wetink.scanning import read_sheets

URL = "https://localhost/verify/K7QF2M"
DAY = dt.date(2026, 3, 2)


ORIGINAL = play().steps["party-2"]  # one party has signed electronically, the other will sign with a pen
DIGEST = hashlib.sha256(ORIGINAL).hexdigest()


@functools.cache
def printed(step: str = "party-2") -> bytes:
    return print_version(play().steps[step], URL, play().ceremony.fonts, on=DAY, development=True)


@functools.cache
def photographed(step: str = "party-2") -> tuple[Image.Image, ...]:
    """The print's sheets in grey, the cover first."""
    return sheets_of(printed(step))


def sheets_of(pdf: bytes) -> tuple[Image.Image, ...]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.pdf").write_bytes(pdf)
        subprocess.run(["pdftoppm", "-r", "150", "-gray", f"{folder}/a.pdf", f"{folder}/a"], check=True)
        return tuple(Image.open(io.BytesIO(one.read_bytes())) for one in sorted(Path(folder).glob("*.pgm")))


def signed(sheet: Image.Image, seed: int = 1) -> Image.Image:
    """With ink, turned a little, and speckled."""
    chance, grey = random.Random(seed), sheet.convert("L")
    pen = ImageDraw.Draw(grey)
    pen.line([(chance.randint(200, 900), chance.randint(300, 1300)) for _ in range(12)], fill=30, width=5)
    for _ in range(3000):
        grey.putpixel((chance.randrange(grey.width), chance.randrange(grey.height)), chance.randrange(256))
    return grey.rotate(chance.choice((-2, 1.5, 3)), expand=True, fillcolor=200)


def packed(picture: Image.Image, form: str = "JPEG", **how) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **how)
    return out.getvalue()


@functools.cache
def returned() -> tuple[bytes, ...]:
    """All signed pages as photographs, without the cover, in the order in which somebody took them."""
    return tuple(packed(signed(one, seed)) for seed, one in enumerate(photographed()[1:]))[::-1]


def pen(place: str = "party-1", name: str = "张桂兰") -> Pen:
    return Pen(place, name, play().clock.now())


def witness() -> Witness:
    return Witness("王敏", play().paper.committee, URL, DAY, development=True)


@functools.cache
def opened() -> Printed:
    return Printed.opened(ORIGINAL, play().roots, play().clock.now())


@functools.cache
def paper() -> InkAttestation:
    return attestation(opened(), read_sheets(returned()), [pen()], witness())


def closing() -> Closing:
    ceremony, now = play().ceremony, play().clock.now()
    return Closing(
        platform=ceremony.authority.platform_key("云调平台（演示）", now),
        mediator=ceremony.person("王敏"),
        seal=ceremony.authority.issue_organisation_key(play().paper.committee, now),
        timestamper=ceremony.timestamper,
        evidence=ceremony.authority.evidence(now),
        now=now,
    )


@functools.cache
def drawn() -> bytes:
    return rendered(paper(), opened(), play().ceremony.fonts)


@functools.cache
def attested() -> bytes:
    """The whole attestation: what is kept in the dossier."""
    return closing().close(drawn(), paper(), play().ceremony.fonts)
