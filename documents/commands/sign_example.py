"""sign-example OUT.pdf --root OUT.pem: play a whole signing with keys made on the spot."""

import argparse
import datetime as dt
import sys
import tempfile
import warnings
from pathlib import Path

from documents import console


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("sign-example", help="make a signed example agreement with keys made on the spot")
    parser.add_argument("out", type=Path)
    parser.add_argument("--root", type=Path, required=True, help="where to write the root certificate (PEM)")
    parser.add_argument("--seal-picture", type=Path, help="PNG or JPEG of a seal of your own, instead of the drawn one")
    console.add_fonts(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from documents import examples
    from documents.authority import DevelopmentAuthorityWarning
    from documents.ceremony import Ceremony
    from documents.fonts import FontRefused
    from documents.marks import PictureRefused, checked_picture

    try:
        fonts = console.fonts_of(options)
        picture = checked_picture(options.seal_picture.read_bytes()) if options.seal_picture else None
    except OSError as fault:
        print(f"读不了 cannot read: {fault}", file=sys.stderr)
        return console.UNREADABLE
    except (FontRefused, PictureRefused) as fault:
        return console.faulty([(str(fault), fault.en)], as_json=False)

    def now() -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DevelopmentAuthorityWarning)
        ceremony = Ceremony(Path(folder) / "authority", now, fonts=fonts, seal_picture=picture)
        console.write(ceremony.agreement(examples.agreement()), options.out)
        options.root.write_text(ceremony.authority.root_pem)
    for one in told:
        print(one.message, file=sys.stderr)
    return 0
