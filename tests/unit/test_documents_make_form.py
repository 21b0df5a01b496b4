"""make-form on the command line: every form from its own values, and all faults in one go."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from documents.__main__ import main
from documents.forms.registry import FORMS
from documents.forms.values import OTHERS, paper_from, specimen_of, template
from documents.papers.base import FieldFault, names_of
from documents.papers.dossier import DossierCover


@pytest.mark.parametrize("kind", [form.kind for form in FORMS])
def test_the_values_of_a_form_make_the_same_form_again(kind: str) -> None:
    assert paper_from(kind, json.loads(template(kind))) == specimen_of(kind)


def test_values_of_a_wrong_shape_missing_ones_and_wrong_ones_are_told_together_in_order() -> None:
    values = json.loads(template("registration"))
    values |= {"number": " ", "date": "yesterday", "category": 7, "registrar": "", "colour": "red"}
    del values["facts"]
    values["parties"][0]["id_number"] = "110105194912310021"
    with pytest.raises(FieldFault) as caught:
        paper_from("registration", values)
    assert [fault.zh for fault in caught.value.faults] == [
        "没有这一栏：colour",
        "缺少编号",
        "登记日期填得不对",
        "第1个当事人的公民身份号码的校验位、地区码或出生日期不对：110105194912310021",
        "纠纷类型填得不对",
        "缺少纠纷简要情况",
        "缺少登记人",
    ]


def test_every_field_of_every_form_and_of_the_dossier_has_a_name_in_both_languages() -> None:
    for kind in (*(form.paper for form in FORMS), DossierCover):
        unnamed = {one.name for one in fields(kind)} - names_of(kind).keys() - OTHERS.keys()
        assert not unnamed, kind
    with pytest.raises(FieldFault) as caught:
        paper_from("agreement", {})
    assert all(re.search("^(缺少|[^a-z]*不足)[^a-z]+$", fault.zh) for fault in caught.value.faults), caught.value.faults
    assert "缺少落款日期" in [fault.zh for fault in caught.value.faults]


def test_the_command_makes_a_form_and_tells_faults_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values, out = tmp_path / "values.json", tmp_path / "out.pdf"
    values.write_text(template("pledge"))
    assert main(["make-form", "pledge", "--values", str(values), str(out)]) == 0
    assert out.read_bytes().startswith(b"%PDF-1.")
    out.unlink()
    values.write_text(json.dumps({**json.loads(template("pledge")), "court": ""}))
    assert main(["make-form", "pledge", "--values", str(values), str(out), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told == {"faults": [{"zh": "缺少法院名称", "en": "the court is missing"}]}
    assert not out.exists()
    values.write_text(json.dumps({**json.loads(template("pledge")), "court": "\U0001f600法院"}))
    assert main(["make-form", "pledge", "--values", str(values), str(out), "--json"]) == 1
    assert "U+1F600" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["{", "[1]", "\x00"])
def test_values_that_cannot_be_read_are_told_so(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    values = tmp_path / "values.json"
    values.write_text(content)
    assert main(["make-form", "pledge", "--values", str(values), str(tmp_path / "out.pdf")]) == 2
    assert "读不了" in capsys.readouterr().err
    assert main(["make-form", "poem"]) == 2


def test_every_form_is_listed_and_written_with_plausible_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["make-form", "--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in listed] == [form.kind for form in FORMS]
    assert main(["make-form", "--examples", str(tmp_path / "forms"), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)["made"]
    assert len(made) >= 28
    assert all(Path(file).read_bytes().startswith(b"%PDF-1.") for file in made if file.endswith(".pdf"))
    assert (tmp_path / "forms" / "dossier" / "dossier.json").is_file()
    assert main(["make-form", "ruling", "--template"]) == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "confirm"
