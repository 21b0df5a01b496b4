"""Which pictures people may send, told by their first bytes; and what to do about the kind that we cannot open.

Telephones keep photographs as HEIC unless they are told otherwise. Reading it takes a decoder of patented video, so the
person is told how the telephone makes a JPEG instead.
"""

import io
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from documents.papers.base import Fault

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF")
KINDS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"II*\0": ".tif", b"MM\0*": ".tif"}
WEBP = (b"RIFF", b"WEBP")
TILE = (322, 323)  # TIFF 6.0: width and length
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
HEIC = Fault(
    "是HEIC照片，这里打不开：苹果手机请在“设置→相机→格式”里选“兼容性最佳”再拍一张，"
    "安卓手机请在相机设置里关掉“HEIF”（高效照片）再拍，或者把照片另存为JPEG再交",
    "is a HEIC photograph, which cannot be opened here: on an iPhone choose Settings, Camera, Formats, Most Compatible "
    "and take it again; on Android turn HEIF (high efficiency) off in the camera's settings; or save it as JPEG",
)


def is_heic(content: bytes) -> bool:
    """Whether it is a HEIC photograph (ISO/IEC 23008-12): a file type box that names one of its brands."""
    if content[4:8] != b"ftyp":
        return False
    box = content[8 : min(int.from_bytes(content[:4], "big"), 256)]
    return any(box[place : place + 4] in BRANDS for place in range(0, len(box), 4))


def suffix_of(content: bytes) -> str | None:
    """How the name of such a picture ends; None for what does not begin like one."""
    if (content[:4], content[8:12]) == WEBP:
        return ".webp"
    return next((suffix for begin, suffix in KINDS.items() if content.startswith(begin)), None)


def page_count(content: bytes, most: int) -> int:
    """How many pages a picture has: one, but for a TIFF that a scanner wrote several into; counts up to `most`.

    A page that cannot be opened counts too, as the last: whoever reads it is told.
    """
    if suffix_of(content) != ".tif":
        return 1
    count = 0
    try:
        with Image.open(io.BytesIO(content), formats=("TIFF",)) as picture:
            while count < most:
                picture.seek(count)
                count += 1
    except EOFError:
        return count
    except Exception:  # noqa: BLE001 - hostile input: whatever breaks a decoder makes the page unreadable
        return count + 1
    return count


def turn_to(picture: Any, place: int) -> int:
    """Go to a page of an opened picture (from 0); gives the pixels that a decoder holds at once for it, at least."""
    tile = 1
    if isinstance(picture, TiffImageFile):
        picture.seek(place)
        tile = int(picture.tag_v2.get(TILE[0], 1)) * int(picture.tag_v2.get(TILE[1], 1))
    return max(tile, int(picture.width) * int(picture.height))
