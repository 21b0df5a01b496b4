"""veraPDF and EU DSS as one Java program that judges files as long as it is asked (judges/)."""

import datetime as dt
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "judges"
TARGET = HERE / "target"


def built() -> str:
    """The class path of the judges; builds them when they are older than their source."""
    made = TARGET / "classes" / "judges" / "Judges.class"
    sources = [HERE / "pom.xml", *(HERE / "src").rglob("*.java")]
    if not made.exists() or made.stat().st_mtime < max(one.stat().st_mtime for one in sources):
        done = subprocess.run(
            ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "process-classes"],
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return f"{TARGET / 'classes'}:{TARGET / 'lib'}/*"


@dataclass
class Judges:
    """The running program: one question a line, one answer a line."""

    process: subprocess.Popen[str]

    def _ask(self, *words: str) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("\t".join(words) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert "fault" not in answer, answer["fault"]
        return answer

    def form(self, flavour: str, file: Path) -> list[str]:
        """Rules of PDF/A ("2b") or PDF/UA ("ua1") that the file breaks, by veraPDF."""
        answer = self._ask("form", flavour, str(file))
        failures: list[str] = answer["failures"]
        assert answer["compliant"] == (failures == []), answer
        return failures

    def sign(self, root: Path, at: dt.datetime, file: Path) -> dict[str, Any]:
        """What EU DSS says of every signature and time stamp at a moment, with this root as all it trusts."""
        return self._ask("sign", str(root), at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), str(file))


@contextmanager
def judges() -> Iterator[Judges]:
    """The judges, for as long as they are needed."""
    command = ["java", "-Xmx1g", "-cp", built(), "judges.Judges"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Judges(process)
        assert process.stdin
        process.stdin.close()
