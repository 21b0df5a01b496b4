"""How much a stranger's file may ask of us: decided from its bytes, before any parser sees them."""

import re

from pyhanko.pdf_utils.decode_limits import DecodeLimits, DocumentDecodeBudget, StreamDecodeLimits

MEBIBYTE = 1024 * 1024
LARGEST = 32 * MEBIBYTE
MOST_SIGNATURES = 40
MOST_REVISIONS = 100
MOST_OBJECTS = 1_000_000
INDEX = re.compile(rb"/Index\s*\[([^\]]{0,4000})")


def too_large(pdf: bytes) -> bool:
    """Whether the file is longer, has more revisions or states more objects than any paper of ours could."""
    if len(pdf) > LARGEST or pdf.count(b"startxref") > MOST_REVISIONS + 1:
        return True
    stated = (int(one) for found in INDEX.finditer(pdf) for one in re.findall(rb"\d{1,20}", found[1]))
    return any(number > MOST_OBJECTS for number in stated)


def decode_limits() -> DecodeLimits:
    """How much it may unpack to: each stream 64 MiB, the whole 50 times its size and 128 MiB."""
    return DecodeLimits(
        per_stream=StreamDecodeLimits(max_output_size=64 * MEBIBYTE),
        document_budget=DocumentDecodeBudget(base_allowance=128 * MEBIBYTE, max_ratio=50),
    )
