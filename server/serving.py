"""`serve`: migrate, start the embedded media server, listen, say where and for whom; Ctrl-C ends everything."""

import asyncio
import contextlib
import secrets
import signal
import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import web
from pydantic import SecretStr

from server import features
from server.app import build_app, utc_now
from server.db.cipher import Cipher
from server.db.engine import Database
from server.db.migrate import upgrade
from server.demo.explain import explaining_app
from server.demo.town import PASSWORD, STAFF, build_town
from server.meetings.embedded import embedded_media
from server.settings import Settings
from server.tls import addresses, own_certificate
from server.wiring import PLATFORM

log = structlog.get_logger("serve")


@dataclass(frozen=True)
class Listening:
    """Where the platform answers."""

    url: str
    fingerprint: str = ""
    explanation: str = ""


def completed(settings: Settings) -> Settings:
    """Fill in what the embedded default keeps for itself: secrets in the folder, and the media server's address."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    media = settings.media
    secret = settings.secret.get_secret_value() or _kept_secret(settings.folder / "secret")
    changes = {}
    if media.embedded:
        port = media.port or _free_port(socket.SOCK_STREAM)
        changes = {
            "port": port,
            "udp_port": media.udp_port or _free_port(socket.SOCK_STREAM, socket.SOCK_DGRAM),
            "url": f"http://127.0.0.1:{port}",
            "api_secret": SecretStr(
                media.api_secret.get_secret_value() or _kept_secret(settings.folder / "media-secret")
            ),
        }
    port = settings.port or _free_port(socket.SOCK_STREAM)
    return settings.model_copy(
        update={"secret": SecretStr(secret), "port": port, "media": media.model_copy(update=changes)}
    )


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def _free_port(*kinds: socket.SocketKind) -> int:
    """Return a port that is free for each kind of socket."""
    while True:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            port = 0
            for kind in kinds:
                probe = stack.enter_context(socket.socket(socket.AF_INET, kind))
                probe.bind(("127.0.0.1", port))
                port = int(probe.getsockname()[1])
            return port


async def serve(settings: Settings) -> None:
    """Run until a signal ends it."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        where = await start(stack, settings)
        announce(settings, where)
        await stop.wait()
        print("\n正在收尾…  stopping…", flush=True)  # noqa: T201 - said to whoever pressed Ctrl-C


async def migrate(settings: Settings) -> None:
    """Bring the database to this version's schema and end."""
    database = Database(settings.sqlalchemy_url, Cipher(settings.secret.get_secret_value()))
    await upgrade(database, features.tables())
    await database.close()


async def start(stack: contextlib.AsyncExitStack, settings: Settings) -> Listening:
    """Start everything; the stack ends it again, in the reverse order."""
    hooks_port = _free_port(socket.SOCK_STREAM) if settings.tls else settings.port
    if settings.media.embedded:
        hook = f"http://127.0.0.1:{hooks_port}/hooks/rooms"
        await stack.enter_async_context(embedded_media(settings, hook))
    app = build_app(settings)
    await upgrade(app[PLATFORM].database, features.tables())
    if settings.demonstration:
        async with app[PLATFORM].database.writing() as db:
            await build_town(db)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    if not settings.tls:
        await web.TCPSite(runner, settings.host, settings.port).start()
        return Listening(settings.base_url)
    host = settings.host if settings.host not in ("0.0.0.0", "::") else next(iter(addresses()), "127.0.0.1")  # noqa: S104
    context, fingerprint = own_certificate(settings.folder / "tls", host, utc_now())
    await web.TCPSite(runner, "127.0.0.1", hooks_port).start()
    return await _start_tls(stack, settings, runner, (host, context, fingerprint))


async def _start_tls(
    stack: contextlib.AsyncExitStack, settings: Settings, runner: web.AppRunner, own: tuple[str, ssl.SSLContext, str]
) -> Listening:
    host, context, fingerprint = own
    await web.TCPSite(runner, settings.host, settings.port, ssl_context=context).start()
    explaining = web.AppRunner(explaining_app(settings.base_url, fingerprint), access_log=None)
    await explaining.setup()
    stack.push_async_callback(explaining.cleanup)
    await web.TCPSite(explaining, settings.host, settings.port + 1).start()
    return Listening(settings.base_url, fingerprint, f"http://{host}:{settings.port + 1}/")


def announce(settings: Settings, where: Listening) -> None:
    """Tell whoever started it where to go and as whom."""
    lines = ["", f"云调 Yuntiao 开好了：  {where.url}", ""]
    if where.explanation:
        lines += [f"手机请先打开（说明证书）：  {where.explanation}", f"证书指纹 SHA-256：  {where.fingerprint}", ""]
    if settings.demonstration:
        lines += [f"演示账号（密码都是 {PASSWORD}）：", *(f"  {p.username:<6} {p.name}  {p.role.value}" for p in STAFF)]
        lines += ["", f"发给居民的短信（演示）：  {where.url}/dev/messages", ""]
    if settings.development:
        lines += ["演示环境：证书由开发用机构签发，没有法律效力。 Development stand-ins; not for real cases.", ""]
    lines += ["按 Ctrl-C 结束。 Ctrl-C ends it.", ""]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()
