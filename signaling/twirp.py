"""Twirp (v7): calls in protobuf and JSON at /twirp/<package>/<method>; errors in JSON always."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from aiohttp import web
from aiohttp.typedefs import Handler
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from signaling import tokens
from signaling.endpoint import NODE, bearer
from signaling.errors import NotAuthorized
from signaling.logs import Log
from signaling.node import Node
from signaling.tokens import Grants

log = Log("api")
STATUS = {
    "bad_route": 404, "malformed": 400, "invalid_argument": 400, "unauthenticated": 401, "not_found": 404,
    "failed_precondition": 412, "unimplemented": 501, "internal": 500, "unavailable": 503, "canceled": 408,
}  # fmt: skip
JSON, PROTOBUF = "application/json", "application/protobuf"


class TwirpFault(Exception):
    """An answer other than success, with Twirp's code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Method(NamedTuple):
    """One method: its request, who may call it, what it does."""

    request: type[Message]
    allowed: Callable[[Grants, Any], bool]
    handle: Callable[[Node, Any], Message | Awaitable[Message]]


Packages = Mapping[str, Mapping[str, Method]]


def read(kind: type[Message], body: bytes, content_type: str) -> Message:
    """Decode a body by its content type; raises TwirpFault."""
    try:
        if content_type == JSON:
            return json_format.Parse(body, kind(), ignore_unknown_fields=True)
        if content_type == PROTOBUF:
            return kind.FromString(body)
    except (DecodeError, json_format.ParseError, UnicodeError) as error:
        raise TwirpFault("malformed", "the request body cannot be read") from error
    raise TwirpFault("bad_route", f"unexpected Content-Type: {content_type!r}")


async def _perform(packages: Packages, node: Node, request: web.Request, body: bytes) -> Message:
    if request.method != "POST":
        raise TwirpFault("bad_route", f"unsupported method {request.method!r} (only POST is allowed)")
    method = packages.get(request.match_info["package"], {}).get(request.match_info["method"])
    if method is None:
        raise TwirpFault("bad_route", f"no handler for path {request.path!r}")
    try:
        claims = tokens.verify(bearer(request), node.config.keys)
    except NotAuthorized as error:
        raise TwirpFault("unauthenticated", str(error)) from error
    message = read(method.request, body, request.content_type)
    if not method.allowed(claims.grants, message):
        raise TwirpFault("unauthenticated", "permissions denied")
    log.info("api.called", method=request.match_info["method"])
    result = method.handle(node, message)
    return result if isinstance(result, Message) else await result


def fault(code: str, text: str) -> bytes:
    """Return the body of an error."""
    return json.dumps({"code": code, "msg": text}).encode()


def answer(request: web.Request, message: Message) -> web.Response:
    """Answer in the encoding of the question."""
    if request.content_type == PROTOBUF:
        return web.Response(body=message.SerializeToString(), content_type=PROTOBUF)
    text = json_format.MessageToJson(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
    )
    return web.Response(text=text, content_type=JSON)


def handler(packages: Packages) -> Handler:
    """Return what serves the calls of these packages."""

    async def call(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        try:
            return answer(request, await _perform(packages, request.app[NODE], request, body))
        except TwirpFault as error:
            return web.Response(status=STATUS[error.code], body=fault(error.code, str(error)), content_type=JSON)

    return call
