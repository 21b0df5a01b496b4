"""The page that explains the self-made certificate, over plain HTTP beside the platform."""

from aiohttp import web

PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>先看一眼 · 云调</title></head><body>
<h1>先看一眼，再打开云调</h1>
<p>这是在同一个网络里试用的云调。摄像头只在加密的网页里能用，所以这台电脑自己做了一张证书。没有机构为它担保，
手机会提醒“连接不是私密连接”。</p>
<p><b>怎么做：</b>点下面的链接，在提醒页里选“高级”或“显示详细信息”，核对指纹，再选“继续访问”。
如果这台电脑不是您或您认识的人的，请不要继续。</p>
<p>证书指纹（SHA-256）：</p><p><code>{fingerprint}</code></p>
<p><a href="{url}">打开云调 {url}</a></p>
<hr lang="en"><div lang="en"><h2>Before you open Yuntiao</h2>
<p>This computer made its own certificate so that your phone's camera works on this network. Nobody vouches
for it, so the browser warns you. Compare the fingerprint above, then choose “Advanced” and “Proceed”. If the
computer is not yours or that of somebody you know, do not proceed.</p></div></body></html>
"""


def explaining_app(url: str, fingerprint: str) -> web.Application:
    """Return a tiny application with that one page at every address."""

    async def explain(request: web.Request) -> web.Response:  # noqa: ARG001
        return web.Response(
            text=PAGE.format(url=url, fingerprint=fingerprint),
            content_type="text/html",
            headers={"Content-Security-Policy": "default-src 'none'", "Referrer-Policy": "no-referrer"},
        )

    app = web.Application()
    app.router.add_get("/{anything:.*}", explain)
    return app
