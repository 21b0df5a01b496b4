"""A paper as PDF/A-2b bytes: the same paper gives the same bytes, every glyph is there, every fault is named."""

import threading
from collections.abc import Sequence

from documents.flowables import Press
from documents.fonts import FontStack
from documents.forms.registry import BY_PAPER
from documents.page import Sheet, print_sheets
from documents.papers.base import Paper, checked
from documents.pdfa import Attachment, archival
from documents.tagging import Structure

one_at_a_time = threading.Lock()  # reportlab keeps its fonts' subsets in the process


def render(paper: Paper, fonts: FontStack, attachments: Sequence[Attachment] = ()) -> bytes:
    """Print a paper, with a spot for each of its signature fields; with files attached it is PDF/A-3b.

    Raises FieldFault with all that is missing or wrong, GlyphMissing with the character that no font has.
    """
    checked(paper)
    imprint, press, structure = paper.imprint(), Press(fonts), Structure()
    sheet = Sheet(imprint, paper.development)
    with one_at_a_time:
        raw = print_sheets(BY_PAPER[type(paper)].story(paper, press), fonts, sheet, structure)
    return archival(raw, imprint, press.spots.found, structure, attachments)
