"""wet-ink print|match|attest: sign with a pen, and bring it back as evidence; exit 0 done, 1 faults, 2 unreadable."""

import argparse
import datetime as dt
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from documents import console
from documents.limits import LARGEST

if TYPE_CHECKING:
    from documents.keys import SigningKey
    from documents.wetink.attesting import Pen, Printed
    from documents.wetink.scanning import Scans

INK = "place=name, with @time (ISO 8601) when it was not just now: party-1=张桂兰@2026-03-02T10:00+08:00"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("wet-ink", help="print for signing in ink; match the scans; attest them")
    actions = parser.add_subparsers(dest="action", required=True)
    printed = _action(
        actions, "print", "make the print: a sheet that explains, and each page with its code", make_print
    )
    printed.add_argument("file", type=Path, help="the certified PDF")
    printed.add_argument("out", type=Path)
    printed.add_argument("--url", required=True, help="where the paper can be verified")
    printed.add_argument("--on", type=dt.date.fromisoformat, help="the day of printing (ISO 8601), else today")
    console.add_fonts(printed)
    matched = _action(actions, "match", "see whether the scans are all pages of the file", match_scans)
    matched.add_argument("file", type=Path, help="the file that was printed")
    matched.add_argument("scans", type=Path, nargs="+", help="JPEG, PNG, WebP, TIFF or a scanner's PDF")
    attested = _action(actions, "attest", "make one PDF of the scans that the mediator signs", attest)
    attested.add_argument("file", type=Path, help="the file that was printed")
    attested.add_argument("scans", type=Path, nargs="+", help="JPEG, PNG, WebP, TIFF or a scanner's PDF")
    attested.add_argument("--out", type=Path, required=True)
    attested.add_argument("--ink", action="append", required=True, metavar="PLACE=NAME[@TIME]", help=INK)
    attested.add_argument("--url", required=True, help="where the attestation can be verified")
    attested.add_argument("--mediator", required=True, help="the mediator's name")
    attested.add_argument("--mediator-key", type=Path, required=True, help="PEM: the mediator's key and certificate")
    attested.add_argument("--committee", required=True, help="whose seal closes it")
    attested.add_argument("--authority", type=Path, required=True, help="folder of the embedded authority, which seals")
    attested.add_argument("--passphrase-file", type=Path, required=True)
    attested.add_argument("--name", default="云调平台", help="the platform's name in its certificate")
    console.add_fonts(attested)


def _action(actions: Any, name: str, told: str, run: Any) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = actions.add_parser(name, help=told)
    made.add_argument("--json", action="store_true", help="tell what was made, or the faults, as JSON")
    made.add_argument("--seconds", type=int, default=300, help="give up after so many seconds of computing")
    made.add_argument("--megabytes", type=int, default=4096, help="give up when more memory is wanted")
    made.set_defaults(run=run)
    return made


def make_print(options: argparse.Namespace) -> int:
    from documents.fonts import FontRefused, GlyphMissing
    from documents.papers.base import FieldFault
    from documents.wetink.printing import PrintRefused, print_version

    console.limit(options.seconds, options.megabytes)
    try:
        pdf = console.read(options.file, LARGEST + 1)
        console.progress(f"正在制作打印件 printing {options.file}")
        made = print_version(
            pdf, options.url, console.fonts_of(options), on=options.on or dt.datetime.now(console.BEIJING).date()
        )
        console.write(made, options.out)
    except PrintRefused as refused:
        return console.faulty([refused.fault], as_json=options.json)
    except FieldFault as fault:
        return console.faulty(fault.faults, as_json=options.json)
    except (GlyphMissing, FontRefused) as fault:
        return console.faulty([(str(fault), fault.en)], as_json=options.json)
    except (OSError, MemoryError) as fault:
        return _unreadable(fault)
    return _made({"made": [str(options.out)], "sha256": hashlib.sha256(pdf).hexdigest()}, options)


def match_scans(options: argparse.Namespace) -> int:
    from documents.wetink.matching import match
    from documents.wetink.printing import PrintRefused, certified

    console.limit(options.seconds, options.megabytes)
    try:
        pdf = console.read(options.file, LARGEST + 1)
        with certified(pdf) as paper:
            count = len(paper.pages)
        scans = _scans(options.scans)
    except PrintRefused as refused:
        return console.faulty([refused.fault], as_json=options.json)
    except (OSError, MemoryError) as fault:
        return _unreadable(fault)
    found = match(scans, hashlib.sha256(pdf).hexdigest(), count)
    if found.faults:
        return console.faulty(found.faults, as_json=options.json)
    pages = [{"page": one.page, "sha256": one.sha256} for one in found.pages]
    return _made({"complete": True, "pages": pages}, options, f"页数齐全 complete: {count}")


def _scans(files: Sequence[Path]) -> "Scans":
    from documents.wetink.scanning import MOST_BYTES, read_sheets

    console.progress(f"正在核对扫描件 matching {len(files)} files")
    return read_sheets([console.read(one, MOST_BYTES + 1) for one in files])


def attest(options: argparse.Namespace) -> int:
    from documents.authority import Authority, AuthorityFault
    from documents.fonts import FontRefused, GlyphMissing
    from documents.papers.base import FieldFault
    from documents.signing import SignatureRefused
    from documents.timestamp import TimestampFailed
    from documents.wetink.attesting import Printed

    console.limit(options.seconds, options.megabytes)
    at = dt.datetime.now(dt.UTC)
    try:
        authority = Authority.open(options.authority, options.passphrase_file.read_text().strip())
        pens = [stated(one, at) for one in options.ink]
        key = _key(options.mediator_key, options.mediator, authority.chain_pems)
        console.progress(f"正在查验打印的文件 checking {options.file}")
        printed = Printed.opened(console.read(options.file, LARGEST + 1), [authority.root_pem], at)
        made = _attested(options, authority, (printed, pens, key), at)
        console.write(made, options.out)
    except FieldFault as fault:
        return console.faulty(fault.faults, as_json=options.json)
    except (GlyphMissing, FontRefused) as fault:
        return console.faulty([(str(fault), fault.en)], as_json=options.json)
    except (OSError, ValueError, MemoryError, AuthorityFault, SignatureRefused, TimestampFailed) as fault:
        return _unreadable(fault)
    told = {"made": [str(options.out)], "sha256": hashlib.sha256(made).hexdigest(), "on_paper": [p.name for p in pens]}
    return _made(told, options)


def _attested(
    options: argparse.Namespace, authority: Any, given: "tuple[Printed, list[Pen], SigningKey]", at: dt.datetime
) -> bytes:
    """The attestation made, certified, signed by the mediator, sealed and archived."""
    from documents.timestamp import LocalTimestamper
    from documents.wetink.attesting import Witness, attestation, rendered
    from documents.wetink.closing import Closing

    printed, pens, key = given
    day = at.astimezone(console.BEIJING).date()
    witness = Witness(options.mediator, options.committee, options.url, day, development=authority.is_development)
    paper = attestation(printed, _scans(options.scans), pens, witness)
    console.progress("正在签名 signing")
    closing = Closing(
        platform=authority.platform_key(options.name, at),
        mediator=key,
        seal=authority.issue_organisation_key(options.committee, at),
        timestamper=LocalTimestamper(authority, lambda: dt.datetime.now(dt.UTC)),
        evidence=authority.evidence(at),
        now=at,
    )
    fonts = console.fonts_of(options)
    return closing.close(rendered(paper, printed, fonts), paper, fonts)


def stated(text: str, at: dt.datetime) -> "Pen":
    """Who signed where and when, as --ink says it; `at` where it says no time. Raises ValueError."""
    from documents.wetink.attesting import Pen

    place, separator, told = text.partition("=")
    name, _, time = told.partition("@")
    if not (place and separator and name):
        raise ValueError(f"--ink {text}: {INK}")
    return Pen(place, name, console.moment(time) if time else at)


def _key(file: Path, name: str, chain: tuple[str, ...]) -> "SigningKey":
    """The mediator's key of a PEM file that holds it with its certificate. Raises ValueError."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from documents.keys import SigningKey

    content = file.read_text()
    key = load_pem_private_key(content.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{file} holds no key on an elliptic curve")  # noqa: TRY004 - a file's fault, not a caller's
    certificate = content[content.index("-----BEGIN CERTIFICATE-----") :]
    return SigningKey(key, console.certificates(certificate)[0], chain, name)


def _made(told: dict[str, Any], options: argparse.Namespace, line: str = "") -> int:
    if options.json:
        print(json.dumps(told, ensure_ascii=False, indent=2))
    elif line:
        print(line)
    return 0


def _unreadable(fault: Exception) -> int:
    print(f"读不了 cannot read: {str(fault) or type(fault).__name__}", file=sys.stderr)
    return console.UNREADABLE
