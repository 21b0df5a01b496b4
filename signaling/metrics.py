"""`/metrics`: counts in the Prometheus text format, no names and no identities.

Where LiveKit counts the same it has LiveKit's name; what is ours begins with `signaling_`.
"""

import base64
import hmac
import re
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from aiohttp import web

from signaling.config import Metrics
from signaling.meter import IN, OUT, resident_bytes
from signaling.node import Node

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (.+)")


class Metric(NamedTuple):
    """One metric with its samples: labels (may be empty) -> value."""

    name: str
    kind: str
    meaning: str
    samples: Mapping[str, float]

    def text(self) -> str:
        """Return it as Prometheus reads it."""
        lines = [f"# HELP {self.name} {self.meaning}", f"# TYPE {self.name} {self.kind}"]
        for labels, value in self.samples.items():
            lines.append(f"{self.name}{'{' + labels + '}' if labels else ''} {value:.10g}")
        return "\n".join(lines) + "\n"


def _plain(name: str, kind: str, meaning: str, value: float) -> Metric:
    return Metric(name, kind, meaning, {"": value})


def _both(node: Node, name: str, of: str, meaning: str) -> Metric:
    meter = node.meter
    return Metric(name, "counter", meaning, {f'direction="{each}"': meter.total(of, each) for each in (IN, OUT)})


def _media(node: Node) -> Iterable[Metric]:
    yield _both(node, "livekit_packet_total", "packets", "RTP packets of media")
    yield _both(node, "livekit_packet_bytes", "bytes", "Bytes of RTP payload")
    yield _both(node, "livekit_packet_loss_total", "lost", "RTP packets that were lost, as the receiving side counts")
    yield _both(node, "livekit_nack_total", "nack", "Packets that were asked for again")
    yield _both(node, "livekit_pli_total", "pli", "Keyframes that were asked for")
    changes = node.meter.total("switches", OUT)
    yield _plain("signaling_layer_change_total", "counter", "Times a subscription began with a layer", changes)


def _process(node: Node) -> Iterable[Metric]:
    delay = node.meter.delay
    yield _plain("signaling_loop_delay_seconds_sum", "counter", "By how much the event loop was late", delay.sum)
    yield _plain("signaling_loop_delay_seconds_count", "counter", "How often that was measured", delay.count)
    yield _plain("signaling_loop_delay_seconds_max", "gauge", "The worst of the last ten seconds", delay.worst)
    yield _plain("process_cpu_seconds_total", "counter", "CPU time of this process", time.process_time())
    yield _plain("process_resident_memory_bytes", "gauge", "Memory of this process", resident_bytes())
    yield _plain("process_start_time_seconds", "gauge", "When this process began", node.meter.began)


def metrics_of(node: Node) -> list[Metric]:
    """Return everything that is counted."""
    members = [member for room in node.rooms.values() for member in room.members.values()]
    tracks = [track for member in members for track in member.tracks.values()]
    downs = [down for member in members for down in member.subscriber.downs.values()]
    published = {f'kind="{kind}"': sum(1 for each in tracks if each.kind == kind) for kind in ("audio", "video")}
    subscribed = {f'kind="{kind}"': sum(1 for each in downs if each.up.kind == kind) for kind in ("audio", "video")}
    return [
        _plain("livekit_room_total", "gauge", "Rooms", len(node.rooms)),
        _plain("livekit_participant_total", "gauge", "Participants", len(members)),
        Metric("livekit_track_published_total", "gauge", "Tracks that are published", published),
        Metric("livekit_track_subscribed_total", "gauge", "Subscriptions", subscribed),
        _plain("signaling_peer_connections", "gauge", "Peer connections", len(node.connections)),
        *_media(node),
        _plain("signaling_datagram_total", "counter", "Datagrams that came", node.media.received),
        _plain("signaling_datagram_unknown_total", "counter", "Of them, strangers'", node.media.unknown),
        *_process(node),
    ]


def text_of(node: Node) -> str:
    """Return all metrics as text."""
    return "".join(metric.text() for metric in metrics_of(node))


def merged(texts: Mapping[str, str]) -> str:
    """Put the metrics of several workers together, each sample with the label of its worker; headings stand once."""
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for worker, text in texts.items():
        for line in text.splitlines():
            if line.startswith("#"):
                name = line.split()[2]
                lines = heads.setdefault(name, [])
                if line not in lines:
                    lines.append(line)
            elif found := SAMPLE.fullmatch(line):
                labels = ",".join(filter(None, [f'worker="{worker}"', found[2]]))
                samples.setdefault(found[1], []).append(f"{found[1]}{{{labels}}} {found[3]}")
    return "".join("\n".join([*heads.get(name, ()), *lines]) + "\n" for name, lines in samples.items())


def admitted(request: web.Request, settings: Metrics) -> bool:
    """Tell whether somebody may read: anybody, or who knows the configured name and password (RFC 7617)."""
    if not settings.username and not settings.password:
        return True
    expected = base64.b64encode(f"{settings.username}:{settings.password}".encode()).decode()
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Basic {expected}".encode())


def response(request: web.Request, settings: Metrics, text: str) -> web.Response:
    """Answer with metrics, or ask who it is."""
    if not admitted(request, settings):
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="metrics"'})
    return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})
