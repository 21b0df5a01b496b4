"""Evidence for years (B-LTA): chains and revocation lists in the file's security store, and a time stamp over all."""

from collections.abc import Iterator
from typing import Any

from asn1crypto import cms
from pikepdf import Array, Dictionary, Name

from documents.authority import Evidence
from documents.cades import der_of
from documents.fields import ARCHIVE_FIELD, fields_of, hang, new_field
from documents.increment import Increment, filled
from documents.timestamp import Timestamper, TimestampFailed, token

RESERVED = 24576
EXTENSION = Dictionary(Type=Name.DeveloperExtensions, BaseVersion=Name("/1.7"), ExtensionLevel=1)


def signatures_of(pdf: Any) -> Iterator[tuple[str, Any]]:
    """Name of the field and CMS (asn1crypto SignedData) of every signature and document time stamp, in their order."""
    for name, field in fields_of(pdf):
        if "/V" in field:
            yield name, cms.ContentInfo.load(bytes(field.V.Contents))["content"]


def stamps_in(signed: Any) -> Iterator[Any]:
    """The signature time stamps (SignedData) among a signature's unsigned attributes."""
    for attribute in signed["signer_infos"][0]["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            yield from (one["content"] for one in attribute["values"])


def _certificates(pdf: Any, evidence: Evidence) -> list[bytes]:
    """Every certificate that stands in a signature or a time stamp, and the authorities', once each."""
    found: dict[bytes, None] = {}
    for _, signed in signatures_of(pdf):
        for one in (signed, *stamps_in(signed)):
            found |= {choice.chosen.dump(): None for choice in one["certificates"]}
    return list(found | {der_of(pem): None for pem in evidence.certificate_pems})


def _store(update: Increment, certificates: list[bytes], lists: tuple[bytes, ...]) -> None:
    """Add to the security store (ISO 32000-2, 12.8.4.3) what it does not hold yet."""
    root = update.pdf.Root
    if "/DSS" not in root:
        root.DSS = update.add(Dictionary(Type=Name.DSS))
        root.Extensions = Dictionary(ESIC=EXTENSION)
        update.change(root)
    for key, wanted in (("/Certs", certificates), ("/CRLs", lists)):
        held = root.DSS.get(key, Array())
        known = {bytes(one.read_bytes()) for one in held}
        root.DSS[key] = Array([*held, *(update.add(update.pdf.make_stream(one)) for one in wanted if one not in known)])
    update.change(root.DSS)


def complete_long_term(pdf: bytes, timestamper: Timestamper, evidence: Evidence) -> bytes:
    """After the seal: one security store with all chains and lists (B-LT), then a document time stamp (B-LTA).

    Run again before the time authority's certificate ends, it renews: new lists, and a new time stamp over the old one.
    """
    return stamped(stored(pdf, evidence), timestamper)


def stored(pdf: bytes, evidence: Evidence) -> bytes:
    """The file with its security store brought up to date (B-LT)."""
    update = Increment(pdf)
    _store(update, _certificates(update.pdf, evidence), evidence.crls)
    return update.write()


def stamped(pdf: bytes, timestamper: Timestamper) -> bytes:
    """The file with one more document time stamp over all of it; TimestampFailed and nothing changed without one."""
    update = Increment(pdf)
    earlier = sum(name.startswith(ARCHIVE_FIELD) for name, _ in fields_of(update.pdf))
    kind = Dictionary(Type=Name.DocTimeStamp, Filter=Name("/Adobe.PPKLite"), SubFilter=Name("/ETSI.RFC3161"))
    stamp = update.add(kind)
    field = update.add(new_field(update.pdf, f"{ARCHIVE_FIELD}-{earlier + 1}", "长期保存时间戳"))
    field.V = stamp
    hang(field)
    update.pdf.Root.AcroForm.Fields.append(field)
    update.change(field.P, update.pdf.Root.AcroForm)
    placed = update.write_signature(stamp, RESERVED)
    try:
        return filled(placed.content, placed.start, placed.end, token(timestamper, placed.digest).dump())
    except ValueError as fault:
        raise TimestampFailed(f"the time stamp does not fit: {fault}") from fault
