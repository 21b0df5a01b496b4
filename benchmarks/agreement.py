"""A whole agreement against the same work by stock reportlab and pyHanko, in the same run: signing, judging, memory.

Run by hand: `.venv/bin/python benchmarks/agreement.py [--rounds N] [--out FILE]`. Ours and stock take turns, so that a
busy machine slows both; CPU seconds of one process, medians, and the ratio to stock. Prints a table and JSON.
"""

import argparse
import datetime as dt
import io
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pikepdf

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from bars import told  # noqa: E402
from memory import peak_megabytes  # noqa: E402

from documents import examples  # noqa: E402 - once the repository is on the path
from documents.authority import DevelopmentAuthorityWarning  # noqa: E402
from documents.ceremony import Ceremony  # noqa: E402
from documents.fonts import DEFAULT_FOLDER, FILES  # noqa: E402
from documents.render import render  # noqa: E402

BARS = {
    "whole agreement, of stock": 0.5,
    "verify first, of stock AdES": 0.5,
    "verify again, ms": 2.0,
    "print 4 pages as PDF/A, ms": 60.0,
    "peak memory of a 3-page agreement, MB": 150.0,
}


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def four_people() -> Any:
    paper = examples.agreement()
    return replace(paper, copies=4, parties=(*paper.parties, replace(paper.parties[1], name="陈建国")))


def ceremony_in(folder: str) -> Ceremony:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DevelopmentAuthorityWarning)
        return Ceremony(Path(folder) / "authority", now)


def pages_of(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages)


def cpu_ms(work: Callable[[], Any]) -> float:
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


def texts_of(paper: Any) -> list[str]:
    """What the paper says, for stock paragraphs; long enough for the same three pages."""
    clauses = [f"{place}. {one.text}" for place, one in enumerate(paper.clauses, 1)]
    people = [f"{one.role}：{one.name}" for one in paper.parties]
    return [paper.number, *people, paper.facts, paper.responsibility, *clauses, paper.performance] * 2


def measured(rounds: int) -> dict[str, dict[str, float]]:
    from stock_agreement import Stock, judged

    from documents.report import Verdict
    from documents.validation import verify
    from documents.verdicts import Verdicts

    with tempfile.TemporaryDirectory() as folder:
        ceremony, paper = ceremony_in(folder), four_people()
        stock = Stock(ceremony.authority, ceremony.timestamper, str(DEFAULT_FOLDER / FILES["body"]))
        people = {"party-1": "张桂兰", "party-2": "刘志强", "party-3": "陈建国", "mediator": "王敏"}
        platform = ceremony.authority.platform_key("云调平台（演示）", now())

        def by_stock() -> bytes:
            keys = {place: ceremony.person(name) for place, name in people.items()}
            keys["seal"] = ceremony.authority.issue_organisation_key(paper.committee, now())
            return stock.agreement(texts_of(paper), keys, platform, now())

        ours, theirs = ceremony.agreement(paper), by_stock()
        root, later = ceremony.authority.root_pem, now() + dt.timedelta(minutes=1)
        assert verify(ours, [root], now=later).verdict is Verdict.VALID
        assert judged(ours, root, later) == ["AdESPassed.OK"] * 6, judged(ours, root, later)
        kept, numbers = Verdicts(), itertools.count(1)
        assert pages_of(render(four_pages(0), ceremony.fonts)) == 4
        kept.verify(ours, [root], now=later)
        works: dict[str, Callable[[], Any]] = {
            "whole agreement": lambda: ceremony.agreement(paper),
            "whole agreement, stock": by_stock,
            "verify, first time": lambda: verify(ours, [root], now=later),
            "verify, stock AdES of each signature": lambda: judged(ours, root, later),
            "print 4 pages as PDF/A": lambda: render(four_pages(next(numbers)), ceremony.fonts),
            "print 4 pages as PDF/A, stock": lambda: stock.printed(texts_of(four_pages(next(numbers)))),
            "verify again": lambda: kept.verify(ours, [root], now=later),
        }
        took: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(rounds):
            for name, work in works.items():
                took[name].append(cpu_ms(work))
    sizes = {"size, KB": {"ours": len(ours) / 1024, "stock": len(theirs) / 1024}}
    return {**{name: _spread(values) for name, values in took.items()}, **sizes}


def _spread(values: list[float]) -> dict[str, float]:
    return {"median ms": statistics.median(values), "best ms": min(values), "worst ms": max(values)}


def memory_of_one() -> dict[str, float]:
    """The most memory, in MB, of a fresh process: when all is imported, and when it has made three signed pages."""
    done = subprocess.run([sys.executable, __file__, "--one"], capture_output=True, text=True, check=True, cwd=ROOT)
    return dict(json.loads(done.stdout))


def one() -> None:
    imported = peak_megabytes()
    with tempfile.TemporaryDirectory() as folder:
        ceremony_in(folder).agreement(examples.agreement())
    print(json.dumps({"imported": imported, "peak": peak_megabytes()}))


def four_pages(number: int) -> Any:
    """An agreement of four pages; each round another number and text, so that nothing of the last one helps."""
    paper = four_people()
    clauses = tuple(replace(paper.clauses[place % 4], number=place + 1) for place in range(12))
    facts = f"第{number}号纠纷：{paper.facts * 2}"
    address = f"https://localhost/verify/K7QF{number:02}"
    return replace(paper, number=f"（2026）沙望人调字第{number}号", facts=facts, clauses=clauses, verify_url=address)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one()
        return 0
    took, memory = measured(options.rounds), memory_of_one()
    figures = {
        "whole agreement, of stock": _ratio(took, "whole agreement", "whole agreement, stock"),
        "verify first, of stock AdES": _ratio(took, "verify, first time", "verify, stock AdES of each signature"),
        "verify again, ms": took["verify again"]["median ms"],
        "print 4 pages as PDF/A, ms": took["print 4 pages as PDF/A"]["median ms"],
        "peak memory of a 3-page agreement, MB": memory["peak"],
    }
    for name, values in took.items():
        print(f"{name:40}", "  ".join(f"{key} {value:9.1f}" for key, value in values.items()))
    return told(figures, BARS, {"rounds": options.rounds, "took": took, "memory, MB": memory}, options.out)


def _ratio(took: dict[str, dict[str, float]], ours: str, stock: str) -> float:
    return took[ours]["median ms"] / took[stock]["median ms"]


if __name__ == "__main__":
    raise SystemExit(main())
