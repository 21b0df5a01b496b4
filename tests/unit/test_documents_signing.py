"""Signing in two steps: what is prepared, what is refused, what two people at once do."""

import datetime as dt
import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms
from documents_play import play
from PIL import Image, ImageDraw

from documents.__main__ import main
from documents.fields import lay_out_fields, signed_and_empty
from documents.marks import (
    Appearance,
    PictureRefused,
    StrokesRefused,
    appearance_form,
    checked_picture,
    checked_strokes,
)
from documents.papers.base import FieldFault, SignatureField
from documents.render import render
from documents.signing import Prepared, SignatureRefused, certify, embed, prepare
from documents.timestamp import TimestampFailed
from documents.validation import Verdict, verify


class NoTime:
    """A time authority that is away."""

    def respond(self, request: bytes) -> bytes:
        raise TimestampFailed("away")


def refused(code: str, pdf: bytes, place: str) -> None:
    key = play().keys["party-1"]
    with pytest.raises(SignatureRefused) as caught:
        play().ceremony.prepared(pdf, place, key)
    assert caught.value.code == code


def test_the_browser_can_check_what_it_signs() -> None:
    """Its own hash over the byte range is the messageDigest, and the range leaves out nothing but the signature."""
    waiting = play().ceremony.prepared(play().steps["frozen"], "party-1", play().keys["party-1"])
    start, before, after, length = waiting.byte_range
    assert (start, after + length) == (0, len(waiting.pdf))
    assert waiting.pdf[before : before + 1] + waiting.pdf[after - 1 : after] == b"<>"
    digest = hashlib.sha256(waiting.pdf[:before] + waiting.pdf[after:]).digest()
    attributes = cms.CMSAttributes.load(waiting.signed_attributes)
    assert waiting.signed_attributes[0] == 0x31
    told = {one["type"].native: one["values"][0].native for one in attributes}
    assert set(told) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert told["message_digest"] == digest == waiting.digest
    assert waiting.pdf.startswith(play().steps["frozen"])


def test_what_is_prepared_outlives_the_process_as_plain_text() -> None:
    waiting = play().ceremony.prepared(play().steps["frozen"], "party-1", play().keys["party-1"])
    text = waiting.to_json()
    assert isinstance(json.loads(text), dict)
    assert Prepared.from_json(text) == waiting


def test_a_signature_by_another_key_is_refused_before_anything_is_embedded() -> None:
    ceremony, keys = play().ceremony, play().keys
    waiting = ceremony.prepared(play().steps["frozen"], "party-1", keys["party-1"])
    for wrong in (
        keys["party-2"].sign(waiting.signed_attributes),
        keys["party-1"].sign(b"other"),
        bytes(64),
        b"",
        bytes(63),
    ):
        with pytest.raises(SignatureRefused) as caught:
            embed(waiting, wrong, ceremony.timestamper)
        assert caught.value.code == "wrong_signature"


def test_without_a_trusted_time_there_is_no_signature() -> None:
    waiting = play().ceremony.prepared(play().steps["frozen"], "party-1", play().keys["party-1"])
    with pytest.raises(TimestampFailed):
        embed(waiting, play().keys["party-1"].sign(waiting.signed_attributes), NoTime())


def test_of_two_prepared_at_once_the_second_is_known_to_be_stale() -> None:
    ceremony, keys, base = play().ceremony, play().keys, play().steps["frozen"]
    first, second = (ceremony.prepared(base, place, keys[place]) for place in ("party-1", "party-2"))
    assert first.base_digest == second.base_digest == hashlib.sha256(base).hexdigest()
    signed = embed(first, keys["party-1"].sign(first.signed_attributes), ceremony.timestamper)
    assert second.base_digest != hashlib.sha256(signed).hexdigest()
    again = ceremony.signed(signed, "party-2", keys["party-2"])
    assert set(signed_and_empty(again)[0]) == {"platform", "party-1", "party-2"}


def test_the_order_is_text_people_seal() -> None:
    steps, ceremony = play().steps, play().ceremony
    drawn = lay_out_fields(render(play().paper, ceremony.fonts), play().paper.fields())
    refused("not_certified", drawn, "party-1")
    refused("already_signed", steps["party-2"], "party-2")
    refused("not_a_field", steps["frozen"], "party-9")
    refused("seal_last", steps["party-1"], "seal")
    with pytest.raises(SignatureRefused) as caught:
        ceremony.sealed(steps["frozen"], play().paper.committee)
    assert caught.value.code == "seal_last"
    with pytest.raises(SignatureRefused) as caught:
        certify(steps["frozen"], ceremony.authority.platform_key("x", play().clock.now()), ceremony.timestamper)
    assert caught.value.code == "already_signed"


def test_nobody_signs_after_the_seal() -> None:
    refused("already_signed", play().steps["seal"], "seal")
    paper = replace(play().paper, recorder="赵云")
    extra = SignatureField("recorder", "person", "记录人")
    drawn = render(paper, play().ceremony.fonts)
    pdf = lay_out_fields(drawn, [*paper.fields(), extra])
    assert "recorder" in signed_and_empty(pdf)[1]


def test_fields_are_laid_out_only_where_the_paper_has_a_place_for_them() -> None:
    drawn = render(play().paper, play().ceremony.fonts)
    with pytest.raises(FieldFault, match="party-9"):
        lay_out_fields(drawn, [SignatureField("party-9", "person", "某人")])
    with pytest.raises(FieldFault, match="重名"):
        lay_out_fields(drawn, [SignatureField("seal", "seal", "章"), SignatureField("seal", "seal", "章")])


def test_the_seals_field_locks_the_others_by_name() -> None:
    with pikepdf.open(io.BytesIO(play().steps["frozen"])) as pdf:
        (seal,) = [one for one in pdf.Root.AcroForm.Fields if str(one.T) == "seal"]
        assert str(seal.Lock.Action) == "/Include"
        assert {str(name) for name in seal.Lock.Fields} == {"platform", "party-1", "party-2", "mediator", "seal"}
        assert int(seal.Lock.P) == 1
        assert str(seal.TU) == "大连市沙河口区望海街道人民调解委员会印章"


def test_a_certified_text_that_gains_a_field_is_not_believed() -> None:
    """The platform lays out all fields first; one that is added later is a change like any other."""
    pdf = play().steps["frozen"]
    report = verify(pdf, play().roots, now=play().clock.now())
    assert report.verdict is Verdict.INCOMPLETE
    assert set(report.missing) == {"party-1", "party-2", "mediator", "seal"}


def test_strokes_are_a_strangers_input() -> None:
    assert checked_strokes([[[0.1, 0.2], [1, 0]]]) == (((0.1, 0.2), (1.0, 0.0)),)
    for wrong in (
        [],
        [[]],
        [[[0.1]]],
        [[["a", 1]]],
        [[[1.1, 0.2]]],
        [[[float("nan"), 0.2]]],
        [[[-0.1, 0]]],
        7,
        [[[0.5, 0.5]]] * 401,
    ):
        with pytest.raises(StrokesRefused):
            checked_strokes(wrong)


@pytest.mark.parametrize("strokes", [None, (((0.5, 0.5),),), (((0.0, 0.0), (1.0, 1.0)),), (((0.2, 0.5), (0.8, 0.5)),)])
def test_every_signature_can_be_drawn(strokes) -> None:
    look = Appearance("张桂兰", "2026年3月2日 09:00:00", "ab" * 32, "person", strokes)
    pdf = pikepdf.new()
    form = appearance_form(pdf, look, (198, 44), development=True)
    assert [float(value) for value in form.BBox] == [0, 0, 198, 44]


def kept(look: Appearance, *, development: bool) -> bytes:
    with pikepdf.new() as pdf:
        pdf.Root.Form = appearance_form(pdf, look, (119, 119), development=development)
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


@pytest.mark.parametrize("name", ["法", "某某法院", "大连市沙河口区望海街道人民调解委员会", "一" * 45])
def test_every_organisation_has_a_seal(name: str) -> None:
    look = Appearance(name, "2026年3月2日", "ab" * 32, "seal")
    first, again, development = (kept(look, development=how) for how in (False, False, True))
    assert first == again
    assert first != development


def seal_picture(kind: str = "PNG", side: int = 900) -> bytes:
    """A red ring on white, as somebody scanned it."""
    out = io.BytesIO()
    picture = Image.new("RGB", (side, side), "white")
    ImageDraw.Draw(picture).ellipse([40, 40, side - 40, side - 40], outline=(212, 15, 15), width=30)
    picture.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_seal_may_be_the_customers_own_picture_and_its_white_hides_nothing(kind: str) -> None:
    kept_picture = Image.open(io.BytesIO(checked_picture(seal_picture(kind))))
    assert kept_picture.size == (600, 600)
    assert kept_picture.getpixel((300, 300))[3] < 8, "clear in the middle"
    assert kept_picture.getpixel((300, 35))[3] > 200, "and inked on the ring"
    look = Appearance("某某法院", "2026年3月2日", "ab" * 32, "seal", picture=checked_picture(seal_picture(kind)))
    first, again, development = (kept(look, development=how) for how in (False, False, True))
    assert first == again
    assert first != development
    assert first != kept(replace(look, picture=None), development=False)


def test_a_paper_sealed_with_the_customers_picture_is_archival_and_genuine(tmp_path: Path, capsys) -> None:
    (tmp_path / "seal.png").write_bytes(seal_picture())
    out, root = tmp_path / "a.pdf", tmp_path / "root.pem"
    wanted = ["sign-example", str(out), "--root", str(root), "--seal-picture"]
    assert main([*wanted, str(tmp_path / "seal.png")]) == 0
    report = verify(out.read_bytes(), [root.read_text()], now=dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1))
    assert report.verdict is Verdict.VALID
    with pikepdf.open(out) as pdf:
        [look] = [one.AP.N for page in pdf.pages for one in page.get("/Annots", []) if one.get("/T") == "seal"]
        assert [int(one.Width) for one in look.Resources.XObject.values()] == [600]
    out.unlink()
    (tmp_path / "seal.png").write_bytes(b"GIF89a")
    assert main([*wanted, str(tmp_path / "seal.png")]) == 1
    assert (
        "印章图片不是能读的PNG或JPEG（the picture of the seal is no readable PNG or JPEG）" in capsys.readouterr().err
    )
    assert main([*wanted, str(tmp_path / "none.png")]) == 2
    assert not out.exists()


def test_a_picture_of_a_seal_that_is_too_large_is_refused() -> None:
    for content, said in ((bytes(5 * 2**20), "larger than 4 MB"), (seal_picture(side=4001), "wider than 4000")):
        with pytest.raises(PictureRefused) as caught:
            checked_picture(content)
        assert said in caught.value.en


def test_without_a_given_time_the_time_authoritys_is_taken() -> None:
    ceremony = play().ceremony
    drawn = lay_out_fields(render(play().paper, ceremony.fonts), play().paper.fields())
    pdf = certify(drawn, ceremony.authority.platform_key("平台", play().clock.now()), ceremony.timestamper)
    report = verify(pdf, play().roots, now=play().clock.now())
    assert report.signers[0].time == play().clock.now()
    key = play().keys["party-1"]
    look = ceremony.look(key.name, "00")
    assert prepare(pdf, "party-1", key.certificate_pem, key.chain_pems, look, play().clock.now()).field == "party-1"
