"""What an operator looks at: metrics, the status page, logs; and the graceful end."""

import asyncio
import gc
import json
import logging
from typing import Any, NamedTuple

import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit.protocol import models, rtc
from unit.test_signaling_endpoint import KEY, SECRET, node, talk

from signaling import metrics, status
from signaling.app import build_app
from signaling.config import Config, Metrics
from signaling.drain import drain
from signaling.garbage import settle
from signaling.logs import Log
from signaling.meter import IN, OUT, LoopDelay, Meter


def config(**more: Any) -> Config:
    return Config(keys={KEY: SECRET}, udp_port=0, node_ips=("127.0.0.1",), **more)


class Reception(NamedTuple):
    lost: int
    asked: int


class Layer:
    def __init__(self, packets: int, octets: int, lost: int) -> None:
        self.packets, self.octets, self.reception = packets, octets, Reception(lost, 0)


class Track:
    keyframes_asked = 0

    def __init__(self, layer: Layer) -> None:
        self.layers = [layer]


class Connection:
    def __init__(self, track: Track) -> None:
        self.incoming = self
        self.tracks = {"0": track}
        self.downs: dict[int, Any] = {}


class Node:
    def __init__(self) -> None:
        self.connections: set[Any] = set()


def test_totals_grow_on_when_tracks_come_and_go() -> None:
    meter, there = Meter(), Node()
    layer = Layer(100, 10_000, 2)
    there.connections = {Connection(Track(layer))}
    meter.sample(there, 1.0)  # type: ignore[arg-type]
    layer.packets, layer.octets = 150, 15_000
    meter.sample(there, 2.0)  # type: ignore[arg-type]
    assert (meter.total("packets", IN), meter.rate("packets", IN)) == (150, 50.0)
    there.connections = {Connection(Track(Layer(7, 700, 0)))}
    meter.sample(there, 3.0)  # type: ignore[arg-type]
    assert (meter.total("packets", IN), meter.total("bytes", IN), meter.total("lost", IN)) == (157, 15_700, 2)
    there.connections = set()
    meter.sample(there, 4.0)  # type: ignore[arg-type]
    assert (meter.total("packets", IN), meter.rate("packets", IN), meter.total("packets", OUT)) == (157, 0.0, 0)


def test_the_worst_delay_is_remembered_for_ten_seconds_and_then_forgotten() -> None:
    delay = LoopDelay()
    delay.note(0.2, 0.0)
    delay.note(0.01, 5.0)
    assert delay.worst == 0.2
    delay.note(0.01, 11.0)
    assert delay.worst == 0.2
    delay.note(0.01, 22.0)
    assert delay.worst == 0.01
    assert (delay.count, round(delay.sum, 3)) == (4, 0.23)


def test_metrics_of_workers_are_put_together_with_one_heading() -> None:
    one = '# HELP a How many\n# TYPE a gauge\na 1\nb{direction="in"} 2\n'
    assert metrics.merged({"0": one, "1": one.replace(" 1\n", " 5\n")}) == (
        '# HELP a How many\n# TYPE a gauge\na{worker="0"} 1\na{worker="1"} 5\n'
        'b{worker="0",direction="in"} 2\nb{worker="1",direction="in"} 2\n'
    )


async def test_every_metric_has_a_heading_and_prometheus_can_read_it() -> None:
    async with TestClient(TestServer(build_app(config()))) as client:
        text = await (await client.get("/metrics")).text()
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    for line in text.splitlines():
        if not line.startswith("#"):
            found = metrics.SAMPLE.fullmatch(line)
            assert found
            assert found[1] in names
            float(found[3])
    assert {"livekit_room_total", "livekit_packet_total", "livekit_packet_loss_total", "livekit_nack_total"} <= names
    assert {"signaling_layer_change_total", "signaling_loop_delay_seconds_max", "process_cpu_seconds_total"} <= names


async def test_a_configured_port_and_password_keep_metrics_from_strangers() -> None:
    async with TestClient(TestServer(build_app(config(metrics=Metrics(9))))) as client:
        assert (await client.get("/metrics")).status == 404
    async with TestClient(TestServer(build_app(config(metrics=Metrics(0, "who", "pass"))))) as client:
        assert (await client.get("/metrics")).status == 401
        assert (await client.get("/metrics", headers={"Authorization": "Basic d2hvOnBhc3M="})).status == 200
        assert (await client.get("/metrics", headers={"Authorization": "Basic é"})).status == 401


async def test_the_status_page_counts_and_names_nobody() -> None:
    async with TestClient(TestServer(build_app(config()))) as client:
        await (await talk(client, "anna")).next("join")
        page = await (await client.get("/status")).text()
        assert "运行正常" in page
        assert "All is well" in page
        assert "<b>1</b>会议室" in page
        assert "anna" not in page
        (row,) = await (await client.get("/status.json")).json()
        assert (row["rooms"], row["participants"]) == (1, 1)


def test_the_status_page_says_what_is_wrong() -> None:
    good = {
        "rooms": 1, "participants": 2, "packets_in": 1.0, "packets_out": 2.0, "megabits_in": 0.0, "megabits_out": 0.0,
        "loss": 0.0, "loop_delay": 0.001, "memory": 1, "began": 0.0, "udp": [7882], "tcp": [7881],
    }  # fmt: skip
    assert "All is well" in status.page([good, good])
    assert "coming back" in status.page([good, None])
    assert "Starting" in status.page([None])
    assert "delayed" in status.page([{**good, "loop_delay": 0.2}])
    assert "lost on the network" in status.page([{**good, "loss": 0.2}])


async def test_at_a_graceful_end_everybody_is_told_to_come_again_and_no_webhook_says_they_left() -> None:
    async with TestClient(TestServer(build_app(config()))) as client:
        anna = await talk(client)
        await anna.next("join")
        events: list[str] = []
        node(client).webhooks.emit = lambda event, *_: events.append(event)  # type: ignore[method-assign]
        ending = asyncio.create_task(drain(node(client)))
        leave = await anna.next("leave")
        assert (leave.action, leave.reason) == (
            rtc.LeaveRequest.Action.RECONNECT,
            models.DisconnectReason.SERVER_SHUTDOWN,
        )
        await anna.socket.close()
        assert await ending == 1
        assert events == []


def test_what_strangers_cause_is_written_once_in_ten_seconds(caplog: pytest.LogCaptureFixture) -> None:
    log = Log("test")
    with caplog.at_level(logging.WARNING, "signaling"):
        for moment in range(25):
            log.limited("stranger", now=float(moment), address="x")
    written = [record.fields["left_out"] for record in caplog.records]  # type: ignore[attr-defined]
    assert written == [0, 9, 9]


def test_a_line_of_the_log_is_json_with_its_worker() -> None:
    from signaling.logs import _Json

    record = logging.LogRecord("signaling.x", logging.INFO, "", 0, "event", None, None)
    record.fields = {"sid": "PA_1"}
    line = json.loads(_Json(3).format(record))
    assert (line["event"], line["worker"], line["sid"], line["level"]) == ("event", 3, "PA_1", "info")


def test_the_garbage_collector_does_not_look_at_what_was_imported() -> None:
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
        assert len(gc.get_objects()) < gc.get_freeze_count() / 10
    finally:
        gc.unfreeze()
