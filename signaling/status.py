"""The status page for people: is it well, how much is going on. Counts only: who is where stands nowhere here."""

import html
import time
from collections.abc import Sequence
from typing import Any

from signaling import wire
from signaling.meter import IN, OUT, resident_bytes
from signaling.node import Node

LATE_SECONDS = 0.05  # a loop that is this late delays packets so that people hear it
REFRESH_SECONDS = 5
Snapshot = dict[str, Any]


def snapshot(node: Node) -> Snapshot:
    """Return the state of one process in numbers."""
    meter = node.meter
    sent, lost = meter.rate("packets", OUT), meter.rate("lost", OUT)
    received, missed = meter.rate("packets", IN), meter.rate("lost", IN)
    return {
        "rooms": len(node.rooms),
        "participants": sum(len(room.members) for room in node.rooms.values()),
        "packets_in": received,
        "packets_out": sent,
        "megabits_in": meter.rate("bytes", IN) * 8 / 1e6,
        "megabits_out": meter.rate("bytes", OUT) * 8 / 1e6,
        "loss": (lost + missed) / (sent + received) if sent + received else 0.0,
        "loop_delay": meter.delay.worst,
        "memory": resident_bytes(),
        "began": meter.began,
        "udp": sorted({each.port for each in node.media.candidates if each.protocol == "udp"}),
        "tcp": sorted({each.port for each in node.media.candidates if each.protocol == "tcp"}),
    }


def _state(rows: Sequence[Snapshot | None]) -> tuple[str, str, str]:
    """Return the state as class, in Chinese, in English."""
    there = [row for row in rows if row is not None]
    if not there:
        return "bad", "正在启动", "Starting"
    if len(there) < len(rows):
        return "warn", "部分进程正在恢复，其会议几秒内自动重连", "Some workers are coming back; their rooms reconnect"
    if any(row["loop_delay"] > LATE_SECONDS for row in there):
        return "warn", "繁忙：处理有延迟", "Busy: packets are being delayed"
    if any(row["loss"] > 0.05 for row in there):
        return "warn", "网络丢包较多", "Much is lost on the network"
    return "good", "运行正常", "All is well"


def _since(seconds: float) -> str:
    hours, minutes = int(seconds // 3600), int(seconds % 3600 // 60)
    days, hours = divmod(hours, 24)
    return f"{days} 天 {hours} 时 {minutes} 分<small>{days} d {hours} h {minutes} min</small>"


def _cells(row: Snapshot) -> list[str]:
    ports = "、".join([f"UDP {port}" for port in row["udp"]] + [f"TCP {port}" for port in row["tcp"]])
    return [
        f"{row['rooms']}",
        f"{row['participants']}",
        f"{row['packets_in']:.0f} / {row['packets_out']:.0f}",
        f"{row['megabits_in']:.1f} / {row['megabits_out']:.1f}",
        f"{row['loss']:.1%}",
        f"{row['loop_delay'] * 1000:.0f} ms",
        f"{row['memory'] / 1e6:.0f} MB",
        _since(time.time() - row["began"]),
        ports,
    ]


HEADS = (
    ("进程", "Worker"), ("会议室", "Rooms"), ("在线人数", "People"), ("每秒包数（收/发）", "Packets/s in / out"),
    ("带宽（收/发，Mbps）", "Mbps in / out"), ("丢包率", "Loss"), ("处理延迟（最差）", "Loop delay, worst"),
    ("内存", "Memory"), ("已运行", "Up for"), ("媒体端口", "Media ports"),
)  # fmt: skip
STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--paper:#f6f7f9;--card:#fff;--line:#dde1e7;--soft:#5a6675}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--paper:#12161c;--card:#1b212a;--line:#2f3845;--soft:#9aa7b8}}
body{margin:0;background:var(--paper);color:var(--ink);
 font:16px/1.6 "Noto Sans CJK SC","Microsoft YaHei",system-ui,sans-serif}
main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem}h1{font-size:1.5rem;margin:0 0 1rem}
small{display:block;color:var(--soft);font-size:.8rem;font-weight:400}
.state{border-left:.4rem solid;border-radius:.4rem;background:var(--card);padding:.8rem 1.1rem;font-size:1.15rem}
.good{border-color:#12805c}.warn{border-color:#b25e09}.bad{border-color:#c0362c}
.sums{display:flex;gap:1rem;flex-wrap:wrap;margin:1rem 0}.sums div{background:var(--card);border:1px solid var(--line);
 border-radius:.4rem;padding:.7rem 1.1rem;min-width:9rem}.sums b{font-size:1.9rem;display:block;line-height:1.2}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;background:var(--card);font-size:.92rem}
th,td{text-align:left;padding:.55rem .7rem;border:1px solid var(--line);vertical-align:top;white-space:nowrap}
footer{color:var(--soft);margin-top:1.2rem;font-size:.9rem}
"""


def page(rows: Sequence[Snapshot | None]) -> str:
    """Return the page for the processes of a server; None for one that is coming back."""
    kind, chinese, english = _state(rows)
    there = [row for row in rows if row is not None]
    heads = "".join(f'<th scope="col">{zh}<small lang="en">{en}</small></th>' for zh, en in HEADS)
    lines = "".join(
        f'<tr><th scope="row">{number}</th>'
        + (
            "".join(f"<td>{cell}</td>" for cell in _cells(row))
            if row
            else f'<td colspan="{len(HEADS) - 1}">恢复中 …</td>'
        )
        + "</tr>"
        for number, row in enumerate(rows)
    )
    sums = "".join(
        f'<div><b>{sum(row[key] for row in there)}</b>{zh}<small lang="en">{en}</small></div>'
        for key, zh, en in (("rooms", "会议室", "Rooms"), ("participants", "在线人数", "People connected"))
    )
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="refresh" content="{REFRESH_SECONDS}"><meta name="robots" content="noindex">
<title>{html.escape(chinese)} · 媒体服务器状态</title><style>{STYLE}</style></head><body><main>
<h1>媒体服务器状态<small lang="en">Media server status</small></h1>
<p class="state {kind}" role="status">{html.escape(chinese)}<small lang="en">{html.escape(english)}</small></p>
<div class="sums">{sums}</div>
<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>
<footer>兼容 LiveKit {wire.SERVER_VERSION} 协议；本页每 {REFRESH_SECONDS} 秒更新。
明细供监控系统读取：<code>/metrics</code>。
<small lang="en">Speaks LiveKit's protocol as of {wire.SERVER_VERSION}; this page is renewed every {REFRESH_SECONDS}
seconds; monitoring reads <code>/metrics</code>.</small></footer>
</main></body></html>
"""
