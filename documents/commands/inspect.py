"""inspect FILE: show what lies in a PDF, without judging it; exit 0, or 2 when it cannot be read."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from documents import console
from documents.limits import LARGEST


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("inspect", help="show revisions, fields, signatures, certificates, attachments")
    parser.add_argument("file", type=Path, help="the PDF, or - for standard input")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=int, default=120, help="give up after so many seconds of computing")
    parser.add_argument("--megabytes", type=int, default=2048, help="give up when more memory is wanted")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from documents.inspection import Unreadable, inspect

    console.limit(options.seconds, options.megabytes)
    try:
        found = inspect(console.read(options.file, LARGEST + 1))
    except (OSError, Unreadable) as fault:
        print(f"读不了 cannot read: {fault}", file=sys.stderr)
        return console.UNREADABLE
    print(json.dumps(found, ensure_ascii=False, indent=2) if options.json else "\n".join(told(found)))
    print("没有查验 (not judged): verify", file=sys.stderr)
    return 0


def told(found: dict[str, Any]) -> list[str]:
    """What was found as a person reads it."""
    lines = [f"{found['title']}　{found['number']}", f"{found['pages']} 页 pages, {found['bytes']:,} bytes"]
    for one in found["revisions"]:
        objects = ", ".join(f"{kind} {count}" for kind, count in sorted(one["objects"].items()))
        lines.append(f"修订 revision {one['number']}: {one['zh']} ({one['en']}), …{one['end']:,}: {objects}")
    lines += [
        f"位置 field {one['name']} {one['label']}: {'已签 signed' if one['signed'] else '空 empty'}"
        for one in found["fields"]
    ]
    for one in found["signatures"]:
        held = one["certificate"]
        lines.append(f"签名 {one['kind']} {one['field']}: {held['subject']}")
        lines.append(f"  证书 certificate {held['sha256'][:16]}… {held['not_before']} – {held['not_after']}")
        lines += [f"  时间戳 time stamp {stamp['time']} {stamp['by']}" for stamp in one["stamps"]]
    lines += [f"附件 attachment {one['name']}, {one['bytes']:,} bytes, {one['sha256']}" for one in found["attachments"]]
    return [*lines, f"SHA-256 {found['sha256']}"]
