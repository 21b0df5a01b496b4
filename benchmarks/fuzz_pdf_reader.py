"""Fuzz the path that reads strangers' PDFs: damage honest files by chance, judge and look into each, for some minutes.

Run by hand: `.venv/bin/python benchmarks/fuzz_pdf_reader.py [--minutes N] [--seed N] [--out FILE]`. Counted as found:
an exception that leaves `verify` or an unexpected one from `inspect`, a damaged file that is called valid or (cut back
to an honest revision excepted) incomplete, and one that takes longer than --seconds or more than --megabytes. What was
found is kept in --keep with its number, so that it can be played again. Exit 1 when anything was found.
"""

import argparse
import contextlib
import json
import platform as machine
import random
import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from documents_hostile import mutated  # noqa: E402 - the tests' own, once their folder is known
from documents_play import play  # noqa: E402

from documents.inspection import Unreadable, inspect  # noqa: E402
from documents.report import Verdict  # noqa: E402
from documents.validation import verify  # noqa: E402


class TooLong(BaseException):
    """Not an Exception, so that no border of ours takes it for a broken file."""


def _alarm(_: int, __: FrameType | None) -> None:
    raise TooLong


def tried(pdf: bytes, honest: frozenset[bytes], seconds: int) -> tuple[str, str]:
    """What came of one file: (verdict or "found", what)."""
    signal.alarm(seconds)
    try:
        report = verify(pdf, play().roots, now=play().clock.now())
        with contextlib.suppress(Unreadable):
            inspect(pdf)
    except TooLong:
        return "found", "too long"
    except Exception as fault:  # noqa: BLE001 - this is what is looked for
        return "found", f"exception {type(fault).__name__}: {str(fault)[:100]}"
    finally:
        signal.alarm(0)
    believed = report.verdict in (Verdict.VALID, Verdict.INCOMPLETE)
    if believed and pdf not in honest and not any(one.startswith(pdf) for one in honest):
        return "found", f"believed {[one.code for one in report.reasons]}"
    return report.verdict.word, report.reasons[0].code


def campaign(options: argparse.Namespace) -> dict[str, object]:
    seeds = [pdf for pdf in play().steps.values() if len(pdf) < 10**7]
    honest, chance = frozenset(seeds), random.Random(options.seed)
    outcomes: Counter[str] = Counter()
    found: list[dict[str, object]] = []
    begun, slowest, count = time.monotonic(), 0.0, 0
    signal.signal(signal.SIGALRM, _alarm)
    resource.setrlimit(resource.RLIMIT_AS, (options.megabytes * 2**20,) * 2)
    while time.monotonic() - begun < options.minutes * 60:
        pdf, count = mutated(chance, seeds), count + 1
        start = time.process_time()
        kind, what = tried(pdf, honest, options.seconds)
        slowest = max(slowest, time.process_time() - start)
        outcomes[f"{kind}: {what}"] += 1
        if kind == "found":
            found.append({"number": count, "what": what})
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                (options.keep / f"{options.seed}-{count}.pdf").write_bytes(pdf)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "files": count,
        "minutes": options.minutes,
        "seed": options.seed,
        "slowest_cpu_seconds": round(slowest, 2),
        "peak_mebibytes": peak,
        "outcomes": dict(outcomes.most_common()),
        "found": found,
        "machine": machine.platform(),
        "python": machine.python_version(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=60, help="the longest one file may take by the clock")
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    told = campaign(options)
    for outcome, times in told["outcomes"].items():  # type: ignore[attr-defined]
        print(f"{times:>7}  {outcome}")
    slowest, peak = told["slowest_cpu_seconds"], told["peak_mebibytes"]
    print(f"{told['files']} files, slowest {slowest} s of computing, peak {peak} MiB")
    if options.out:
        options.out.write_text(json.dumps(told, ensure_ascii=False, indent=1))
    return 1 if told["found"] else 0


if __name__ == "__main__":
    sys.exit(main())
