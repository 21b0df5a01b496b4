"""The list that the signature covers: every file of the container by its hash (ASiCManifest, ETSI EN 319 162-1 A.4).

It is written in one way only, so that a reader writes it again from the files and compares bytes: no XML is parsed.
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from documents.bundle.contents import MEDIA_TYPES

LIST = "META-INF/ASiCManifest.xml"
SIGNATURE = "META-INF/signature001.p7s"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">\n'
    f'<asic:SigReference URI="{SIGNATURE}" MimeType="application/pkcs7-signature"/>\n'
)
ONE = (
    "<asic:DataObjectReference URI={} MimeType={}>"
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
    "<ds:DigestValue>{}</ds:DigestValue></asic:DataObjectReference>\n"
)


def listed(files: Mapping[str, bytes]) -> bytes:
    """The list of these files, all but those of META-INF, in the order of their names."""
    rows = [
        ONE.format(
            quoteattr(name), quoteattr(MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream")), _hash(one)
        )
        for name, one in sorted(files.items())
        if not name.startswith("META-INF/")
    ]
    return (HEAD + "".join(rows) + "</asic:ASiCManifest>\n").encode()


def _hash(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
