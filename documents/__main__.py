"""On the command line: python -m documents verify FILE, and python -m documents sign-example OUT --root PEM."""

import argparse
import datetime as dt
import resource
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

from documents.report import Report, Verdict

READABLE = 2
EXITS = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INCOMPLETE: 3, Verdict.UNKNOWN: 3}
WORDS = {
    Verdict.VALID: "真的，没被改过 (valid)",
    Verdict.INCOMPLETE: "真的，但还没签完 (incomplete)",
    Verdict.UNKNOWN: "无法判断 (cannot be judged)",
    Verdict.INVALID: "不要相信这份文件 (not valid)",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m documents", description="查验和签署云调文书 (papers of Yuntiao)")
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="judge a signed PDF; exit 0 valid, 1 not, 2 unreadable, 3 open")
    verify.add_argument("file", type=Path, help="the PDF, or - for standard input")
    verify.add_argument("--root", type=Path, help="root certificate (PEM); else root.pem beside the file")
    verify.add_argument("--json", action="store_true", help="print the report as JSON")
    verify.add_argument("--at", type=_moment, help="judge as of this time (ISO 8601) instead of now")
    verify.add_argument("--seconds", type=int, default=120, help="give up after so many seconds of computing")
    example = commands.add_parser("sign-example", help="make a signed example agreement with keys made on the spot")
    example.add_argument("out", type=Path)
    example.add_argument("--root", type=Path, required=True, help="where to write the root certificate (PEM)")
    return parser


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _told(report: Report) -> str:
    lines = [WORDS[report.verdict], f"{report.title}　{report.number}".strip()]
    lines += [f"- {one.zh} ({one.en})" for one in report.reasons]
    for one in report.signers:
        mark = "✓" if one.trusted and one.intact else "✗"
        time = one.time.isoformat() if one.time else "没有可信时间"
        lines.append(f"{mark} {one.label or one.field}: {one.name}, {time}, {one.level}")
    if report.document_timestamp:
        lines.append(f"  archive time stamp {report.document_timestamp.isoformat()}")
    return "\n".join([*lines, f"SHA-256 {report.sha256}"])


def _certificates(text: str) -> list[str]:
    """Every certificate of a PEM file that may hold several."""
    end = "-----END CERTIFICATE-----"
    return [f"{part.strip()}\n{end}\n" for part in text.split(end) if part.strip()]


def _verify(options: argparse.Namespace) -> int:
    from documents.validation import verify

    resource.setrlimit(resource.RLIMIT_CPU, (options.seconds, options.seconds + 1))
    root: Path = options.root or options.file.parent / "root.pem"
    try:
        pdf = sys.stdin.buffer.read() if str(options.file) == "-" else options.file.read_bytes()
        pem = root.read_text()
        report = verify(pdf, _certificates(pem), now=options.at or dt.datetime.now(dt.UTC))
    except (OSError, ValueError) as fault:
        print(f"cannot read: {fault}", file=sys.stderr)
        return READABLE
    print(report.to_json() if options.json else _told(report))
    return EXITS[report.verdict]


def _example(options: argparse.Namespace) -> int:
    from documents import examples
    from documents.authority import DevelopmentAuthorityWarning
    from documents.ceremony import Ceremony

    def now() -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DevelopmentAuthorityWarning)
        ceremony = Ceremony(Path(folder) / "authority", now)
        options.out.write_bytes(ceremony.agreement(examples.agreement()))
        options.root.write_text(ceremony.authority.root_pem)
    for one in told:
        print(one.message, file=sys.stderr)
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code."""
    options = _parser().parse_args(arguments)
    return _verify(options) if options.command == "verify" else _example(options)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
