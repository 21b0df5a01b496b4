"""What was compiled counts only for the sources and the Python that it was made from."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from signaling import native


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the sources, and an environment of its own for what is compiled."""
    shutil.copytree(native.HERE, tmp_path / "signaling", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(native, "HERE", tmp_path / "signaling")
    monkeypatch.setattr(native, "LOOPS", tmp_path / "signaling" / "loops")
    monkeypatch.setattr(native.sys, "prefix", str(tmp_path / "environment"))
    monkeypatch.setattr(native.sys, "path", [])
    monkeypatch.setattr(native, "interpreted", lambda: bool(os.environ.get(native.INTERPRETED)))
    native.folder.cache_clear()
    yield tmp_path
    native.folder.cache_clear()


def test_every_module_that_is_compiled_exists() -> None:
    assert [file for file in native.sources() if not file.is_file()] == []


def test_any_change_of_a_source_makes_what_was_compiled_of_it_count_no_more(copied: Path) -> None:
    place = native.place()
    for file in native.sources():
        before = file.read_bytes()
        file.write_bytes(before + b"\n")
        assert native.place() != place, file
        file.write_bytes(before)
    assert native.place() == place


def test_another_python_takes_nothing_of_it(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = native.place()
    monkeypatch.setattr(native.sysconfig, "get_config_var", lambda _name: "cpython-999")
    assert native.place() != place


def test_without_a_build_the_files_are_interpreted(copied: Path) -> None:
    assert native.folder() is None
    assert native.paths("transport") == []
    assert native.sys.path == []


def test_a_build_is_looked_into_first_and_not_when_told_so(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    native.place().mkdir(parents=True)
    assert native.paths("transport") == [str(native.place() / "signaling" / "transport")]
    assert native.sys.path == [str(native.place())]
    native.folder.cache_clear()
    monkeypatch.setenv(native.INTERPRETED, "1")
    assert native.paths() == []


def test_any_change_of_the_loops_makes_what_was_compiled_of_them_count_no_more(copied: Path) -> None:
    files = sorted(native.LOOPS.glob("*.[ch]"))
    assert files
    place = native.loops_place()
    for file in files:
        before = file.read_bytes()
        file.write_bytes(before + b"\n")
        assert native.loops_place() != place, file
        file.write_bytes(before)
    assert native.loops_place() == place


def test_the_loops_are_taken_where_they_were_compiled_and_not_when_told_so(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert native.loops() is None
    native.loops_place().parent.mkdir(parents=True)
    native.loops_place().touch()
    assert native.loops() == native.loops_place()
    monkeypatch.setenv(native.INTERPRETED, "1")
    assert native.loops() is None
