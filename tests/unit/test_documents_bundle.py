"""The evidence bundle: made, carried away, and checked by somebody who has nothing but the root certificate."""

import dataclasses
import datetime as dt
import functools
import hashlib
import io
import json
import resource
import stat
import warnings
import zipfile
from pathlib import Path

import pytest
from documents_play import DAY, Clock, new_ceremony, play

from documents.__main__ import main
from documents.bundle import container, contents, making, references
from documents.bundle.chain import BEGINNING, canonical, first_break, link
from documents.bundle.checking import REASONS, BundleReport, check
from documents.bundle.container import BundleRefused, pack, unpack
from documents.bundle.contents import CaseContents, Piece, RecordingHash, faults_of
from documents.bundle.making import ContentsFault, Sealer, laid_out, make
from documents.bundle.sealing import seal
from documents.report import Verdict
from documents.validation import verify

FILM = b"film"


def chain(*actions: str) -> dict:
    previous, entries = BEGINNING, []
    for number, action in enumerate(actions, 1):
        entry = {"number": number, "action": action, "detail": {"名": "张桂兰"}}
        previous = link(previous, entry)
        entries.append({**entry, "digest": previous})
    return {"chain": "case-1", "entries": entries, "head": previous}


def sealer(ceremony=None) -> Sealer:
    one = ceremony or play().ceremony
    key = one.authority.platform_key("云调平台（演示）", one.now())
    return Sealer(key, one.timestamper, one.authority.evidence(one.now()), (one.authority.root_pem,))


def case(**changes) -> CaseContents:
    moment = play().clock.now()
    film = RecordingHash("room-1.mkv", hashlib.sha256(FILM).hexdigest(), len(FILM), moment, moment + DAY)
    whole = CaseContents(
        number="（2026）沙望人调字第37号",
        title="<楼上漏水> & 赔偿",
        installation="云调（演示）",
        made_at=moment,
        pieces=(Piece("人民调解协议书", play().whole, "agreement"),),
        audit=chain("case.report", "case.accept", "agreement.sign"),
        recordings=(film,),
        parties=("张桂兰", "刘志强"),
    )
    return dataclasses.replace(whole, **changes)


@functools.cache
def made() -> bytes:
    return make(case(), sealer(), now=play().clock.now())


def judged(bundle: bytes, *, days: float = 0, roots=None, recordings=None) -> BundleReport:
    return check(bundle, roots or play().roots, now=play().clock.now() + days * DAY, recordings=recordings)


def codes(report: BundleReport) -> set[str]:
    return {one.code for one in report.reasons}


def resealed(files: dict[str, bytes], key=None) -> bytes:
    """The bundle that somebody makes of these files who holds a key."""
    kept = {name: content for name, content in files.items() if not name.startswith("META-INF/")}
    listed = references.listed(kept)
    one = sealer()
    return pack({**kept, references.LIST: listed, references.SIGNATURE: seal(listed, key or one.key, one.timestamper)})


def zipped(files: dict[str, bytes], **how) -> bytes:
    """A container written by hand, without our own checks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **how) as archive:
        archive.writestr("mimetype", container.MEDIA_TYPE)
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("days", [0, 1, 3 * 365, 8 * 365])
def test_a_bundle_is_valid_for_years_by_the_root_alone(days: int) -> None:
    report = judged(made(), days=days)
    assert (report.verdict, codes(report)) == (Verdict.VALID, {"genuine"})
    assert report.sealed is not None
    assert report.sealed.name == "云调平台（演示）"
    assert [one.verdict for one in report.papers.values()] == [Verdict.VALID]


def test_the_same_case_gives_the_same_bytes_but_for_the_seal() -> None:
    def judge(pdf: bytes):
        return verify(pdf, play().roots, now=play().clock.now())

    one, other = sealer(), case()
    first, second = laid_out(other, one, judge), laid_out(other, one, judge)
    assert first == second
    assert pack(first) == pack(dict(reversed(list(second.items()))))


def test_it_is_an_associated_signature_container_that_any_unzip_opens() -> None:
    with zipfile.ZipFile(io.BytesIO(made())) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert made()[30:38] == b"mimetype"
    assert {"META-INF/ASiCManifest.xml", "META-INF/signature001.p7s", "papers/001.pdf", "index.html"} <= set(names)


def test_the_index_reads_in_two_languages_and_escapes_what_people_wrote() -> None:
    page = unpack(made())["index.html"].decode()
    assert "&lt;楼上漏水&gt; &amp; 赔偿" in page
    assert "<script" not in page
    assert "Evidence bundle" in page
    assert "真的，没被改过" in page


def test_the_manifest_keeps_its_open_schema_and_the_schema_bites() -> None:
    stated = json.loads(unpack(made())["manifest.json"])
    assert faults_of(stated) == []
    for broken in ({**stated, "more": 1}, {**stated, "format": "2"}, {**stated, "files": []}, [], None,
                   {**stated, "made_at": "yesterday"}):  # fmt: skip
        assert faults_of(broken)


def test_under_another_root_nothing_is_known(tmp_path: Path) -> None:
    other = new_ceremony(tmp_path, Clock(play().clock.now()))
    report = judged(made(), roots=[other.authority.root_pem])
    assert report.verdict is Verdict.UNKNOWN
    assert {"seal_unknown", "paper_unknown"} <= codes(report) | {"seal_unknown"}


def test_a_bundle_of_another_installation_is_read_with_its_root(tmp_path: Path) -> None:
    other = new_ceremony(tmp_path, Clock(play().clock.now()))
    bundle = make(case(pieces=(Piece("图", b"\x89PNG\r\n", "scan"),)), sealer(other), now=other.now())
    assert judged(bundle, roots=[other.authority.root_pem]).verdict is Verdict.VALID
    assert judged(bundle).verdict is Verdict.UNKNOWN


def changed(name: str, content: bytes) -> dict[str, bytes]:
    return {**unpack(made()), name: content}


TAMPERED = {
    "another paper": (lambda: pack(changed("papers/001.pdf", play().steps["mediator"])), "list_differs"),
    "a file more": (lambda: pack(changed("papers/002.pdf", b"%PDF-")), "list_differs"),
    "no signature": (lambda: pack({n: c for n, c in unpack(made()).items() if not n.endswith(".p7s")}), "not_sealed"),
    "a second signature": (lambda: pack(changed("META-INF/signature002.p7s", b"0")), "not_sealed"),
    "bytes after the signature": (
        lambda: pack(changed(references.SIGNATURE, unpack(made())[references.SIGNATURE] + b"\0")),
        "seal_broken",
    ),
    "a list of one's own": (
        lambda: pack({**(files := changed("papers/001.pdf", b"%PDF-")), references.LIST: references.listed(files)}),
        "seal_broken",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_tampered_with_is_not_valid(name: str) -> None:
    tamper, code = TAMPERED[name]
    report = judged(tamper())
    assert report.verdict is Verdict.INVALID
    assert code in codes(report)


def test_a_persons_key_seals_no_bundle() -> None:
    assert codes(judged(resealed(unpack(made()), play().keys["party-1"]))) == {"seal_wrong_role"}


def test_what_the_platform_itself_sealed_must_still_hold() -> None:
    """Even the sealing key cannot make a false verdict, a broken chain or an unlisted file pass."""
    files = unpack(made())
    audit = json.loads(files["audit.json"])
    del audit["entries"][1]
    assert "chain_broken" in codes(judged(resealed(changed("audit.json", canonical(audit)))))
    forged = resealed(changed("papers/001.pdf", play().whole + b"%"))
    assert {"paper", "file_differs"} <= codes(judged(forged))
    assert "file_differs" in codes(judged(resealed(changed("extra.json", b"{}"))))
    assert "bad_manifest" in codes(judged(resealed(changed("manifest.json", b"{}"))))
    assert judged(resealed(changed("manifest.json", b"[" * 5000))).verdict is Verdict.INVALID


def test_an_unfinished_paper_makes_the_bundle_incomplete() -> None:
    bundle = make(case(pieces=(Piece("协议", play().steps["mediator"]),)), sealer(), now=play().clock.now())
    assert (judged(bundle).verdict, codes(judged(bundle))) == (Verdict.INCOMPLETE, {"paper_incomplete"})


def test_recordings_are_compared_when_they_are_at_hand() -> None:
    digest = hashlib.sha256(FILM).hexdigest()
    assert judged(made(), recordings={"room-1.mkv": digest}).verdict is Verdict.VALID
    assert codes(judged(made(), recordings={"room-1.mkv": "0" * 64})) == {"recording"}
    assert codes(judged(made(), recordings={})) == {"recording_missing"}


def test_every_cut_or_reordered_chain_is_found() -> None:
    whole = chain("a", "b", "c")
    assert first_break(whole["entries"], whole["head"]) is None
    assert first_break(whole["entries"][:2], whole["head"]) == 3
    assert first_break(whole["entries"][1:], whole["head"]) == 1
    assert first_break(whole["entries"][::-1], whole["head"]) == 1
    assert first_break([], BEGINNING) is None


def linked() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", container.MEDIA_TYPE)
        one = zipfile.ZipInfo("papers/001.pdf")
        one.create_system, one.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(one, "/etc/passwd")
    return out.getvalue()


def doubled() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in ("mimetype", "a.json", "a.json"):
                archive.writestr(name, container.MEDIA_TYPE)
    return out.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped({"a.json": b"{}"}))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def slipped() -> bytes:
    """Bytes between two files, which no unzip program shows."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in [("mimetype", container.MEDIA_TYPE), *sorted(unpack(made()).items())]:
            archive.writestr(zipfile.ZipInfo(name, container.EPOCH), content)
            archive.fp.write(b"evil" if name == "mimetype" else b"")
            archive.start_dir = archive.fp.tell()
    return out.getvalue()


HOSTILE = {
    "upwards": (lambda: zipped({"../evil.pdf": b"x"}), "bad_name"),
    "absolute": (lambda: zipped({"/etc/passwd": b"x"}), "bad_name"),
    "windows": (lambda: zipped({"papers\\..\\x": b"x"}), "bad_name"),
    "hidden": (lambda: zipped({".profile": b"x"}), "bad_name"),
    "other case": (lambda: zipped({"a.json": b"x", "A.json": b"y"}), "twice"),
    "twice": (doubled, "twice"),
    "folder": (lambda: zipped({"papers/": b""}), "bad_name"),
    "link": (linked, "not_a_file"),
    "bomb": (lambda: zipped({"a.json": bytes(65 * 2**20)}, compression=zipfile.ZIP_DEFLATED), "not_bundle"),
    "many": (lambda: zipped({f"{n}.json": b"" for n in range(container.MOST_FILES)}), "too_large"),
    "encrypted": (encrypted, "not_bundle"),
    "prefixed": (lambda: b"MZ" + made(), "not_bundle"),
    "trailing": (lambda: made() + b"evil", "not_bundle"),
    "between": (slipped, "not_bundle"),
    "compressed": (lambda: zipped({"a.json": b"x" * 99}, compression=zipfile.ZIP_DEFLATED), "not_bundle"),
    "lzma": (lambda: zipped({"a.json": b"x" * 99}, compression=zipfile.ZIP_LZMA), "not_bundle"),
    "none": (lambda: b"PK", "not_bundle"),
    "empty": (lambda: b"", "not_bundle"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_harm_or_mislead_is_refused(name: str) -> None:
    make_it, code = HOSTILE[name]
    report = judged(make_it())
    assert (report.verdict, codes(report)) == (Verdict.INVALID, {code})


def test_a_file_or_a_whole_that_is_too_large_is_not_even_read(monkeypatch) -> None:
    for limit in ("MOST_EACH", "MOST_BYTES"):
        with monkeypatch.context() as changed:
            changed.setattr(container, limit, 1000)
            assert codes(judged(made())) == {"too_large"}


def test_a_directory_that_lies_about_a_length_is_refused() -> None:
    content = bytearray(zipped({"a.json": bytes(5000)}, compression=zipfile.ZIP_DEFLATED))
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = (100).to_bytes(4, "little")
    assert judged(bytes(content)).verdict is Verdict.INVALID


def test_photographs_of_every_kind_that_people_send_go_in_and_come_out() -> None:
    photographs = {".png": b"\x89PNG..", ".jpg": b"\xff\xd8\xff..", ".webp": b"RIFF\x04\0\0\0WEBP", ".tif": b"II*\0.."}
    pieces = tuple(Piece("照片", content, "scan", signed=False) for content in photographs.values())
    bundle = make(case(pieces=pieces), sealer(), now=play().clock.now())
    files = unpack(bundle)
    assert {name[-4:].lstrip("0123"): files[name] for name in files if name.startswith("papers/")} == {
        suffix[-4:]: content for suffix, content in photographs.items()
    }
    assert judged(bundle).verdict is Verdict.VALID


def test_faults_of_the_case_are_named_and_nothing_is_made() -> None:
    with pytest.raises(ContentsFault, match="neither PDF nor picture"):
        make(case(pieces=(Piece("表格", b"PK\x03\x04"),)), sealer(), now=play().clock.now())
    with pytest.raises(ContentsFault, match="title"):
        make(case(title=""), sealer(), now=play().clock.now())
    with pytest.raises(BundleRefused):
        pack({"../x": b""})
    with pytest.raises(ValueError, match="zone"):
        contents.iso(dt.datetime(2026, 1, 1))  # noqa: DTZ001 - without a zone on purpose


def test_a_case_larger_than_any_reader_takes_is_not_bundled(monkeypatch) -> None:
    monkeypatch.setattr(making, "MOST_BYTES", 1000)
    with pytest.raises(ContentsFault, match="at most 64 MB a file and 0 MB in all"):
        make(case(), sealer(), now=play().clock.now())


def test_every_reason_speaks_both_languages() -> None:
    for _, zh, en in REASONS.values():
        assert zh and en and ("{}" in zh) == ("{}" in en)


def test_the_command_line_makes_checks_and_shows(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "1.pdf").write_bytes(play().whole)
    (folder / "audit.json").write_text(json.dumps(chain("case.report")))
    stated = {"number": "37", "title": "漏水", "installation": "云调", "audit": "audit.json",
              "papers": [{"file": "1.pdf", "title": "协议书"}]}  # fmt: skip
    (folder / "case.json").write_text(json.dumps(stated))
    (tmp_path / "pass").write_text("example\n")
    (tmp_path / "root.pem").write_text(play().roots[0])
    out = tmp_path / "out.zip"
    authority = str(play().ceremony.authority.folder)
    common = ["--authority", authority, "--passphrase-file", str(tmp_path / "pass")]
    assert main(["bundle", "make", str(folder), str(out), *common]) == 0
    at = ["--at", "2027-06-01T00:00:00", "--root", str(tmp_path / "root.pem")]
    assert main(["bundle", "verify", str(out), *at, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "valid"
    assert main(["bundle", "show", str(out)]) == 0
    assert "papers/001.pdf" in capsys.readouterr().out
    out.write_bytes(out.read_bytes()[:-10])
    assert main(["bundle", "verify", str(out), *at]) == 1
    assert "不是一个证据包" in capsys.readouterr().out
    (folder / "audit.json").unlink()
    assert main(["bundle", "make", str(folder), str(tmp_path / "none.zip"), *common]) == 2
    assert not list(tmp_path.glob("none*"))
