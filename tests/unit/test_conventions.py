"""The rules of the house that a program can check."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("server", "signaling", "documents")
BANNED = {"service", "session", "manager", "utils", "util", "helper", "helpers", "data", "info"}
# Words that are other people's names, which we cannot choose: libraries' attributes and the protocol's fields.
OTHERS = {"init_signing_session", "can_publish_data", "info"}  # pyHanko, LiveKit, logging
OTHERS |= {"data_received", "_receive_data_chunk", "_handle_data", "_send_data"}  # asyncio, aiortc
MOST_LINES, MOST_FUNCTION_LINES = 320, 60


def sources() -> list[Path]:
    return sorted(
        path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts
    )


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def own_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_keep_their_size(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MOST_LINES
    long = [
        f"{node.name} {node.end_lineno - node.lineno + 1}"
        for node in functions(ast.parse(text))
        if node.end_lineno is not None and node.end_lineno - node.lineno + 1 > MOST_FUNCTION_LINES
    ]
    assert long == []


def test_banned_names_are_nowhere() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {name}"
        for path in sources()
        for line, name in own_names(ast.parse(path.read_text()))
        if words(name) & BANNED and name not in OTHERS
    ]
    assert found == []
    assert [path for path in sources() if words(path.stem) & BANNED] == []


def test_one_writer_of_a_cases_state() -> None:
    writers = [
        str(path.relative_to(ROOT))
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and target.attr == "state"
        and isinstance(target.value, ast.Name)
        and target.value.id in ("case", "dispute", "dispute_case")
    ]
    assert writers == ["server/cases/operations.py"]


def test_only_main_reads_the_environment() -> None:
    """And `native`: which of two builds of itself a package is imported from is settled before any main runs."""
    readers = [
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(r"os\.environ|os\.getenv", path.read_text()) and path.name != "__main__.py"
    ]
    assert readers == ["signaling/native.py"]


def test_the_readmes_diagram_is_the_table() -> None:
    from server.cases.lifecycle import LIFECYCLE

    readme = (ROOT / "README.md").read_text()
    printed = re.search(r"<!-- lifecycle -->\n```mermaid\n(.*?)```", readme, re.DOTALL)
    assert printed is not None
    assert printed.group(1) == LIFECYCLE.mermaid()


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", ".")


def test_everything_is_formatted() -> None:
    run("ruff", "format", "--check", ".")


def test_mypy_strict_finds_nothing() -> None:
    run("mypy")


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]


def test_nothing_of_a_machine_stands_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    wrong = re.compile(rb"/(?:work|root|home)/[a-z]")
    found = [
        name
        for name in listed.decode().split("\0")
        if name and not name.endswith((".lock", "lock.json")) and (ROOT / name).is_file()
        if name != "tests/unit/test_conventions.py" and wrong.search((ROOT / name).read_bytes())
    ]
    assert found == []
