"""The demonstration is the longest test: from report to served ruling in real browsers."""

import json
import os
from pathlib import Path

import pytest

from server.demo.play import play


@pytest.mark.timeout(900)
async def test_one_dispute_from_report_to_served_ruling(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert await play(out, os.environ) == 0
    for name in (
        "agreement.pdf",
        "ruling.pdf",
        "root.pem",
        "audit.json",
        "agreement.verify.json",
        "ruling.verify.json",
        "court-events.json",
    ):
        assert (out / name).stat().st_size > 0, name
    assert json.loads((out / "agreement.verify.json").read_text())["verdict"] == "valid"
    assert json.loads((out / "audit.json").read_text())["first_break"] is None
    told = [event["type"] for event in json.loads((out / "court-events.json").read_text())]
    assert told.index("confirmation.submitted") < told.index("ruling.issued")
    assert len(list(out.glob("*.png"))) >= 20


async def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    assert await play(tmp_path, os.environ) == 2
    assert (tmp_path / "precious.txt").read_text() == "mine"
