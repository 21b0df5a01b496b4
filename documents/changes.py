"""What changed since a signature, judged once for all signatures of a file.

pyHanko compares every later revision with every signature's revision: for n signatures n² times the same work. Here a
revision is compared once, with the newest signed revision before it, and what is found counts for each signature that
is older. That is no weaker: whoever signed second signed everything that the first signature allowed, so a change
that is none since the second signature is none since the first beyond what was judged before; and a change that is
taken back later is seen in both of its steps.
"""

from dataclasses import dataclass, field
from typing import Self
from weakref import WeakKeyDictionary

from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, StandardDiffPolicy
from pyhanko.sign.diff_analysis.policy_api import DiffResult, ModificationLevel, SuspiciousModification
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm


@dataclass(frozen=True)
class Terms:
    """What a signature forbids beyond what every signature forbids: either only adds refusals."""

    certifies: bool  # a certification allows less than an approval does (ISO 32000-2, 12.8.2.2)
    locks: str  # the fields it locks (12.8.2.4), "" for none

    @classmethod
    def of(cls, doc_mdp: MDPPerm | None, field_mdp: FieldMDPSpec | None) -> Self:
        return cls(doc_mdp is not None, "" if field_mdp is None else f"{field_mdp.action} {field_mdp.fields}")

    def cover(self, other: Self) -> bool:
        """Whether what passed these terms passes the other ones too."""
        return (self.certifies or not other.certifies) and other.locks in ("", self.locks)


@dataclass
class Known:
    """Of one file: its signed revisions, and what was found of each revision under which terms."""

    signed: list[int]
    found: dict[int, list[tuple[Terms, DiffResult | SuspiciousModification]]] = field(default_factory=dict)


class OnceForAll(StandardDiffPolicy):
    """pyHanko's rules, each revision judged against the newest signature before it."""

    def __init__(self, rules: StandardDiffPolicy) -> None:
        super().__init__(rules.global_rules, rules.form_rule)
        self._known: WeakKeyDictionary[PdfFileReader, Known] = WeakKeyDictionary()

    def review_file(
        self,
        reader: PdfFileReader,
        base_revision: int | HistoricalResolver,
        field_mdp_spec: FieldMDPSpec | None = None,
        doc_mdp: MDPPerm | None = None,
    ) -> DiffResult | SuspiciousModification:
        base = base_revision if isinstance(base_revision, int) else base_revision.revision
        known = self._known.setdefault(reader, Known([]))
        if not known.signed:
            known.signed = sorted(one.signed_revision for one in reader.embedded_signatures)
        level, fields = ModificationLevel.NONE, set[str]()
        for revision in range(base + 1, reader.xrefs.total_revisions):
            found = self._step(reader, known, (base, revision), (field_mdp_spec, doc_mdp))
            if isinstance(found, SuspiciousModification):
                return found
            level = max(level, found.modification_level)
            fields |= found.changed_form_fields
        return DiffResult(level, fields)

    def _step(
        self,
        reader: PdfFileReader,
        known: Known,
        span: tuple[int, int],
        wanted: tuple[FieldMDPSpec | None, MDPPerm | None],
    ) -> DiffResult | SuspiciousModification:
        base, revision = span
        terms, before = Terms.of(wanted[1], wanted[0]), known.found.setdefault(revision, [])
        for under, found in before:
            if under == terms or (under.cover(terms) and isinstance(found, DiffResult)):
                return found
        newest = max([one for one in known.signed if base <= one < revision], default=base)
        old, new = reader.get_historical_resolver(newest), reader.get_historical_resolver(revision)
        try:
            applied = self.apply(old, new, wanted[0], wanted[1])
            names = {str(one) for one in applied.changed_form_fields}  # plain: pyHanko's strings hold the whole file
            made: DiffResult | SuspiciousModification = DiffResult(applied.modification_level, names)
        except SuspiciousModification as suspicion:
            made = SuspiciousModification(str(suspicion))  # without its trace, which holds it too
        before.append((terms, made))
        return made


POLICY = OnceForAll(DEFAULT_DIFF_POLICY)
