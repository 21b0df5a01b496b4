"""The hash chain of the audit log: canonical JSON, one link, and where a chain first breaks (pure)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

BEGINNING = "0" * 64


def canonical(value: Mapping[str, Any]) -> bytes:
    """Write a mapping so that equal values give equal bytes (sorted keys, no spaces, UTF-8; after RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def link(previous: str, entry: Mapping[str, Any]) -> str:
    """Return the digest of an entry, bound to the digest of the one before it."""
    return hashlib.sha256(previous.encode() + b"\n" + canonical(entry)).hexdigest()


def first_break(entries: Iterable[tuple[Mapping[str, Any], str]]) -> int | None:
    """Return the position (from 0) of the first entry whose stored digest is not its own, or None if all hold."""
    previous = BEGINNING
    for position, (entry, digest) in enumerate(entries):
        if link(previous, entry) != digest:
            return position
        previous = digest
    return None
