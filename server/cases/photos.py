"""Photographs: known by their first bytes, not by their name; anything else is refused clearly. Pure."""

from server.errors import Invalid, _

MOST_BYTES = 10 * 2**20
MOST_PHOTOS = 6
SIGNATURES = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


def media_type(content: bytes) -> str:
    """Return the media type; raises Invalid when it is no picture we can keep."""
    for signature, kind in SIGNATURES:
        if content.startswith(signature):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    raise Invalid("not_a_picture", _("这个文件不是照片（只收 JPEG、PNG、WebP）。其他内容都还在。"))
