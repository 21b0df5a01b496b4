"""A dossier of 200 pages against a plain pikepdf merge of the same files, in the same run: time and memory.

Run by hand: `.venv/bin/python benchmarks/dossier.py [--pages N] [--rounds N] [--out FILE]`. Each run is a fresh process
that binds the same folder: agreements really signed, forms, records, photographs and a stranger's scan. CPU seconds and
the most memory of each, medians; the merge lays the pages one after the other and does nothing else.
"""

import argparse
import datetime as dt
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from bars import told  # noqa: E402
from memory import peak_megabytes  # noqa: E402 - once the folder is on the path

BARS = {"binding, CPU s": 3.0, "peak memory, MB": 300.0}
FORMS = ("mediation-application", "rights-notice", "inquiry-record", "mediation-record", "follow-up", "ruling-confirm")
SECTIONS = ("application", "rights", "inquiry", "record", "follow-up", "confirmation")
PHOTOGRAPHS, SCANNED = 20, 20


def folder_of(folder: Path, pages: int) -> None:
    """Write a folder of at least so many pages, with a dossier.json."""
    import pikepdf

    from documents import examples
    from documents.authority import DevelopmentAuthorityWarning
    from documents.ceremony import Ceremony
    from documents.dossier.listing import COVER, NAME, Listed, Listing, written
    from documents.fonts import FontStack
    from documents.render import render
    from documents.specimens import SPECIMENS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DevelopmentAuthorityWarning)
        ceremony = Ceremony(folder / "authority", lambda: dt.datetime.now(dt.UTC))
    files: list[tuple[str, str, bytes]] = [("agreement", "signed.pdf", ceremony.agreement(examples.agreement()))]
    files += [("evidence", f"photo-{number:02}.jpg", photograph(number)) for number in range(PHOTOGRAPHS)]
    files += [("identity", "scan.pdf", scan(SCANNED))]
    count, number = 3 + PHOTOGRAPHS + SCANNED, 0
    while count < pages:
        kind, section = FORMS[number % len(FORMS)], SECTIONS[number % len(FORMS)]
        content = render(SPECIMENS[kind], FontStack.default())
        files.append((section, f"{number:03}-{kind}.pdf", content))
        with pikepdf.open(io.BytesIO(content)) as pdf:
            count += len(pdf.pages)
        number += 1
    listed = []
    for section, name, content in files:
        (folder / name).write_bytes(content)
        listed.append(Listed(section=section, title=name, file=name))
    (folder / NAME).write_text(written(Listing(cover=COVER, papers=tuple(listed))))


def photograph(number: int) -> bytes:
    """A picture of 8 megapixels, as telephones take them."""
    from PIL import Image

    out = io.BytesIO()
    small = Image.effect_noise((326, 245), 40 + number).convert("RGB")
    small.resize((3264, 2448)).save(out, "JPEG", quality=85)
    return out.getvalue()


def scan(pages: int) -> bytes:
    """A scanner's PDF: pictures in grey on pages without tags."""
    from PIL import Image

    sheets = [Image.effect_noise((1240, 1754), 20 + number) for number in range(pages)]
    out = io.BytesIO()
    sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:], resolution=150)
    return out.getvalue()


def bind(folder: Path, out: Path) -> int:
    from documents.dossier import listing
    from documents.dossier.making import write_dossier
    from documents.fonts import FontStack

    cover, pieces = listing.read(folder)
    return write_dossier(cover, pieces, FontStack.default(), out)


def merge(folder: Path, out: Path) -> int:
    import pikepdf

    from documents.dossier.listing import NAME

    listed = [one["file"] for one in json.loads((folder / NAME).read_text())["papers"] if one["file"].endswith("pdf")]
    with pikepdf.new() as pdf:
        sources = [pikepdf.open(folder / name) for name in listed]
        for source in sources:
            pdf.pages.extend(source.pages)
        pdf.save(out)
        return len(pdf.pages)


WORKS = {"bind": bind, "merge": merge}


def one(work: str, folder: Path) -> None:
    """In a process of its own: import what the work needs first, then measure the work alone."""
    from documents.dossier import listing, making  # noqa: F401 - what a running server has loaded
    from documents.fonts import FontStack

    FontStack.default()
    before, begin = peak_megabytes(), time.process_time()
    out = folder / f"{work}.out"
    pages = WORKS[work](folder, out)
    took = time.process_time() - begin
    told = {"s": took, "peak MB": peak_megabytes(), "before MB": before, "pages": pages}
    print(json.dumps({**told, "size MB": out.stat().st_size / 2**20}))


def measured(pages: int, rounds: int) -> dict[str, list[dict[str, float]]]:
    took: dict[str, list[dict[str, float]]] = {name: [] for name in WORKS}
    with tempfile.TemporaryDirectory() as folder:
        folder_of(Path(folder), pages)
        for _ in range(rounds):
            for name, runs in took.items():
                command = [sys.executable, __file__, "--one", name, folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
                runs.append(json.loads(done.stdout))
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], Path(options.one[1]))
        return 0
    took = measured(options.pages, options.rounds)
    middle: dict[str, dict[str, Any]] = {
        name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in took.items()
    }
    figures = {"binding, CPU s": middle["bind"]["s"], "peak memory, MB": middle["bind"]["peak MB"]}
    for name, values in middle.items():
        print(f"{name:8}", "  ".join(f"{key} {value:8.2f}" for key, value in values.items()))
    print(f"binding takes {middle['bind']['s'] / middle['merge']['s']:.1f} times the plain merge")
    return told(figures, BARS, {"rounds": options.rounds, "took": middle}, options.out)


if __name__ == "__main__":
    raise SystemExit(main())
