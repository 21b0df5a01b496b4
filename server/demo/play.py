"""`python -m server demo --out DIR`: one dispute from report to served ruling in real browsers."""

import contextlib
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from playwright.async_api import async_playwright

from server.demo import acts, papers
from server.demo.acts import LIU, ZHANG
from server.demo.court import receiver
from server.demo.stage import Failed, Stage, free_port, platform


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
            await _play(Stage(playwright, url, out, court))
    except (Failed, AssertionError) as failure:
        sys.stderr.write(f"demo: {failure}\n")
        return 1
    finally:
        shutil.rmtree(out / "media", ignore_errors=True)
    sys.stdout.write(f"\n都成了，用了 {time.monotonic() - begun:.0f} 秒。文书在 {out}\n")
    return 0


async def _play(stage: Stage) -> None:
    async with stage.act("网格员报一件事，带照片", "chen"):
        await acts.report(stage)
    async with stage.act("调委会受理，问调解员有没有利害关系", "zhou"):
        await acts.accept(stage)
    async with stage.act("调解员答了回避的问题，约时间", "wang"):
        await acts.take_on(stage)
    for who, pitch in ((ZHANG, 523), (LIU, 330)):
        async with stage.act(f"{who[0]}点链接、核对、试手机、进等候室", who[0]):
            await acts.come_in(stage, who, pitch)
    async with stage.act("调解员听到铃声，一个一个请进来", "wang"):
        await acts.admit(stage)
    async with stage.act("三个人互相看得见动、听得见声", "wang", ZHANG[0], LIU[0]):
        await acts.see_and_hear(stage)
    async with stage.act("和一方单独谈，另一方听不到，再一起谈", "wang", LIU[0]):
        await acts.caucus(stage)
    async with stage.act("谈成了"):
        await papers.settle(stage)
    async with stage.act("写协议，当事人看着写，冻结文本", "wang", ZHANG[0]):
        await papers.write(stage)
    async with stage.act("双方同时签名，钥匙各在自己的浏览器里", ZHANG[0], LIU[0]):
        await papers.parties_sign(stage)
    async with stage.act("调解员签名", "wang"):
        await papers.mediator_signs(stage)
    async with stage.act("调委会盖章，协议生效", "zhou"):
        await papers.seal(stage)
    async with stage.act("双方共同申请司法确认", ZHANG[0], LIU[0]):
        await papers.apply(stage)
    async with stage.act("法院的系统收到签过名的通知"):
        await papers.court_told(stage)
    async with stage.act("书记员立案", "sun"):
        await papers.docket(stage)
    async with stage.act("法官询问、裁定、签发，法院盖章", "gao"):
        await papers.rule(stage)
    async with stage.act("送达双方", ZHANG[0], LIU[0]):
        await papers.serve(stage)
    async with stage.act("离线核验两份文书，改一个字节就不认"):
        await papers.collect(stage)
    async with stage.act("法院的系统收到的裁定和送到的是同一份"):
        await papers.court_knows(stage)
    async with stage.act("陌生人在公开页面查真假", "stranger"):
        await papers.public_check(stage)
