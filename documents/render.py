"""A paper as PDF/A-2b bytes: the same paper gives the same bytes, every glyph is there, every fault is named."""

import datetime as dt
import threading
from collections.abc import Callable

from reportlab.platypus.flowables import Flowable

from documents import forms_court, forms_mediation, wording
from documents.flowables import Spots
from documents.fonts import FontStack
from documents.model import (
    AcceptanceNotice,
    AgreementDocument,
    ApplicationDocument,
    DeliveryReceipt,
    MediationProof,
    Paper,
    RulingDocument,
    checked,
)
from documents.page import Sheet, print_sheets
from documents.pdfa import archival
from documents.tagging import Structure

_one_at_a_time = threading.Lock()  # reportlab keeps its fonts' subsets in the process


def _print(
    paper: Paper, names: tuple[str, str], on: dt.date, fonts: FontStack, story: Callable[[Spots], list[Flowable]]
) -> bytes:
    checked(paper)
    title, footer = names
    spots, structure = Spots(), Structure()
    with _one_at_a_time:
        raw = print_sheets(story(spots), fonts, Sheet(title, footer, paper.development), structure)
    return archival(raw, names, on, spots.found, structure)


def render_agreement(paper: AgreementDocument, fonts: FontStack) -> bytes:
    """人民调解协议书, with spots for every party, the mediator and the committee's seal."""
    names = (paper.title, f"{paper.number}　第{paper.version}版")
    return _print(paper, names, paper.date, fonts, lambda spots: forms_mediation.agreement_story(paper, fonts, spots))


def render_ruling(paper: RulingDocument, fonts: FontStack) -> bytes:
    """民事裁定书, with spots for the judge and the court's seal."""
    names = ("民事裁定书", paper.case_number)
    return _print(paper, names, paper.date, fonts, lambda spots: forms_court.ruling_story(paper, fonts, spots))


def render_application(paper: ApplicationDocument, fonts: FontStack) -> bytes:
    """司法确认申请书, and the pledge (司法确认承诺书) where there is one."""
    names = ("司法确认申请书", paper.agreement_number)
    return _print(paper, names, paper.date, fonts, lambda spots: forms_court.application_story(paper, fonts, spots))


def render_mediation_proof(paper: MediationProof, fonts: FontStack) -> bytes:
    """调解组织主持调解的证明."""
    names = ("主持调解证明", paper.agreement_number)
    return _print(paper, names, paper.date, fonts, lambda spots: forms_mediation.proof_story(paper, fonts, spots))


def render_acceptance_notice(paper: AcceptanceNotice, fonts: FontStack) -> bytes:
    """受理通知书."""
    names = ("受理通知书", paper.case_number)
    return _print(paper, names, paper.date, fonts, lambda spots: forms_court.acceptance_story(paper, fonts, spots))


def render_delivery_receipt(paper: DeliveryReceipt, fonts: FontStack) -> bytes:
    """送达回证 (电子送达凭证)."""
    names = ("送达回证", f"{paper.case_number}　{paper.recipient}")
    on = paper.sent_at.astimezone(wording.BEIJING).date()
    return _print(paper, names, on, fonts, lambda spots: forms_court.receipt_story(paper, fonts, spots))
