"""The verifier on the command line, and in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from documents_play import play

from documents.apart import REPOSITORY, verify_apart
from documents.report import Verdict


def run(*arguments: str, content: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "documents", *arguments]
    return subprocess.run(command, input=content, capture_output=True, cwd=REPOSITORY, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    here = tmp_path_factory.mktemp("signed")
    (here / "root.pem").write_text(play().roots[0])
    flipped = bytearray(play().whole)
    flipped[len(flipped) // 3] ^= 1
    files = {"whole": play().whole, "flipped": bytes(flipped), "cut": play().steps["mediator"]}
    for name, content in files.items():
        (here / f"{name}.pdf").write_bytes(content)
    return here


@pytest.mark.parametrize(
    ("name", "code", "word"), [("whole", 0, "valid"), ("flipped", 1, "invalid"), ("cut", 3, "incomplete")]
)
def test_the_exit_code_is_the_verdict(folder: Path, name: str, code: int, word: str) -> None:
    at = play().clock.now().isoformat()
    done = run("verify", str(folder / f"{name}.pdf"), "--json", "--at", at)
    assert done.returncode == code, done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == word
    assert report["checked_at"] == at


def test_people_are_told_in_words(folder: Path) -> None:
    done = run("verify", str(folder / "whole.pdf"), "--at", play().clock.now().isoformat())
    told = done.stdout.decode()
    assert "真的，没被改过" in told
    assert "张桂兰" in told


def test_what_cannot_be_read_is_told_apart_from_what_is_not_valid(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(play().whole)
    for arguments in (["verify", str(folder / "none.pdf")], ["verify", str(tmp_path / "a.pdf")], ["verify"], ["sing"],
                      ["verify", str(folder / "whole.pdf"), "--root", str(folder / "cut.pdf")]):  # fmt: skip
        assert run(*arguments).returncode == 2, arguments


@pytest.mark.parametrize("arguments", [["verify", "whole.pdf"], ["inspect", "whole.pdf"], ["make-form", "--list"]])
def test_a_reader_who_goes_away_early_is_no_error(folder: Path, arguments: list[str]) -> None:
    """As `| head` does: nobody reads what is printed."""
    read, write = os.pipe()
    os.close(read)
    given = [str(folder / one) if one.endswith(".pdf") else one for one in arguments]
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "documents", *given],
            stdout=closed,
            stderr=subprocess.PIPE,
            cwd=REPOSITORY,
            check=False,
        )
    assert done.returncode == 141
    assert b"Error" not in done.stderr
    assert b"Traceback" not in done.stderr


def test_the_example_is_made_with_its_root_and_verifies(tmp_path: Path) -> None:
    made = run("sign-example", str(tmp_path / "out.pdf"), "--root", str(tmp_path / "root.pem"))
    assert made.returncode == 0, made.stderr
    assert "没有法律效力" in made.stderr.decode()
    assert run("verify", str(tmp_path / "out.pdf")).returncode == 0


def test_a_strangers_file_is_judged_apart() -> None:
    now = play().clock.now()
    assert verify_apart(play().whole, play().roots, now=now).verdict is Verdict.VALID
    assert verify_apart(b"rubbish", play().roots, now=now).verdict is Verdict.INVALID


def test_judging_that_takes_too_long_is_stopped_and_says_so() -> None:
    report = verify_apart(play().whole, play().roots, now=play().clock.now(), seconds=0)
    assert report.verdict is Verdict.UNKNOWN
    assert [one.code for one in report.reasons] == ["too_long"]
