"""English is complete: every marked sentence has its translation, no more and no less, with the same placeholders."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[\u3400-\u9fff]")
LITERAL = r"""('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
IN_TEMPLATE = re.compile(rf"(?<![\w.])_\(\s*{LITERAL}")
IN_SCRIPT = re.compile(rf"(?<![\w.])t\(\s*{LITERAL}")
PLACEHOLDER = re.compile(r"\{(\w*)\}")
OWN_LANGUAGE = "中文"  # the switch names each language in itself


def python_sentences(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            assert isinstance(node.args[0], ast.Constant), f"line {node.lineno}: only a literal can be translated"
            yield node.args[0].value


def files(folder: str, ending: str) -> list[Path]:
    return sorted((ROOT / folder).rglob(f"*.{ending}"))


def matched(pattern: re.Pattern[str], folder: str, ending: str) -> Iterator[tuple[str, str]]:
    for path in files(folder, ending):
        for found in pattern.finditer(path.read_text()):
            yield ast.literal_eval(found.group(1)), str(path.relative_to(ROOT))


@cache
def marked() -> dict[str, str]:
    """Every marked sentence, and a file that has it."""
    found = {
        sentence: str(path.relative_to(ROOT))
        for path in files("server", "py")
        for sentence in python_sentences(path.read_text())
    }
    found.update(matched(IN_TEMPLATE, "web/templates", "html"))
    found.update(matched(IN_SCRIPT, "web/src", "ts"))
    return found


@cache
def translated() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in files("web/translations/en", "po"):
        with path.open("rb") as file:
            found.update({str(entry.id): str(entry.string) for entry in read_po(file) if entry.id})
    return found


def test_every_sentence_has_its_english() -> None:
    missing = {sentence: where for sentence, where in marked().items() if not translated().get(sentence)}
    assert missing == {}


def test_no_translation_is_left_over() -> None:
    assert sorted(set(translated()) - set(marked())) == []


def test_a_sentence_is_translated_in_one_place_only() -> None:
    entries: Counter[str] = Counter()
    for path in files("web/translations/en", "po"):
        entries.update(re.findall(r'^msgid "(.+)"$', path.read_text(), re.MULTILINE))
    assert [sentence for sentence, times in entries.items() if times > 1] == []


def test_both_sides_have_the_same_placeholders() -> None:
    differing = [
        (sentence, english)
        for sentence, english in translated().items()
        if sorted(PLACEHOLDER.findall(sentence)) != sorted(PLACEHOLDER.findall(english))
    ]
    assert differing == []


def test_english_has_no_chinese_in_it() -> None:
    assert [english for english in translated().values() if CHINESE.search(english)] == []


def test_templates_say_nothing_untranslated() -> None:
    bare = []
    for path in files("web/templates", "html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        left = IN_TEMPLATE.sub("", text).replace(f"'{OWN_LANGUAGE}'", "")
        bare += [(str(path.relative_to(ROOT)), found) for found in re.findall(r"[\u3400-\u9fff]+", left)]
    assert bare == []


def test_scripts_say_nothing_untranslated() -> None:
    bare = []
    for path in files("web/src", "ts"):
        for line in path.read_text().splitlines():
            left = re.sub(r"//.*|/\*.*|^\s*\*.*", "", IN_SCRIPT.sub("", line))
            left = re.sub(r"/(?:[^/\\]|\\.)+/[gimu]*", "", left)  # an expression that searches the agreement's own text
            bare += [(path.name, found) for found in re.findall(r"[\u3400-\u9fff]+", left)]
    assert bare == []


def test_words_that_styles_add_have_their_english_too() -> None:
    styles = "\n".join(path.read_text() for path in files("web/styles", "css"))
    added = re.findall(r"([^{};]+?)\s*\{[^{}]*content:\s*\"[^\"]*[\u3400-\u9fff]", styles)
    selectors = [re.sub(r"/\*.*?\*/|@layer \w+", "", one, flags=re.DOTALL).strip() for one in added]
    assert selectors
    assert [one for one in selectors if f":lang(en) {one} {{ content:" not in styles] == []
