"""`python -m server demo --out DIR`: one dispute from report to served ruling in real browsers."""

import contextlib
import shutil
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from playwright.async_api import async_playwright

from server.demo import acts, hearing, papers, together
from server.demo.acts import LIU, ZHANG
from server.demo.court import receiver
from server.demo.stage import Failed, Stage, free_port, platform

Act = Callable[[Stage], Awaitable[None]]
# what is said while it is done, the act, whose pages are kept as pictures
ACTS: tuple[tuple[str, Act, tuple[str, ...]], ...] = (
    ("网格员报一件事，带照片", acts.report, ("chen",)),
    ("调委会受理，问调解员有没有利害关系", acts.accept, ("zhou",)),
    ("调解员答了回避的问题，约时间", acts.take_on, ("wang",)),
    (f"{ZHANG[0]}点链接、核对、试手机、进等候室", partial(acts.come_in, who=ZHANG, speaks=523), (ZHANG[0],)),
    (f"{LIU[0]}点链接、核对、试手机、进等候室", partial(acts.come_in, who=LIU, speaks=330), (LIU[0],)),
    ("调解员听到铃声，一个一个请进来", acts.admit, ("wang",)),
    ("三个人互相看得见动、听得见声", acts.see_and_hear, ("wang", ZHANG[0], LIU[0])),
    ("出示照片，当事人指给大家看", together.show_and_point, ("wang", ZHANG[0])),
    ("问双方是不是这样，都认的记下来", together.agree, ("wang", LIU[0])),
    ("和一方单独谈，另一方听不到，再一起谈", acts.caucus, ("wang", LIU[0])),
    ("谈成了", papers.settle, ()),
    ("写协议，当事人看着写，冻结文本", papers.write, ("wang", ZHANG[0])),
    ("双方同时签名，钥匙各在自己的浏览器里", papers.parties_sign, (ZHANG[0], LIU[0])),
    ("调解员签名", papers.mediator_signs, ("wang",)),
    ("调委会盖章，协议生效", papers.seal, ("zhou",)),
    ("双方共同申请司法确认", papers.apply, (ZHANG[0], LIU[0])),
    ("法院的系统收到签过名的通知", papers.court_told, ()),
    ("书记员立案", papers.docket, ("sun",)),
    ("法官看材料，约双方视频询问", hearing.call, ("gao",)),
    ("双方试手机，等法官请进来", hearing.come, (ZHANG[0], LIU[0])),
    ("法官视频询问双方，互相看得见、听得见，记笔录", hearing.ask, ("gao", ZHANG[0])),
    ("询问结束，双方同时在场，进入审查", hearing.end, ("gao",)),
    ("法官裁定、签发，法院盖章", papers.rule, ("gao",)),
    ("送达双方", papers.serve, (ZHANG[0], LIU[0])),
    ("离线核验两份文书，改一个字节就不认", papers.collect, ()),
    ("法院的系统收到的裁定和送到的是同一份", papers.court_knows, ()),
    ("陌生人在公开页面查真假", papers.public_check, ("stranger",)),
)


async def play(out: Path, environment: Mapping[str, str]) -> int:
    """Play it all into an empty folder, the platform in this environment; return the exit code."""
    out = out.resolve()
    if out.exists() and any(out.iterdir()) and not (out / "platform.log").exists():
        sys.stderr.write(f"demo: {out} is not empty and not an earlier demonstration; nothing was touched\n")
        return 2
    shutil.rmtree(out, ignore_errors=True)
    (out / "media").mkdir(parents=True)
    begun = time.monotonic()
    try:
        async with contextlib.AsyncExitStack() as stack:
            court = await stack.enter_async_context(receiver())
            url = await stack.enter_async_context(platform(out, free_port(), {**environment, **court.settings()}))
            playwright = await stack.enter_async_context(async_playwright())
            stage = Stage(playwright, url, out, court)
            for words, act, seen_by in ACTS:
                async with stage.act(words, *seen_by):
                    await act(stage)
    except (Failed, AssertionError) as failure:
        sys.stderr.write(f"demo: {failure}\n")
        return 1
    finally:
        shutil.rmtree(out / "media", ignore_errors=True)
    sys.stdout.write(f"\n都成了，用了 {time.monotonic() - begun:.0f} 秒。文书在 {out}\n")
    return 0
