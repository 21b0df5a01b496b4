"""Read what a request carries: JSON or a form into a pydantic model, files within a size; all faults at once."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from aiohttp import web
from aiohttp.web_request import FileField
from pydantic import BaseModel, ValidationError

from server.errors import Invalid, TooLarge, _

Model = TypeVar("Model", bound=BaseModel)

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


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """Return the body as `model`; raises Invalid naming every wrong field in the reader's words."""
    try:
        return model.model_validate(await _values(request))
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in fault["loc"]) or "body": SENTENCES.get(fault["type"], _("这一项写得不对。"))
            for fault in error.errors(include_url=False, include_input=False)
        }
        raise Invalid("fields", _("有几项还要改一改，您填的内容都在。"), fields=fields) from error


async def _values(request: web.Request) -> Mapping[str, Any]:
    if request.content_type == "application/json":
        try:
            found = json.loads(await request.text())
        except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Invalid("not_json", _("收到的内容读不懂。")) from error
        if not isinstance(found, dict):
            raise Invalid("not_json", _("收到的内容读不懂。"))
        return found
    form = await request.post()
    values: dict[str, Any] = {}
    for name in form:
        every = [value for value in form.getall(name) if isinstance(value, str)]
        if every and name != "csrf":
            values[name] = every if name.endswith("[]") else every[-1]
    return {name.removesuffix("[]"): value for name, value in values.items() if value != ""}


async def read_files(request: web.Request, name: str, *, most_bytes: int) -> list[tuple[str, bytes]]:
    """Return the uploaded files of a form field as (file name, content); raises TooLarge, nothing is kept."""
    found = []
    for value in (await request.post()).getall(name, []):
        if isinstance(value, FileField):
            content = value.file.read(most_bytes + 1)
            if len(content) > most_bytes:
                raise TooLarge("file_too_large", _("文件太大了，最多 {mib} MB。"), mib=most_bytes // 2**20)
            if content:
                found.append((value.filename, content))
    return found
