"""A stranger's PDF opened for judging: bounded in what it may unpack, and quickly past the gaps of its signatures."""

import binascii
import io
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfStreamError
from pyhanko.pdf_utils.reader import PdfFileReader

from documents.limits import decode_limits

BLOCK = 8192
WHITE_SPACE = b"\0\t\n\x0c\r "


def opened(pdf: bytes) -> PdfFileReader:
    """The file for pyHanko to judge; raises what its parser raises."""
    return PdfFileReader(io.BytesIO(pdf), decode_limits=decode_limits())


def at(dictionary: Any, key: str, absent: Any = None) -> Any:
    """The value, read through an indirect reference, which pyHanko's own get gives as it is."""
    return dictionary[key] if key in dictionary else absent  # noqa: SIM401 - get does not resolve


def hexadecimal(stream: Any) -> Any:
    """A hexadecimal string (ISO 32000-1, 7.3.4.3), read by blocks where pyHanko reads digit by digit.

    Every signature is one of 24,576 digits that is read many times: this halves the time of a verdict.
    """
    stream.read(1)
    digits = bytearray()
    while (end := (block := stream.read(BLOCK)).find(b">")) < 0:
        if not block:
            raise PdfStreamError("the stream ended inside a hexadecimal string")
        digits += block
    digits += block[:end]
    stream.seek(end + 1 - len(block), io.SEEK_CUR)
    plain = bytes(digits).translate(None, WHITE_SPACE)
    try:
        return generic.pdf_string(binascii.unhexlify(plain + b"0" * (len(plain) % 2)))
    except binascii.Error as fault:
        raise PdfStreamError(f"unexpected token in a hexadecimal string: {fault}") from fault


generic.read_hex_string_from_stream = hexadecimal
