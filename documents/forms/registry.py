"""Which form prints which paper."""

from collections.abc import Callable, Mapping
from typing import Any

from reportlab.platypus.flowables import Flowable

from documents.flowables import Spots
from documents.fonts import FontStack
from documents.forms import court, settlement, signing_proof
from documents.papers.closing import MediationProof
from documents.papers.confirmation import ApplicationDocument
from documents.papers.court import AcceptanceNotice
from documents.papers.delivery import ElectronicReceipt
from documents.papers.ruling import RulingDocument
from documents.papers.settlement import AgreementDocument
from documents.papers.signing_proof import SigningProof

Story = Callable[[Any, FontStack, Spots], list[Flowable]]

STORIES: Mapping[type, Story] = {
    AgreementDocument: settlement.agreement_story,
    MediationProof: settlement.proof_story,
    ApplicationDocument: court.application_story,
    AcceptanceNotice: court.acceptance_story,
    RulingDocument: court.ruling_story,
    ElectronicReceipt: court.receipt_story,
    SigningProof: signing_proof.signing_proof_story,
}
