"""Signatures with keys that we never hold (PAdES, ETSI EN 319 142-1): prepare, sign elsewhere, embed.

prepare(pdf, field, certificate) gives the attributes that the person's browser signs; embed(prepared, signature)
checks the signature first and then puts it in with a trusted time. Between the two lies a Prepared: plain bytes.
"""

import base64
import dataclasses
import datetime as dt
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.x509 import load_pem_x509_certificate
from pikepdf import Array, Dictionary, Name, String

from documents.archive import complete_long_term
from documents.authority import DEVELOPMENT_MARK
from documents.cades import Signature, container, der_of, signed_attributes
from documents.fields import FILLING_AND_SIGNING, PLATFORM_FIELD, SEAL_FIELD, fields_of, lay_out_fields, signed_in
from documents.increment import Increment, filled
from documents.keys import CertifiedKey, SigningKey, der_from_raw, signed_by
from documents.marks import Appearance, appearance_form
from documents.papers.base import SignatureField
from documents.timestamp import Timestamper, TimestampFailed, token, trusted_now

__all__ = ["Appearance", "Prepared", "SignatureField", "SignatureRefused", "SigningKey", "certify"]
__all__ += ["complete_long_term", "embed", "lay_out_fields", "prepare", "sign_with_key"]

RESERVED = 24576  # hex digits kept free for a signature with its chain and an outside authority's time stamp


class SignatureRefused(ValueError):
    """Not done; `code` is one of wrong_signature, already_signed, sealed, seal_last, not_certified, not_a_field and
    certificate_expired."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(text)


@dataclass(frozen=True)
class Prepared:
    """Everything between prepare and embed; `base_digest` names the revision it was made from.

    The browser hashes `pdf` over `byte_range`, compares with the messageDigest in `signed_attributes` (DER, SET OF) and
    signs those attributes. Two Prepared of one revision exclude each other: the caller compares `base_digest`, and
    begins anew where it is stale.
    """

    field: str
    base_digest: str
    digest: bytes
    signed_attributes: bytes
    byte_range: tuple[int, int, int, int]
    pdf: bytes
    certificate_pem: str
    chain_pems: tuple[str, ...]

    def to_json(self) -> str:
        plain = dataclasses.asdict(self)
        plain["pdf"] = zlib.compress(self.pdf, 1)
        return json.dumps(
            {
                key: base64.b64encode(value).decode() if isinstance(value, bytes) else value
                for key, value in plain.items()
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "Prepared":
        kept: dict[str, Any] = json.loads(text)
        start, before, after, length = (int(value) for value in kept["byte_range"])
        return cls(
            field=str(kept["field"]),
            base_digest=str(kept["base_digest"]),
            digest=base64.b64decode(kept["digest"]),
            signed_attributes=base64.b64decode(kept["signed_attributes"]),
            byte_range=(start, before, after, length),
            pdf=zlib.decompress(base64.b64decode(kept["pdf"])),
            certificate_pem=str(kept["certificate_pem"]),
            chain_pems=tuple(kept["chain_pems"]),
        )


def _allowed(signed: Sequence[str], empty: Sequence[str], name: str) -> None:
    """Refuse what would make a paper nobody should trust: the order is text, people in any order, seal."""
    if name in signed:
        raise SignatureRefused("already_signed", "这个位置已经签过了")
    if name not in empty:
        raise SignatureRefused("not_a_field", f"这份文书没有签名位置：{name}")
    if SEAL_FIELD in signed:
        raise SignatureRefused("sealed", "已经盖章，不能再签")
    if PLATFORM_FIELD not in (*signed, name):
        raise SignatureRefused("not_certified", "文本还没有固定，不能签名")
    if name == SEAL_FIELD and list(empty) != [SEAL_FIELD]:
        raise SignatureRefused("seal_last", "还有人没有签名，不能盖章")


def prepare(
    pdf: bytes,
    field: str,
    certificate_pem: str,
    chain_pems: Sequence[str],
    appearance: Appearance,
    signing_time: dt.datetime,
) -> Prepared:
    """Place the appearance and the empty signature, and say what is to be signed."""
    return _prepare(pdf, field, (certificate_pem, tuple(chain_pems)), appearance, signing_time)


def _prepare(
    pdf: bytes, field: str, certificates: tuple[str, tuple[str, ...]], look: Appearance | None, moment: dt.datetime
) -> Prepared:
    certificate_pem, chain_pems = certificates
    certificate = load_pem_x509_certificate(certificate_pem.encode())
    if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
        raise SignatureRefused(
            "certificate_expired", f"证书不在有效期内，不能签：{certificate.not_valid_after_utc:%Y-%m-%d}"
        )
    update = Increment(pdf)
    _allowed(*signed_in(update.pdf), field)
    widget = dict(fields_of(update.pdf))[field]
    signature = update.add(_described(look, moment))
    if look is None:
        signature.Reference = Array([_reference("DocMDP", Dictionary(V=Name("/1.2"), P=FILLING_AND_SIGNING))])
        update.pdf.Root.Perms = Dictionary(DocMDP=signature)
        update.change(update.pdf.Root)
    else:
        left, bottom, right, top = (float(value) for value in widget.Rect)
        development = DEVELOPMENT_MARK in certificate.issuer.rfc4514_string()
        form = appearance_form(update.pdf, look, (right - left, top - bottom), development=development)
        widget.AP = Dictionary(N=form)
    if "/Lock" in widget:
        signature.Reference = Array([_locking(widget.Lock, update.pdf.Root)])
    widget.V = signature
    update.change(widget)
    placed = update.write_signature(signature, RESERVED)
    return Prepared(
        field=field,
        base_digest=hashlib.sha256(pdf).hexdigest(),
        digest=placed.digest,
        signed_attributes=signed_attributes(placed.digest, der_of(certificate_pem)),
        byte_range=placed.byte_range,
        pdf=placed.content,
        certificate_pem=certificate_pem,
        chain_pems=chain_pems,
    )


def _described(look: Appearance | None, moment: dt.datetime) -> Dictionary:
    """The signature dictionary (ISO 32000-1, 12.8.1) but for its contents and byte range."""
    made = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/ETSI.CAdES.detached"))
    made.M = String(f"D:{moment.astimezone(dt.UTC):%Y%m%d%H%M%S}Z")
    if look:
        made.Name = String(look.name)
    return made


def _reference(method: str, parameters: Dictionary) -> Dictionary:
    parameters.Type = Name.TransformParams
    return Dictionary(Type=Name.SigRef, TransformMethod=Name(f"/{method}"), TransformParams=parameters)


def _locking(lock: Any, root: Any) -> Dictionary:
    """What the field's lock asks of the signature in it: no change of these fields, and none of the text (P = 1)."""
    parameters = Dictionary(Action=lock.Action, Fields=lock.Fields, V=Name("/1.2"), P=lock.P)
    reference = _reference("FieldMDP", parameters)
    reference.Data = root
    return reference


def embed(prepared: Prepared, signature_raw_rs: bytes, timestamper: Timestamper) -> bytes:
    """The signed revision: signature checked first, then its trusted time, then both put into the gap (PAdES B-T)."""
    certificate = load_pem_x509_certificate(prepared.certificate_pem.encode())
    if not signed_by(certificate, prepared.signed_attributes, signature_raw_rs):
        raise SignatureRefused("wrong_signature", "签名和证书对不上，没有签进去")
    value = der_from_raw(signature_raw_rs)
    granted = token(timestamper, hashlib.sha256(value).digest()).dump()
    chain = [der_of(one) for one in (prepared.certificate_pem, *prepared.chain_pems)]
    der = container(Signature(certificate, prepared.signed_attributes, value), chain, time_token=granted)
    _, start, end, _ = prepared.byte_range
    try:
        return filled(prepared.pdf, start, end, der)
    except ValueError as fault:
        raise TimestampFailed(f"the signature could not be completed: {fault}") from fault


def certify(
    pdf: bytes, platform: CertifiedKey, timestamper: Timestamper, signing_time: dt.datetime | None = None
) -> bytes:
    """Fix the text: an invisible certification signature after which only signing is allowed (DocMDP level 2)."""
    moment = signing_time or trusted_now(timestamper)
    certificates = (platform.certificate_pem, platform.chain_pems)
    prepared = _prepare(pdf, PLATFORM_FIELD, certificates, None, moment)
    return embed(prepared, platform.sign(prepared.signed_attributes), timestamper)


def sign_with_key(
    pdf: bytes,
    field: str,
    key: CertifiedKey,
    appearance: Appearance,
    timestamper: Timestamper,
    signing_time: dt.datetime | None = None,
) -> bytes:
    """Sign with a key kept here: an organisation's seal. People sign in their own browsers."""
    moment = signing_time or trusted_now(timestamper)
    prepared = prepare(pdf, field, key.certificate_pem, key.chain_pems, appearance, moment)
    return embed(prepared, key.sign(prepared.signed_attributes), timestamper)
