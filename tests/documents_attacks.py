"""The published attacks on signed PDFs, each as a function of a signed file: what comes out must never be believed.

Shadow attacks: Mainka et al., NDSS 2021. Incremental saving, signature wrapping, universal forgery: Mladenov et al.,
CCS 2019. Evil annotations and sneaky signatures on certified files: Rohlmann et al., S&P 2021.
"""

import io
import re
import zlib
from collections.abc import Callable

import pikepdf
from asn1crypto import core
from documents_play import play
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from documents.render import render
from documents.signing import certify, lay_out_fields

Attack = Callable[[bytes], bytes]
BLACK = b"0 0 0 rg 0 0 600 800 re f"


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], object]) -> bytes:
    """An incremental update as any editor writes it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def numbers(*values: int) -> generic.ArrayObject:
    return generic.ArrayObject(map(generic.NumberObject, values))


def dictionary(**entries: object) -> generic.DictionaryObject:
    return generic.DictionaryObject({pdf_name(f"/{key}"): value for key, value in entries.items()})


def pages(writer):
    return writer.root["/Pages"]


def first_page(writer):
    return pages(writer)["/Kids"].raw_get(0)


def drawn(writer, content: bytes = BLACK):
    """A form XObject that covers what lies under it."""
    form = generic.StreamObject(stream_data=content)
    form.update(dictionary(Type=pdf_name("/XObject"), Subtype=pdf_name("/Form"), BBox=numbers(0, 0, 600, 800)))
    return writer.add_object(form)


# --- incremental saving: something is appended after a signature -------------------------------------------------


def replace_content(writer) -> None:
    page = first_page(writer)
    page.get_object()["/Contents"] = writer.add_object(generic.StreamObject(stream_data=BLACK))
    writer.mark_update(page)


def swap_pages(writer) -> None:
    kids = pages(writer)["/Kids"]
    turned = list(reversed([kids.raw_get(place) for place in range(len(kids))]))
    pages(writer)[pdf_name("/Kids")] = generic.ArrayObject([*turned, turned[0]])
    writer.mark_update(writer.root.raw_get("/Pages").reference)


def remove_page(writer) -> None:
    pages(writer)[pdf_name("/Kids")] = generic.ArrayObject([first_page(writer)])
    pages(writer)[pdf_name("/Count")] = generic.NumberObject(1)
    writer.mark_update(writer.root.raw_get("/Pages").reference)


def crop_page(writer) -> None:
    first_page(writer).get_object()[pdf_name("/CropBox")] = numbers(0, 0, 10, 10)
    writer.mark_update(first_page(writer))


def turn_page(writer) -> None:
    first_page(writer).get_object()[pdf_name("/Rotate")] = generic.NumberObject(180)
    writer.mark_update(first_page(writer))


def override_font(writer) -> None:
    fonts = first_page(writer).get_object()["/Resources"]["/Font"]
    name = next(iter(fonts))
    font = fonts[name]
    font[pdf_name("/ToUnicode")] = writer.add_object(generic.StreamObject(stream_data=b"begincmap endcmap"))
    font[pdf_name("/FirstChar")] = generic.NumberObject(7)
    writer.mark_update(fonts.raw_get(name))


def replace_catalog(writer) -> None:
    writer.root[pdf_name("/Pages")] = writer.add_object(
        dictionary(Type=pdf_name("/Pages"), Kids=generic.ArrayObject(), Count=generic.NumberObject(0))
    )
    writer.update_root()


def change_title(writer) -> None:
    described = writer.trailer["/Info"]
    described[pdf_name("/Title")] = generic.pdf_string("另一份协议")
    writer.mark_update(writer.trailer.raw_get("/Info"))


def change_metadata(writer) -> None:
    """Another title in the XMP packet only, which some viewers show."""
    held = writer.root.raw_get("/Metadata")
    packet = held.get_object().data.replace("人民调解协议书".encode(), "借款合同".encode())
    renamed = generic.StreamObject(stream_data=packet)
    renamed.update(dictionary(Type=pdf_name("/Metadata"), Subtype=pdf_name("/XML")))
    writer.root[pdf_name("/Metadata")] = writer.add_object(renamed)
    writer.update_root()


def add_script(writer) -> None:
    writer.root[pdf_name("/OpenAction")] = dictionary(S=pdf_name("/JavaScript"), JS=generic.pdf_string("app.alert(1)"))
    writer.update_root()


def annotation(kind: str) -> Callable[[IncrementalPdfFileWriter], None]:
    """Evil annotation: certification often allows notes, and a note can cover the text."""

    def annotate(writer) -> None:
        note = dictionary(Type=pdf_name("/Annot"), Subtype=pdf_name(kind), Rect=numbers(0, 0, 600, 800))
        note[pdf_name("/AP")] = dictionary(N=drawn(writer))
        page = first_page(writer).get_object()
        shown = page.get("/Annots", generic.ArrayObject())
        page[pdf_name("/Annots")] = generic.ArrayObject([*shown, writer.add_object(note)])
        writer.mark_update(first_page(writer))

    annotate.__name__ = f"annotation_{kind[1:].lower()}"
    return annotate


def sneaky_field(writer) -> None:
    """Sneaky signature: a new field for a signature, whose look covers the text."""
    append_signature_field(writer, SigFieldSpec("party-9", on_page=0, box=(0, 0, 600, 800)))
    field = writer.root["/AcroForm"]["/Fields"][-1].get_object()
    field[pdf_name("/AP")] = dictionary(N=drawn(writer))


def field_of(writer, name: str):
    return next(one for one in writer.root["/AcroForm"]["/Fields"] if one.get_object()["/T"] == name)


def swap_appearance(writer) -> None:
    field = field_of(writer, "party-2").get_object()
    field["/AP"][pdf_name("/N")] = drawn(writer, b"1 0 0 rg 0 0 50 50 re f")
    writer.update_container(field["/AP"])
    writer.update_container(field)


def move_signature(writer) -> None:
    field = field_of(writer, "party-2").get_object()
    field[pdf_name("/Rect")] = numbers(0, 0, 600, 800)
    writer.update_container(field)


def take_signature_out(writer) -> None:
    field = field_of(writer, "party-2").get_object()
    del field["/V"]
    writer.update_container(field)


def sign_elsewhere(writer) -> None:
    """The signature of one person shown in the field of another."""
    field = field_of(writer, "party-1").get_object()
    field[pdf_name("/V")] = field_of(writer, "party-2").get_object().raw_get("/V")
    writer.update_container(field)


def loop_pages(writer) -> None:
    pages(writer)["/Kids"].append(writer.root.raw_get("/Pages"))
    writer.update_container(pages(writer)["/Kids"])
    writer.mark_update(writer.root.raw_get("/Pages").reference)


UPDATES = (
    replace_content, swap_pages, remove_page, crop_page, turn_page, override_font, replace_catalog, change_title,
    change_metadata, add_script, *map(annotation, ("/FreeText", "/Stamp", "/Redact", "/Ink", "/Watermark", "/Widget")),
    sneaky_field, swap_appearance, move_signature, take_signature_out, sign_elsewhere, loop_pages,
)  # fmt: skip


# --- universal forgery: the signature's own dictionary is damaged -------------------------------------------------

CONTENTS = {
    "missing": None,
    "null": generic.NullObject(),
    "empty": generic.ByteStringObject(b""),
    "zero": generic.ByteStringObject(bytes(20)),
    "text": generic.pdf_string("signed"),
}
BYTE_RANGES = {
    "missing": None,
    "null": generic.NullObject(),
    "empty": numbers(),
    "zeros": numbers(0, 0, 0, 0),
    "three": numbers(0, 100, 200),
    "negative": numbers(0, -100, 200, 100),
    "backwards": numbers(0, 2000, 1000, 500),
    "overlapping": numbers(0, 3000, 1000, 3000),
    "from_the_middle": numbers(100, 1000, 2000, 1000),
    "beyond": numbers(0, 1000, 2000, 10**12),
    "words": generic.ArrayObject([generic.pdf_string("0")] * 4),
    "eight": numbers(0, 10, 20, 10, 40, 10, 60, 10),
}


def forged(key: str, value: object) -> Attack:
    """A signature whose /Contents or /ByteRange an update has emptied or bent."""

    def change(writer) -> None:
        held = field_of(writer, "party-2").get_object().raw_get("/V")
        signature = held.get_object()
        if value is None:
            del signature[key]
        else:
            signature[pdf_name(key)] = value
        writer.mark_update(held)

    return lambda pdf: updated(pdf, change)


FORGERIES = {
    **{f"contents_{name}": forged("/Contents", value) for name, value in CONTENTS.items()},
    **{f"byte_range_{name}": forged("/ByteRange", value) for name, value in BYTE_RANGES.items()},
}


# --- wrapping: the gap that no digest covers holds more than the signature ---------------------------------------


def gap_of(pdf: bytes, field: str) -> tuple[int, int]:
    reader = PdfFileReader(io.BytesIO(pdf))
    found = next(one for one in reader.embedded_signatures if str(one.field_name) == field)
    return int(found.byte_range[1]), int(found.byte_range[2])


def wrapped(make: Callable[[str, int], bytes], field: str = "party-2") -> Attack:
    """Put something of the same length into the gap; `make` gets the signature's hex digits and the room."""

    def attack(pdf: bytes) -> bytes:
        begin, end = gap_of(pdf, field)
        whole = bytes.fromhex(pdf[begin + 1 : end - 1].decode())
        token = core.Sequence.load(whole).dump().hex()
        content = make(token, end - begin)
        assert len(content) == end - begin
        return pdf[:begin] + content + pdf[end:]

    return attack


def _filled(content: bytes, room: int) -> bytes:
    return content + b" " * (room - len(content))


WRAPPINGS = {
    "object_in_the_gap": wrapped(
        lambda token, room: _filled(f"<{token}>/X(99 0 obj <</Evil true>> endobj)".encode(), room)
    ),
    "second_byte_range": wrapped(lambda token, room: _filled(f"<{token}>/ByteRange [0 10 20 10]".encode(), room)),
    "second_contents": wrapped(lambda token, room: _filled(f"<{token}>/Contents <00>".encode(), room)),
    "comment_in_the_gap": wrapped(lambda token, room: _filled(f"<{token}>%".encode(), room)),
    "spaces_between_the_digits": wrapped(lambda token, room: (f"<{token}".encode() + b" " * room)[: room - 1] + b">"),
    "payload_after_the_token": wrapped(lambda token, room: (f"<{token}".encode() + b"cafe" * room)[: room - 1] + b">"),
    "a_literal_string": wrapped(lambda token, room: b"(" + (f"{token}".encode() + b"0" * room)[: room - 2] + b")"),
}


# --- the file's own skeleton --------------------------------------------------------------------------------------

STRAY = b"\n1 0 obj\n<</Length 3>>\nstream\nabc\nendstream\nendobj\n"


def _raw_update(pdf: bytes, body: bytes, entries: dict[int, int], trailer: bytes = b"") -> bytes:
    """An update written by hand: `entries` gives offsets of objects, wherever they lie."""
    place = len(pdf) + len(body)
    table = b"xref\n" + b"".join(b"%d 1\n%010d 00000 n \n" % (number, at) for number, at in sorted(entries.items()))
    reader = PdfFileReader(io.BytesIO(pdf))
    root, size = reader.trailer.raw_get("/Root").idnum, int(reader.trailer["/Size"])
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    end = b"trailer\n<</Size %d/Root %d 0 R/Prev %d%s>>\nstartxref\n%d\n%%%%EOF\n"
    return pdf + body + table + end % (size, root, previous, trailer, place)


def content_number(pdf: bytes) -> int:
    page = PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Kids"][0].get_object()
    return int(page.raw_get("/Contents").idnum)


def repoint_to_old_bytes(pdf: bytes) -> bytes:
    """Hide-and-replace: no new object at all, a table that names other bytes of the signed file."""
    other = re.search(rb"(?m)^\d+ 0 obj", pdf[len(pdf) // 3 :])
    assert other is not None
    return _raw_update(pdf, b"", {content_number(pdf): len(pdf) // 3 + other.start()})


def two_of_one_number(pdf: bytes) -> bytes:
    number = content_number(pdf)
    one = b"%d 0 obj\n<</Length 4>>\nstream\n%s\nendstream\nendobj\n"
    return _raw_update(pdf, one % (number, b"evil") + one % (number, b"good"), {number: len(pdf)})


def hybrid_table(pdf: bytes) -> bytes:
    return _raw_update(pdf, b"", {}, b"/XRefStm %d" % int(re.findall(rb"startxref\s+(\d+)", pdf)[0]))


def table_that_names_itself(pdf: bytes) -> bytes:
    place = len(pdf)
    return pdf + b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        place,
        place,
    )


def objects_in_a_stream(pdf: bytes) -> bytes:
    """An object stream, listed by a cross-reference stream, that brings another page tree."""
    reader = PdfFileReader(io.BytesIO(pdf))
    size, root = int(reader.trailer["/Size"]), reader.trailer.raw_get("/Root").idnum
    inner = b"%d 0 <</Type/Catalog/Pages<</Type/Pages/Kids[]/Count 0>>>>" % root
    first = inner.index(b"<<")
    body = b"%d 0 obj\n<</Type/ObjStm/N 1/First %d/Length %d>>\nstream\n%s\nendstream\nendobj\n"
    held = body % (size, first, len(inner), inner)
    place = len(pdf) + len(held)
    rows = b"".join(
        bytes([kind]) + a.to_bytes(4, "big") + b.to_bytes(1, "big")
        for kind, a, b in ((2, size, 0), (1, len(pdf), 0), (1, place, 0))
    )
    packed = zlib.compress(rows)
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    table = (
        b"%d 0 obj\n<</Type/XRef/Size %d/Root %d 0 R/Prev %d/W[1 4 1]/Index[%d 1 %d 2]/Filter/FlateDecode/Length %d>>"
    )
    head = table % (size + 1, size + 2, root, previous, root, size, len(packed))
    return pdf + held + head + b"\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (packed, place)


SKELETONS: dict[str, Attack] = {
    "body_without_table": lambda pdf: pdf + b"%d 0 obj\n<</Length 0>>\nendobj\n" % content_number(pdf),
    "trailer_without_table": lambda pdf: pdf + b"trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n",
    "startxref_nowhere": lambda pdf: pdf + b"startxref\n0\n%%EOF\n",
    "second_end_of_file": lambda pdf: pdf + b"%%EOF\n",
    "zip_behind": lambda pdf: pdf + b"PK\x05\x06" + bytes(18),
    "html_behind": lambda pdf: pdf + b"\n<html><script>alert(1)</script></html>\n",
    "another_pdf_behind": lambda pdf: pdf + play().steps["frozen"],
    "another_pdf_before": lambda pdf: play().steps["frozen"] + pdf,
    "junk_before": lambda pdf: b"GIF89a" + pdf,
    "later_header": lambda pdf: b"%PDF-1.4\n" + pdf,
    "other_version": lambda pdf: pdf.replace(b"%PDF-1.", b"%PDF-2.", 1),
    "linearized": lambda pdf: _rewritten(pdf, linearize=True),
    "rewritten": lambda pdf: _rewritten(pdf, compress_streams=False),
    "repoint_to_old_bytes": repoint_to_old_bytes,
    "two_of_one_number": two_of_one_number,
    "hybrid_table": hybrid_table,
    "table_that_names_itself": table_that_names_itself,
    "objects_in_a_stream": objects_in_a_stream,
}


def _rewritten(pdf: bytes, **how: bool) -> bytes:
    """What an editor leaves that writes the file anew."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, **how)
    return out.getvalue()


# --- shadows: laid before the text is certified, thrown afterwards ------------------------------------------------

BETWEEN = {
    "comment": b"\n% paid in full\n",
    "stray_object": STRAY,
    "stray_endings": b"\nendobj\nendstream\n",
    "whole_zip": b"\nPK\x03\x04evil\n",
    "html": b"\n<html><body>another agreement</body></html>\n",
    "second_header": b"\n%PDF-1.7\n",
}


def certified(change: Callable[[pikepdf.Pdf], None] | None = None, *, late: Attack | None = None) -> bytes:
    """A paper that somebody altered before the platform certified it and one party signed."""
    ceremony = play().ceremony
    pdf = render(play().paper, ceremony.fonts)
    if change is not None:
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            change(opened)
            out = io.BytesIO()
            opened.save(out)
            pdf = out.getvalue()
    pdf = lay_out_fields(pdf, play().paper.fields())
    pdf = certify(late(pdf) if late else pdf, ceremony.authority.platform_key("云调平台（演示）", play().clock.now()),
                  ceremony.timestamper, play().clock.now())  # fmt: skip
    return ceremony.signed(pdf, "party-2", play().keys["party-2"])


def with_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="this.getField('x')")


def with_named_script(pdf: pikepdf.Pdf) -> None:
    scripts = pikepdf.Dictionary(Names=["a", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")])
    if "/Names" not in pdf.Root:
        pdf.Root.Names = pikepdf.Dictionary()
    pdf.Root.Names.JavaScript = scripts


def with_launch(pdf: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")
    _annotate(pdf, pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=action))


def with_page_script(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1"))


def with_layers(pdf: pikepdf.Pdf) -> None:
    group = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name="shadow"))
    pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[group], D=pikepdf.Dictionary(OFF=[group]))


def with_note(pdf: pikepdf.Pdf) -> None:
    _annotate(pdf, pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Rect=[0, 0, 500, 500]))


def with_film(pdf: pikepdf.Pdf) -> None:
    _annotate(pdf, pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.RichMedia, Rect=[0, 0, 9, 9]))


def _annotate(pdf: pikepdf.Pdf, annotation_: pikepdf.Dictionary) -> None:
    page = pdf.pages[0]
    if "/Annots" not in page:
        page.Annots = pikepdf.Array()
    page.Annots.append(pdf.make_indirect(annotation_))


def with_text_field(pdf: pikepdf.Pdf) -> None:
    widget = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="amount", V="8600",
            Rect=[100, 500, 200, 520], P=pdf.pages[0].obj, DA="/F 12 Tf 0 g",
        )
    )  # fmt: skip
    page = pdf.pages[0]
    page.Annots = pikepdf.Array([*page.get("/Annots", []), widget])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[widget], DA="/F 12 Tf 0 g")


ACTIVE = (with_script, with_named_script, with_launch, with_page_script, with_layers, with_note, with_film)
