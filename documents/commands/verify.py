"""verify FILE: judge a signed PDF; exit 0 valid, 1 not valid, 2 unreadable, 3 incomplete or cannot be judged."""

import argparse
import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path

from documents import console
from documents.limits import LARGEST
from documents.report import OnPaper, Report, Signer, Verdict

WORDS = {
    Verdict.VALID: "真的，没被改过 (valid)",
    Verdict.INCOMPLETE: "真的，但还没签完 (incomplete)",
    Verdict.UNKNOWN: "无法判断 (cannot be judged)",
    Verdict.INVALID: "不要相信这份文件 (not valid)",
}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("verify", help="judge a signed PDF; exit 0 valid, 1 not, 2 unreadable, 3 open")
    parser.add_argument("file", type=Path, help="the PDF, or - for standard input")
    parser.add_argument("--root", type=Path, help="root certificate (PEM); else root.pem beside the file")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--at", type=console.moment, help="judge as of this time (ISO 8601) instead of now")
    parser.add_argument("--seconds", type=int, default=120, help="give up after so many seconds of computing")
    parser.add_argument("--megabytes", type=int, default=2048, help="give up when more memory is wanted")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from documents.validation import verify

    console.limit(options.seconds, options.megabytes)
    root: Path = options.root or options.file.parent / "root.pem"
    try:
        pdf, roots = console.read(options.file, LARGEST + 1), console.certificates(root.read_text())
        console.progress(f"正在查验 checking {options.file} ({len(pdf):,} bytes)")
        report = verify(pdf, roots, now=options.at or dt.datetime.now(dt.UTC))
    except (OSError, ValueError) as fault:
        print(f"读不了 cannot read: {fault}", file=sys.stderr)
        return console.UNREADABLE
    if len(pdf) > LARGEST:  # not all of it was read, so what it hashes to is not known
        report = replace(report, sha256="")
    print(report.to_json() if options.json else told(report))
    return console.EXITS[report.verdict]


def told(report: Report) -> str:
    """The report as a person reads it."""
    lines = [WORDS[report.verdict], f"{report.title}　{report.number}".strip()]
    lines += [f"- {one.zh} ({one.en})" for one in report.reasons]
    lines += [_signed(one) for one in report.signers]
    lines += [_inked(one) for one in report.on_paper]
    if report.printed:
        lines.append(f"  打印的文件 the printed file: {WORDS[report.printed.verdict]}, SHA-256 {report.printed.sha256}")
        lines += [f"  {_signed(one)}" for one in report.printed.signers]
    if report.document_timestamp:
        lines.append(f"  存档时间戳 archive time stamp {report.document_timestamp.isoformat()}")
    if report.provable_until:
        lines.append(f"  能查验到 provable until {report.provable_until.isoformat()}")
    lines += [f"  修订 revision {number}: {one.zh} ({one.en})" for number, one in enumerate(report.history, 1)]
    return "\n".join([*lines, f"SHA-256 {report.sha256}"])


def _signed(one: Signer) -> str:
    mark = "✓" if one.trusted and one.intact else "✗"
    time = one.time.isoformat() if one.time else "没有可信时间"
    return f"{mark} {one.label or one.field}: {one.name}, {time}, {one.level}"


def _inked(one: OnPaper) -> str:
    """Never with the mark of a signature that was judged."""
    by = f"由{one.attested_by}证明 attested by {one.attested_by}" if one.attested_by else "还没有人证明 not attested"
    return f"✎ {one.role}{one.name}: 纸上签名，{by}，笔迹没有查验 on paper, not judged"
