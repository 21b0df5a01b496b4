"""Papers of a confirmation made from the record when asked: application, proof, notice, receipt of service."""

import asyncio
from collections.abc import Callable

from documents.papers.closing import MediationProof
from documents.papers.confirmation import ApplicationDocument, ConfirmationPledge
from documents.papers.court import AcceptanceNotice
from documents.papers.delivery import ElectronicReceipt
from documents.render import render
from server.accounts.models import Organization
from server.accounts.organizations import organization
from server.accounts.staff import user
from server.agreements.drafting import particulars
from server.agreements.queries import EffectiveAgreement, effective
from server.cases import queries as cases
from server.cases.models import Case
from server.court import queries
from server.court.calendar import beijing_day
from server.court.models import Confirmation, RulingDelivery
from server.errors import NotFound, _
from server.wiring import Platform


class Record:
    """Everything a paper of a confirmation draws from, read at one moment."""

    def __init__(  # noqa: PLR0913
        self,
        platform: Platform,
        confirmation: Confirmation,
        case: Case,
        agreement: EffectiveAgreement,
        places: tuple[Organization, Organization],
        names: dict[str, str],
        deliveries: dict[str, RulingDelivery],
    ) -> None:
        self.platform, self.confirmation, self.case, self.agreement = platform, confirmation, case, agreement
        self.court, self.committee = places
        self.names, self.deliveries = names, deliveries
        self.verify_url = f"{platform.settings.base_url}/verify"
        self.development = platform.settings.development


async def make(platform: Platform, confirmation_id: str, kind: str, viewer: str) -> bytes:
    """Return one paper as PDF; raises NotFound for a kind there is not, or not yet."""
    if kind not in MAKERS:
        raise NotFound("paper_unknown", _("没有这种文书。"))
    async with platform.database.reading() as db:
        confirmation = await queries.get_confirmation(db, confirmation_id)
        case = await cases.get_case(db, confirmation.case_id)
        agreement = await effective(db, case.id)
        if agreement is None:
            raise NotFound("no_agreement", _("协议还没写好。"))
        places = (await organization(db, confirmation.court_id), await organization(db, case.committee_id))
        people = [one for one in (case.mediator_id, confirmation.clerk_id, confirmation.judge_id) if one]
        names = {one: (await user(db, one)).name for one in people}
        deliveries = await queries.deliveries(db, confirmation.id)
    record = Record(platform, confirmation, case, agreement, places, names, deliveries)
    return await asyncio.to_thread(MAKERS[kind], record, viewer)


def _application(record: Record, viewer: str) -> bytes:  # noqa: ARG001
    submitted = record.confirmation.submitted_at
    if submitted is None:
        raise NotFound("not_submitted", _("双方还没有都申请。"))
    paper = ApplicationDocument(
        court=record.court.name,
        applicants=tuple(particulars(party) for party in record.case.parties),
        organisation=record.committee.name,
        agreement_number=record.agreement.number,
        agreement_date=beijing_day(record.agreement.effective_at),
        facts=record.case.summary,
        date=beijing_day(submitted),
        verify_url=record.verify_url,
        pledge=ConfirmationPledge(pledged_on=beijing_day(submitted)),
        development=record.development,
    )
    return render(paper, record.platform.signer.fonts)


def _proof(record: Record, viewer: str) -> bytes:  # noqa: ARG001
    concluded = beijing_day(record.agreement.effective_at)
    accepted = record.case.accepted_at or record.case.reported_at
    paper = MediationProof(
        organisation=record.committee.name,
        registration="",
        mediators=(record.names[record.case.mediator_id or ""],),
        parties=tuple(party.name for party in record.case.parties),
        started_on=beijing_day(accepted),
        concluded_on=concluded,
        agreement_number=record.agreement.number,
        agreement_sha256=record.agreement.sha256,
        date=concluded,
        verify_url=record.verify_url,
        cause=record.case.title,
        development=record.development,
    )
    return render(paper, record.platform.signer.fonts)


def _notice(record: Record, viewer: str) -> bytes:  # noqa: ARG001
    docketed = record.confirmation.docketed_at
    if docketed is None:
        raise NotFound("not_docketed", _("法院还没有立案。"))
    clerk = record.names.get(record.confirmation.clerk_id or "", record.court.name)
    paper = AcceptanceNotice(
        court=record.court.name,
        case_number=record.confirmation.case_number or "",
        applicants=tuple(party.name for party in record.case.parties),
        accepted_on=beijing_day(docketed),
        cause=record.case.title,
        judge=record.names.get(record.confirmation.judge_id or "", "待定"),
        clerk=clerk,
        contact=record.court.phone,
        date=beijing_day(docketed),
        verify_url=record.verify_url,
        development=record.development,
    )
    return render(paper, record.platform.signer.fonts)


def _receipt(record: Record, viewer: str) -> bytes:
    mine = record.deliveries.get(viewer)
    party_id, delivery = (viewer, mine) if mine else next(iter(record.deliveries.items()), ("", None))
    return _receipt_of(record, party_id, delivery)


def _receipt_of(record: Record, party_id: str, delivery: RulingDelivery | None) -> bytes:
    if delivery is None:
        raise NotFound("not_served", _("裁定书还没有送达。"))
    paper = ElectronicReceipt(
        court=record.court.name,
        case_number=record.confirmation.case_number or "",
        cause=record.case.title,
        recipient=cases.party_of(record.case, party_id).name,
        paper="民事裁定书",
        channel="平台页面和短信",
        sent_at=delivery.sent_at,
        arrived_at=delivery.arrived_at,
        opened_at=delivery.opened_at,
        verify_url=record.verify_url,
        development=record.development,
    )
    return render(paper, record.platform.signer.fonts)


def _receipt_number(position: int) -> Callable[[Record, str], bytes]:
    def make_one(record: Record, viewer: str) -> bytes:  # noqa: ARG001
        party = next((one for one in record.case.parties if one.position == position), None)
        if party is None:
            raise NotFound("party_unknown", _("这件事里没有这个人。"))
        return _receipt_of(record, party.id, record.deliveries.get(party.id))

    return make_one


MAKERS: dict[str, Callable[[Record, str], bytes]] = {
    "application": _application,
    "proof": _proof,
    "notice": _notice,
    "receipt": _receipt,
    "receipt-1": _receipt_number(1),
    "receipt-2": _receipt_number(2),
}
