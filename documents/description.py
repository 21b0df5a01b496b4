"""What a file calls itself: title, number and author, in its information dictionary and in its XMP metadata.

Every signing program may rewrite both, to state when and with what the file was last saved. A viewer shows the title
in its window, and so do we: so it is read where the platform fixed it, and must still be the same at the end.
"""

import xml.etree.ElementTree as ET
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

NAMES = ("/Title", "/Subject", "/Author", "/Keywords")
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
STATED = ("title", "description", "creator", "subject")
LARGEST_METADATA = 1024 * 1024


def described(reader: PdfFileReader, revision: int) -> dict[str, str]:
    """The information dictionary's names as of a revision (from 0), those that it has."""
    reference = reader.trailer.flatten(revision).get("/Info")
    if reference is None:
        return {}
    told = reader.get_historical_resolver(revision)(reference.reference)
    return {name: str(told[name]) for name in NAMES if name in told}


def renamed(reader: PdfFileReader, certified: int) -> bool:
    """Whether the file calls itself something else now than when its text was certified."""
    last = reader.xrefs.total_revisions - 1
    if described(reader, certified) != described(reader, last):
        return True
    return _metadata(reader, certified) != _metadata(reader, last)


def _metadata(reader: PdfFileReader, revision: int) -> dict[str, str]:
    """Title, description, author and keywords of the XMP packet, as text."""
    history: Any = reader.get_historical_resolver(revision)
    if "/Metadata" not in history.root:
        return {}
    packet = bytes(history.get_object(history.root.raw_get("/Metadata").reference).data)
    if len(packet) > LARGEST_METADATA or b"<!" in packet.replace(b"<!--", b""):
        raise ValueError("metadata with a document type of its own")
    tree = ET.fromstring(packet)  # noqa: S314 - no document type, so no entities
    return {
        name: "".join(found.itertext()).strip()
        for name in STATED
        if (found := tree.find(f".//{DUBLIN_CORE}{name}")) is not None
    }
