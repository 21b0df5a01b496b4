"""Read what a request carries: JSON or a form into a pydantic model, files within a size; all faults at once.

Whatever bytes arrive, the answer is one of ours: what is no text, no form, or could not be stored (NUL, half a
surrogate pair) is told as Invalid here, before anything else sees it.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.web_request import FileField
from multidict import MultiDictProxy
from pydantic import BaseModel, ValidationError

from server.errors import Invalid, TooLarge, _

Model = TypeVar("Model", bound=BaseModel)

UPLOADS = web.RequestKey("uploads", list[FileField])
SENTENCES = {
    "missing": _("这一项还没填。"),
    "string_too_short": _("这一项还没填完。"),
    "string_too_long": _("写得太长了，请短一些。"),
    "string_pattern_mismatch": _("写法不对，请核对一下。"),
    "date_from_datetime_parsing": _("日期写法不对。"),
    "datetime_from_date_parsing": _("日期写法不对。"),
    "datetime_parsing": _("日期写法不对。"),
    "greater_than_equal": _("数目太小了。"),
    "less_than_equal": _("数目太大了。"),
    "enum": _("请从给出的几项里选一个。"),
    "literal_error": _("请从给出的几项里选一个。"),
}


def storable(value: object) -> bool:
    """Say whether every text in a value can be written as UTF-8 and kept by a database (no NUL, no surrogates)."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, Mapping):
        return all(storable(key) and storable(inner) for key, inner in value.items())
    return all(storable(inner) for inner in value) if isinstance(value, list) else True


async def read_text(request: web.Request) -> str:
    """Return the body as text; raises Invalid when it is none."""
    try:
        return await request.text()
    except (UnicodeDecodeError, LookupError) as error:  # LookupError: a charset nobody knows
        raise Invalid("not_text", _("收到的内容读不懂。")) from error


async def read_form(request: web.Request) -> MultiDictProxy[str | bytes | bytearray | FileField]:
    """Return the fields and files of a form; raises Invalid when it is none."""
    try:
        form = await request.post()
    except (ValueError, LookupError, RuntimeError, AssertionError) as error:  # what the parser raises for broken parts
        raise Invalid("not_form", _("收到的内容读不懂。")) from error
    request[UPLOADS] = [value for value in form.values() if isinstance(value, FileField)]
    return form


def close_uploads(request: web.Request) -> None:
    """Give back the temporary files of a form, whatever became of the request."""
    for upload in request.get(UPLOADS, []):
        upload.file.close()


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """Return the body as `model`; raises Invalid naming every wrong field in the reader's words."""
    try:
        values = await _values(request)
        if not storable(values):
            raise Invalid("not_text", _("收到的内容读不懂。"))
        return model.model_validate(values)
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in fault["loc"]) or "body": SENTENCES.get(fault["type"], _("这一项写得不对。"))
            for fault in error.errors(include_url=False, include_input=False)
        }
        raise Invalid("fields", _("有几项还要改一改，您填的内容都在。"), fields=fields) from error


async def _values(request: web.Request) -> Mapping[str, Any]:
    if request.content_type == "application/json":
        try:
            found = json.loads(await read_text(request))
        except (ValueError, RecursionError) as error:  # ValueError: no JSON, or a number of thousands of digits
            raise Invalid("not_json", _("收到的内容读不懂。")) from error
        if not isinstance(found, dict):
            raise Invalid("not_json", _("收到的内容读不懂。"))
        return found
    form = await read_form(request)
    values: dict[str, Any] = {}
    for name in form:
        every = [value for value in form.getall(name) if isinstance(value, str)]
        if every and name != "csrf":
            values[name] = every if name.endswith("[]") else every[-1]
    return {name.removesuffix("[]"): value for name, value in values.items() if value != ""}


async def read_files(request: web.Request, name: str, *, most_bytes: int) -> list[tuple[str, bytes]]:
    """Return the uploaded files of a form field as (file name, content); raises TooLarge, nothing is kept."""
    found = []
    for value in (await read_form(request)).getall(name, []):
        if isinstance(value, FileField):
            content = value.file.read(most_bytes + 1)
            if len(content) > most_bytes:
                raise TooLarge("file_too_large", _("文件太大了，最多 {mib} MB。"), mib=most_bytes // 2**20)
            if content:
                found.append((value.filename, content))
    return found
