"""dossier DIR|LIST OUT.pdf: bind a case into one PDF/A-3; exit 0 made, 1 faults, 2 unreadable."""

import argparse
import json
import sys
from pathlib import Path

from documents import console

SHAPE = (
    'dossier.json: {"cover": {...}, "papers": [{"section", "title", "file", "note"}]}; --schema prints the whole '
    "format, make-form --examples DIR writes an example to DIR/dossier"
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "dossier", help="bind a case's papers (卷宗); exit 0 made, 1 faults, 2 unreadable", epilog=SHAPE
    )
    parser.add_argument("list", type=Path, nargs="?", help="a folder with a dossier.json, or such a file")
    parser.add_argument("out", type=Path, nargs="?", help="the PDF to write")
    parser.add_argument("--schema", action="store_true", help="print the format of dossier.json as JSON Schema")
    parser.add_argument("--json", action="store_true", help="tell what was made, or the faults, as JSON")
    parser.add_argument("--seconds", type=int, default=300, help="give up after so many seconds of computing")
    parser.add_argument("--megabytes", type=int, default=2048, help="give up when more memory is wanted")
    console.add_fonts(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from documents.dossier import listing

    if options.schema:
        print(json.dumps(listing.schema(), ensure_ascii=False, indent=2))
        return 0
    if options.out is None:
        print("dossier DIR|LIST OUT.pdf", file=sys.stderr)
        return console.UNREADABLE
    console.limit(options.seconds, options.megabytes)
    try:
        return _bind(options)
    except (OSError, ValueError, TypeError, MemoryError) as fault:
        print(f"做不成 not made: {fault!r}", file=sys.stderr)
        return console.UNREADABLE


def _bind(options: argparse.Namespace) -> int:
    from documents.dossier import listing
    from documents.dossier.making import write_dossier
    from documents.fonts import FontRefused, GlyphMissing
    from documents.papers.base import FieldFault

    try:
        cover, pieces = listing.read(options.list)
        pages = write_dossier(cover, pieces, console.fonts_of(options), options.out, _progress)
    except FieldFault as fault:
        return console.faulty(fault.faults, as_json=options.json)
    except (GlyphMissing, FontRefused) as fault:
        return console.faulty([(str(fault), fault.en)], as_json=options.json)
    made = {"made": str(options.out), "pages": pages, "papers": len(pieces), "bytes": options.out.stat().st_size}
    line = f"{made['made']}: {pages}页 pages, {len(pieces)}件 papers, {made['bytes']:,} bytes"
    print(json.dumps(made, ensure_ascii=False) if options.json else line)
    return 0


def _progress(title: str, number: int, count: int) -> None:
    console.progress(f"[{number}/{count}] {title}")
