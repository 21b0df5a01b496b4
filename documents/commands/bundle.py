"""bundle make|verify|show: a case's evidence as one signed zip; exit 0 valid, 1 not valid, 2 unreadable, 3 open."""

import argparse
import datetime as dt
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from documents import console

SHAPE = (
    'case.json: {"number", "title", "installation", "parties": [...], "papers": [{"file", "title", "kind"}], '
    '"audit": "audit.json", "recordings": [{"name", "sha256", "bytes", "started_at", "ended_at"}]}'
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("bundle", help="make, check or look into the evidence bundle of a case")
    actions = parser.add_subparsers(dest="action", required=True)
    made = actions.add_parser("make", help="bundle a folder with a case.json", epilog=SHAPE)
    made.add_argument("folder", type=Path)
    made.add_argument("out", type=Path)
    made.add_argument("--authority", type=Path, required=True, help="folder of the embedded authority, which seals")
    made.add_argument("--passphrase-file", type=Path, required=True)
    made.add_argument("--name", default="云调平台", help="the platform's name in its certificate")
    made.add_argument("--time-authority", help="address of an outside RFC 3161 time authority")
    made.set_defaults(run=make)
    for name, run, told in (("verify", verify, "check everything offline"), ("show", show, "list what is inside")):
        one = actions.add_parser(name, help=told)
        one.add_argument("file", type=Path)
        one.add_argument("--json", action="store_true")
        one.add_argument("--seconds", type=int, default=300, help="give up after so many seconds of computing")
        one.add_argument("--megabytes", type=int, default=2048, help="give up when more memory is wanted")
        one.set_defaults(run=run)
        if name == "verify":
            one.add_argument("--root", type=Path, required=True, help="root certificate (PEM) that you trust")
            one.add_argument("--at", type=console.moment, help="judge as of this time (ISO 8601) instead of now")
            one.add_argument("--recordings", type=Path, help="folder with the recordings, to compare their hashes")


def verify(options: argparse.Namespace) -> int:
    from documents.bundle.checking import check
    from documents.bundle.container import LARGEST

    console.limit(options.seconds, options.megabytes)
    try:
        content, roots = console.read(options.file, LARGEST + 1), console.certificates(options.root.read_text())
        hashes = _hashes(options.recordings) if options.recordings else None
        console.progress(f"正在查验 checking {options.file}")
        report = check(content, roots, now=options.at or dt.datetime.now(dt.UTC), recordings=hashes)
    except (OSError, ValueError) as fault:
        print(f"读不了 cannot read: {fault}", file=sys.stderr)
        return console.UNREADABLE
    if len(content) > LARGEST:  # not all of it was read, so what it hashes to is not known
        report = replace(report, sha256="")
    plain = report.plain()
    print(json.dumps(plain, ensure_ascii=False, indent=2) if options.json else "\n".join(_told(plain)))
    return console.EXITS[report.verdict]


def _told(plain: dict[str, Any]) -> list[str]:
    lines = [f"{plain['verdict']}", *(f"- {one['zh']} ({one['en']})" for one in plain["reasons"])]
    if plain["sealed_by"]:
        lines.append(f"封装 sealed: {plain['sealed_by']}, {plain['sealed_at']}")
    for path, one in plain["papers"].items():
        lines.append(f"{path}: {one['verdict']}　{one['title']}　{one['number']}")
    return [*lines, f"SHA-256 {plain['sha256']}"]


def show(options: argparse.Namespace) -> int:
    """What a bundle says of itself, unchecked."""
    from documents.bundle.checking import REASONS
    from documents.bundle.container import LARGEST, BundleRefused, unpack

    console.limit(options.seconds, options.megabytes)
    try:
        stated = json.loads(unpack(console.read(options.file, LARGEST + 1))["manifest.json"])
        lines = [f"{one['path']}\t{one['bytes']:>9,}\t{one['title']}" for one in stated["files"]]
    except BundleRefused as refused:
        _, zh, en = REASONS[refused.code]
        print(f"{zh}（{en}）".replace("{}", refused.detail), file=sys.stderr)
        return console.UNREADABLE
    except (OSError, KeyError, TypeError, ValueError, RecursionError) as fault:
        print(f"读不了 cannot read: {fault}", file=sys.stderr)
        return console.UNREADABLE
    print(json.dumps(stated, ensure_ascii=False, indent=2) if options.json else "\n".join(lines))
    print("没有查验 (not checked): bundle verify", file=sys.stderr)
    return 0


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for one in sorted(folder.iterdir()):
        with one.open("rb") as opened:
            found[one.name] = hashlib.file_digest(opened, "sha256").hexdigest()
    return found


def make(options: argparse.Namespace) -> int:
    from documents.authority import Authority, AuthorityFault
    from documents.bundle import making
    from documents.outside.time_authorities import HttpTimestamper
    from documents.timestamp import LocalTimestamper, TimestampFailed

    now = dt.datetime.now(dt.UTC)
    try:
        contents = _contents(options.folder, now)
        authority = Authority.open(options.authority, options.passphrase_file.read_text().strip())
        outside = options.time_authority
        stamper = HttpTimestamper(outside) if outside else LocalTimestamper(authority, lambda: dt.datetime.now(dt.UTC))
        key = authority.platform_key(options.name, now)
        sealer = making.Sealer(key, stamper, authority.evidence(now), (authority.root_pem,))
        console.progress(f"正在制作 bundling {len(contents.pieces)} papers")
        console.write(making.make(contents, sealer, now=now), options.out)
    except (OSError, ValueError, KeyError, TypeError, AuthorityFault, TimestampFailed) as fault:
        print(f"做不成 not made: {fault!r}", file=sys.stderr)
        return console.UNREADABLE
    return 0


def _contents(folder: Path, now: dt.datetime) -> Any:
    from documents.bundle.contents import CaseContents, Piece, RecordingHash

    stated = json.loads((folder / "case.json").read_text())
    pieces = tuple(
        Piece(one["title"], (folder / Path(one["file"]).name).read_bytes(), one.get("kind", "paper"))
        for one in stated["papers"]
    )
    return CaseContents(
        number=stated["number"],
        title=stated["title"],
        installation=stated["installation"],
        made_at=now,
        pieces=pieces,
        audit=json.loads((folder / Path(stated["audit"]).name).read_text()),
        recordings=tuple(RecordingHash(**{**one, **_times(one)}) for one in stated.get("recordings", ())),
        parties=tuple(stated.get("parties", ())),
    )


def _times(one: dict[str, Any]) -> dict[str, dt.datetime]:
    names: Sequence[str] = ("started_at", "ended_at")
    return {name: console.moment(one[name]) for name in names}
