"""Message gateways: HTTP for production; a development one that sends nothing, shows a page, and warns."""

import warnings
from dataclasses import dataclass

import aiohttp
import structlog

from server.errors import Upstream, _

log = structlog.get_logger("messages")
TIMEOUT = aiohttp.ClientTimeout(total=15)


class DevelopmentGatewayWarning(UserWarning):
    """Messages are shown on a page instead of being sent; refused outside development (`Settings`)."""


@dataclass(frozen=True)
class HttpGateway:
    """POST {id, phone, text} with a bearer key; the id makes a repeated POST harmless."""

    url: str
    key: str
    development: bool = False

    async def send(self, message_id: str, phone: str, text: str) -> str:
        """Send; raises Upstream when the gateway does not answer 2xx."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": message_id}
        body = {"id": message_id, "phone": phone, "text": text}
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as client,
                client.post(self.url, json=body, headers=headers, allow_redirects=False) as answer,
            ):
                if not 200 <= answer.status < 300:
                    raise Upstream("gateway_refused", _("短信没发出去，系统会再试。"))
                return answer.headers.get("X-Message-Reference", message_id)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Upstream("gateway_silent", _("短信没发出去，系统会再试。")) from error


class DevelopmentGateway:
    """Keeps nothing itself: the page /dev/messages reads the message table."""

    development = True

    def __init__(self) -> None:
        warnings.warn("messages are shown on /dev/messages, not sent", DevelopmentGatewayWarning, stacklevel=2)
        log.warning("messages.development_gateway")

    async def send(self, message_id: str, phone: str, text: str) -> str:  # noqa: ARG002 - the gateway's shape
        """Say that it was sent."""
        return f"development-{message_id}"
