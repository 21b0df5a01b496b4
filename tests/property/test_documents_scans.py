"""Whatever comes back as a scan: it is taken or told, never a crash, and what is taken is a picture of ours."""

import io

from documents_wetink import packed, photographed
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from documents.wetink.scanning import MOST_KEPT, read_sheets

SHEET = photographed()[1].resize((620, 877))
HONEST = [packed(SHEET), packed(SHEET.convert("1"), "PNG"), packed(SHEET, "PDF"),
          packed(SHEET, "WEBP"), packed(SHEET.convert("1"), "TIFF", compression="group4")]  # fmt: skip
CHANGES = st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=4), st.integers(0, 6)), min_size=1, max_size=8)


@settings(max_examples=60)
@given(st.sampled_from(HONEST), CHANGES)
def test_a_damaged_scan_is_taken_or_told(honest: bytes, changes: list[tuple[int, bytes, int]]) -> None:
    damaged = bytearray(honest)
    for place, put, cut in changes:
        damaged[place : place + cut] = put
    scans = read_sheets([bytes(damaged)])
    assert len(scans.sheets) + len(scans.faults) >= 1
    assert all(one.zh and one.en for one in scans.faults)
    for sheet in scans.sheets:
        assert len(sheet.jpeg) <= MOST_KEPT
        assert Image.open(io.BytesIO(sheet.jpeg)).format == "JPEG"
