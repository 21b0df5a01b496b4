"""Whatever somebody drops on the verify page: a clear word in bounded time and memory, never an exception."""

import io
import json
import resource
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from documents_attacks import certified, replace_content, updated, with_launch, with_script
from documents_hostile import HOSTILE, encrypted, many_updates, written
from documents_play import play

from documents.__main__ import main
from documents.apart import REPOSITORY, verify_apart
from documents.inspection import Unreadable, inspect
from documents.report import Report, Verdict
from documents.validation import verify


def judged(pdf: bytes) -> Report:
    return verify(pdf, play().roots, now=play().clock.now())


def codes(report: Report) -> set[str]:
    return {one.code for one in report.reasons}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_made_to_hurt_a_reader_get_a_verdict_in_a_process_with_limits(name: str) -> None:
    report = verify_apart(HOSTILE[name](), play().roots, now=play().clock.now(), seconds=20)
    assert report.verdict in (Verdict.INVALID, Verdict.UNKNOWN)
    assert "too_long" not in codes(report)


@pytest.mark.parametrize("name", ["page_loop", "field_loop", "table_loop", "deep_dictionaries", "huge_table"])
def test_looking_into_them_ends_with_a_word_too(name: str) -> None:
    with pytest.raises(Unreadable, match="broken"):
        inspect(HOSTILE[name]())


def test_an_encrypted_file_cannot_be_judged_and_says_why() -> None:
    assert (judged(encrypted()).verdict, codes(judged(encrypted()))) == (Verdict.UNKNOWN, {"encrypted"})
    with pytest.raises(Unreadable, match="encrypted"):
        inspect(encrypted())


def test_ten_thousand_updates_are_refused_before_they_are_read() -> None:
    assert codes(judged(many_updates())) == {"too_large"}


def test_two_hundred_megabytes_are_refused_by_their_length() -> None:
    assert codes(judged(b"%PDF-1.7\n" + bytes(200 * 2**20))) == {"too_large"}
    with pytest.raises(Unreadable, match="too large"):
        inspect(b"%PDF-1.7\n" + bytes(33 * 2**20))


@pytest.mark.parametrize(
    ("command", "code"), [(["verify"], 3), (["inspect"], 2), (["bundle", "verify"], 1), (["bundle", "show"], 2)]
)
def test_gigabytes_are_refused_in_words_by_every_command_that_reads_a_file(
    tmp_path: Path, command: list[str], code: int
) -> None:
    with (tmp_path / "a.pdf").open("wb") as huge:
        huge.write(b"%PDF-1.7\n")
        huge.truncate(3 * 2**30)
    (tmp_path / "root.pem").write_text(play().roots[0])
    rooted = ["--root", str(tmp_path / "root.pem")] if "verify" in command else []
    program = [sys.executable, "-m", "documents", *command, str(tmp_path / "a.pdf"), *rooted, "--megabytes", "1500"]
    done = subprocess.run(program, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "太大" in done.stdout + done.stderr or "大得不正常" in done.stdout + done.stderr
    assert "large" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_scripts_and_launch_actions_are_named_in_the_verdict() -> None:
    for change in (with_script, with_launch):
        assert "active" in codes(judged(certified(change)))


def test_a_process_that_wants_too_much_memory_is_stopped() -> None:
    command = [sys.executable, "-c", "from documents import console; console.limit(30, 400); bytes(2**30)"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    assert done.returncode != 0
    assert b"MemoryError" in done.stderr


def test_memory_that_runs_out_while_judging_is_told_as_too_large(monkeypatch) -> None:
    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("documents.validation._judged", exhausted)
    assert codes(judged(play().whole)) == {"too_large"}


def test_inspect_shows_what_every_revision_brought() -> None:
    found = inspect(play().whole)
    kinds = [one["kind"] for one in found["revisions"]]
    assert kinds == ["text", "certification", *["signature"] * 4, "evidence", "stamp"]
    assert [one["field"] for one in found["signatures"]] == [
        *("platform", "party-2", "party-1", "mediator", "seal", "archive-1")
    ]
    assert all(one["stamps"] for one in found["signatures"])
    assert found["pages"] == 3
    assert found["title"] == "人民调解协议书"
    assert [one["signed"] for one in inspect(play().steps["party-2"])["fields"]].count(False) == 3


def test_inspect_names_a_revision_that_touches_pages() -> None:
    assert inspect(updated(play().whole, replace_content))["revisions"][-1]["kind"] == "pages"


def test_inspect_lists_attachments_without_writing_them() -> None:
    out = io.BytesIO()
    with pikepdf.open(
        io.BytesIO(written({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}))
    ) as pdf:
        pdf.attachments["virus.exe"] = b"MZ"
        pdf.save(out)
    (one,) = inspect(out.getvalue())["attachments"]
    assert (one["name"], one["bytes"]) == ("virus.exe", 2)


def test_the_report_tells_the_history_and_until_when_it_can_be_proven() -> None:
    report = judged(play().whole)
    assert [one.code for one in report.history][-2:] == ["evidence", "stamp"]
    assert report.provable_until is not None
    assert report.provable_until.year == play().clock.now().year + 10
    assert judged(play().steps["seal"]).provable_until is None
    assert Report.from_plain(json.loads(report.to_json())) == report


def test_the_command_line_inspects_and_refuses(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    (tmp_path / "a.pdf").write_bytes(play().whole)
    assert main(["inspect", str(tmp_path / "a.pdf")]) == 0
    told = capsys.readouterr().out
    assert "签名：申请人张桂兰签名" in told
    assert main(["inspect", str(tmp_path / "a.pdf"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pages"] == 3
    (tmp_path / "b.pdf").write_bytes(b"no")
    for missing in ("b.pdf", "c.pdf"):
        assert main(["inspect", str(tmp_path / missing)]) == 2
    assert "Traceback" not in capsys.readouterr().err
