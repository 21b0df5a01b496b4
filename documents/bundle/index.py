"""index.html: what lies in a bundle, for a person with a browser and no other program. Chinese first, English below."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from documents.report import Report, Verdict

WORDS = {
    Verdict.VALID: ("真的，没被改过", "Valid"),
    Verdict.INCOMPLETE: ("真的，但还没签完", "Valid but incomplete"),
    Verdict.UNKNOWN: ("无法判断", "Cannot be judged"),
    Verdict.INVALID: ("不要相信这份文件", "Not valid"),
}
STYLE = (
    "body{font:16px/1.7 'Noto Sans SC',sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1c1c1c}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.4em .6em;text-align:left;"
    "vertical-align:top}code{font-size:.85em;word-break:break-all}.en{color:#444}"
)
COMMAND = "python -m documents bundle verify FILE --root root.pem"
HOW_ZH = f"想自己查：运行 {COMMAND}，不用联网。根证书要从签发机构拿，包里的那份只供比对。"
HOW_EN = f"To check it yourself, offline: {COMMAND}. Get the root from the authority; the one enclosed is to compare."


def page(manifest: Mapping[str, Any], reports: Mapping[str, Report]) -> bytes:
    """The page for a manifest and the verdicts by path: no script, nothing from outside, every text escaped."""
    case = manifest["case"]
    title = escape(f"{case['title']}　{case['number']}".strip())
    parties = escape("、".join(case["parties"]))
    body = [
        f"<h1>{title}</h1>",
        f"<p>证据包 Evidence bundle · {escape(manifest['installation'])} · <time>{manifest['made_at']}</time></p>",
        f"<p>当事人 Parties：{parties}</p>" if parties else "",
        "<h2>文书 Papers</h2>",
        _papers(manifest["files"], reports),
        "<h2>过程记录 Audit chain</h2>",
        f'<p><a href="audit.json">audit.json</a>：{manifest["audit"]["entries"]} 条 entries</p>',
        f"<p>最后一条 head <code>{manifest['audit']['head']}</code></p>",
        _recordings(manifest["recordings"]),
        f'<h2>怎么查验 How to check</h2><p>{HOW_ZH}</p><p class="en" lang="en">{HOW_EN}</p>',
    ]
    head = f'<meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="zh-CN"><head>{head}</head><body>{"".join(body)}</body></html>\n'.encode()


def _papers(files: Sequence[Mapping[str, Any]], reports: Mapping[str, Report]) -> str:
    rows = "".join(
        f'<tr><td><a href="{escape(one["path"])}">{escape(one["title"])}</a></td>'
        f"<td>{_verdict(reports.get(one['path']))}</td><td><code>{one['sha256']}</code></td></tr>"
        for one in files
    )
    head = "<tr><th>文书 Paper</th><th>制包时的查验结论 Verdict when made</th><th>SHA-256</th></tr>"
    return f"<table>{head}{rows}</table>"


def _verdict(report: Report | None) -> str:
    if report is None:
        return "—"
    zh, en = WORDS[report.verdict]
    who = "".join(
        f"<br>{escape(one.label or one.field)}：{escape(one.name)}，{one.time.isoformat() if one.time else '—'}"
        for one in report.signers
    )
    who += "".join(
        f"<br>{escape(one.role)}：{escape(one.name)}，纸上签名，由{escape(one.attested_by)}证明 on paper, attested"
        for one in report.on_paper
        if one.attested_by
    )
    return f"{zh} <span class=en lang=en>{en}</span>{who}"


def _recordings(recordings: Sequence[Mapping[str, Any]]) -> str:
    if not recordings:
        return ""
    rows = "".join(
        f"<tr><td>{escape(one['name'])}</td><td>{one['started_at']} – {one['ended_at']}</td>"
        f"<td><code>{one['sha256']}</code></td></tr>"
        for one in recordings
    )
    head = "<tr><th>录像 Recording</th><th>时间 Time</th><th>SHA-256</th></tr>"
    return f"<h2>录音录像 Recordings（不在包里 not enclosed）</h2><table>{head}{rows}</table>"
