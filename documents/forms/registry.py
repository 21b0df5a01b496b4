"""Every form: what it is called on the command line, which paper fills it, how it is printed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reportlab.platypus.flowables import Flowable

from documents.flowables import Press
from documents.forms import (
    closing,
    confirmation,
    court,
    delivery,
    dossier,
    intake,
    records,
    ruling,
    settlement,
    signing_proof,
    wet_ink,
)
from documents.papers import closing as closes
from documents.papers import confirmation as confirms
from documents.papers import court as courts
from documents.papers import delivery as deliveries
from documents.papers import dossier as filed
from documents.papers import intake as intakes
from documents.papers import records as recorded
from documents.papers import ruling as rulings
from documents.papers import settlement as settled
from documents.papers import signing_proof as proved
from documents.papers import wet_ink as inked

Story = Callable[[Any, Press], list[Flowable]]


@dataclass(frozen=True)
class Form:
    """One official form: its kind (a word of the command line), the paper that fills it, the story it prints as."""

    kind: str
    paper: type
    story: Story


FORMS: tuple[Form, ...] = (
    Form("mediation-application", intakes.MediationApplication, intake.application_story),
    Form("registration", intakes.RegistrationForm, intake.registration_story),
    Form("rights-notice", intakes.RightsNotice, intake.rights_story),
    Form("online-consent", intakes.OnlineConsent, intake.consent_story),
    Form("inquiry-record", recorded.InquiryRecord, records.inquiry_story),
    Form("mediation-record", recorded.MediationRecord, records.mediation_story),
    Form("agreement", settled.AgreementDocument, settlement.agreement_story),
    Form("oral-agreement", settled.OralAgreement, settlement.oral_story),
    Form("follow-up", settled.FollowUpRecord, settlement.follow_up_story),
    Form("termination-notice", closes.TerminationNotice, closing.termination_story),
    Form("refusal-notice", closes.RefusalNotice, closing.refusal_story),
    Form("mediation-proof", closes.MediationProof, closing.proof_story),
    Form("confirmation-application", confirms.ApplicationDocument, confirmation.application_story),
    Form("pledge", confirms.PledgeDocument, confirmation.pledge_story),
    Form("power-of-attorney", confirms.PowerOfAttorney, confirmation.authority_story),
    Form("delivery-address", confirms.DeliveryAddress, confirmation.address_story),
    Form("acceptance-notice", courts.AcceptanceNotice, court.acceptance_story),
    Form("correction-notice", courts.CorrectionNotice, court.correction_story),
    Form("ruling", rulings.RulingDocument, ruling.ruling_story),
    Form("delivery-receipt", deliveries.DeliveryReceipt, delivery.receipt_story),
    Form("electronic-receipt", deliveries.ElectronicReceipt, delivery.electronic_story),
    Form("signing-proof", proved.SigningProof, signing_proof.signing_proof_story),
)

BY_KIND: Mapping[str, Form] = {form.kind: form for form in FORMS}
DOSSIER_PAGES: tuple[Form, ...] = (
    Form("dossier-cover", filed.DossierCover, dossier.cover_story),
    Form("dossier-list", filed.InsideList, dossier.list_story),
    Form("dossier-stand-in", filed.StandIn, dossier.stand_in_story),
    Form("dossier-statement", filed.ClosingStatement, dossier.statement_story),
    Form("dossier-back", filed.BackCover, dossier.back_story),
)
INK_PAPERS: tuple[Form, ...] = (
    Form("ink-cover", inked.PrintCover, wet_ink.cover_story),
    Form("ink-attestation", inked.InkAttestation, wet_ink.attestation_story),
)
BY_PAPER: Mapping[type, Form] = {form.paper: form for form in (*FORMS, *DOSSIER_PAGES, *INK_PAPERS)}
