"""The audit chain inside a bundle: each entry's digest binds it to the one before, so that none can be left out. (pure)

digest = SHA-256(previous digest in hex ‖ LF ‖ the entry as canonical JSON, after RFC 8785); the first follows on 64
zeros. This is the rule of the open format: whoever writes bundles keeps to it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

BEGINNING = "0" * 64


def canonical(value: object) -> bytes:
    """Equal values give equal bytes: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def link(previous: str, entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(previous.encode() + b"\n" + canonical(entry)).hexdigest()


def first_break(entries: Sequence[Mapping[str, Any]], head: str) -> int | None:
    """The number (from 1) of the first entry that does not follow on the one before, or None when the chain holds.

    The head tells that nothing was cut off at the end: if only it is wrong, the break lies after the last entry.
    """
    previous = BEGINNING
    for number, entry in enumerate(entries, 1):
        content = {key: value for key, value in entry.items() if key != "digest"}
        if entry.get("digest") != link(previous, content) or content.get("number") != number:
            return number
        previous = str(entry["digest"])
    return None if previous == head else len(entries) + 1
