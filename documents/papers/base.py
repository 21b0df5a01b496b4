"""What every paper has: fields with names, faults that are all told at once, and places to sign. (pure)

A field says by `Said` in its annotation how it is called and what it must be; one without a default must not be empty.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, NamedTuple, Protocol, cast, get_type_hints

DEVELOPMENT_LINE = "演示环境：证书由开发用机构签发，没有法律效力。"

Role = Literal["person", "mediator", "seal", "judge"]


class Fault(NamedTuple):
    """One thing that is missing or wrong, in Chinese and in English."""

    zh: str
    en: str


class FieldFault(ValueError):
    """A paper cannot be made: `faults` names everything that is missing or wrong, in layout order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("；".join(fault.zh for fault in self.faults))

    @property
    def english(self) -> str:
        return "; ".join(fault.en for fault in self.faults)


Check = Callable[[Any], Fault | None]


@dataclass(frozen=True)
class Said:
    """How a field is called, and a check that says what is wrong with its value ("不是…", "is no …")."""

    zh: str
    en: str
    check: Check | None = None
    at_least: int = 1
    measure: str = "个"

    def missing(self) -> Fault:
        if self.at_least > 1:
            return self.too_few()
        return Fault(f"缺少{self.zh}", f"{self.en} is missing")

    def too_few(self) -> Fault:
        count = "两" if self.at_least == 2 else str(self.at_least)
        return Fault(f"{self.zh}不足{count}{self.measure}", f"fewer than {self.at_least} of: {self.en}")

    def wrong(self, reason: Fault) -> Fault:
        return Fault(f"{self.zh}{reason.zh}", f"{self.en} {reason.en}")

    def has(self, fault: Fault) -> Fault:
        return Fault(f"{self.zh}的{fault.zh}", f"{self.en}: {fault.en}")

    def numbered(self, place: int) -> "Said":
        return Said(f"第{place}个{self.zh}", f"{self.en} {place}", self.check)

    def of(self, owner: "Said | None") -> "Said":
        if owner is None:
            return self
        return Said(f"{owner.zh}的{self.zh}", f"{self.en} of {owner.en}", self.check, self.at_least, self.measure)


def _is_empty(value: object) -> bool:
    return value is None or value == () or (isinstance(value, str) and not value.strip())


class Fielded:
    """What has named fields: its own faults in the order of the fields, the rules between fields among them."""

    def rules(self) -> Iterator[tuple[str, Fault]]:
        """What must hold between fields: (name of the field where the fault is told, fault)."""
        yield from ()

    def faults(self, owner: Said | None = None) -> list[Fault]:
        return [fault for _, fault in self.faults_by_field(owner)]

    def faults_by_field(self, owner: Said | None = None) -> Iterator[tuple[str, Fault]]:
        """Every fault with the name of its field, in the order of the fields."""
        between = list(self.rules())
        for name, said, required in _named(cast("Any", type(self))):
            own = _faults_of(getattr(self, name), said.of(owner), required=required) if said else []
            ruled = [fault if owner is None else owner.has(fault) for where, fault in between if where == name]
            yield from ((name, fault) for fault in (*own, *ruled))


def names_of(kind: type) -> dict[str, Said]:
    """How the fields of a paper are called, those that have a name, in their order."""
    return {name: said for name, said, _ in _named(cast("Any", kind)) if said}


@cache
def _named(kind: Any) -> tuple[tuple[str, Said | None, bool], ...]:
    hints = get_type_hints(kind, include_extras=True)
    listed = []
    for one in fields(kind):
        said = next((note for note in getattr(hints[one.name], "__metadata__", ()) if isinstance(note, Said)), None)
        required = one.default is one.default_factory  # both are MISSING
        listed.append((one.name, said, required))
    return tuple(listed)


def _faults_of(value: Any, said: Said, *, required: bool) -> list[Fault]:
    if _is_empty(value):
        return [said.missing()] if required else []
    if isinstance(value, tuple):
        found = []
        if len(value) < said.at_least:
            found.append(said.too_few())
        for place, one in enumerate(value, 1):
            found += _faults_of(one, said.numbered(place), required=True)
        return found
    if isinstance(value, Fielded):
        return value.faults(said)
    reason = said.check(value) if said.check else None
    return [said.wrong(reason)] if reason else []


@dataclass(frozen=True)
class Imprint:
    """How a paper is told from others: its title, its number, and its day, the only date in the printed file.

    `numbered` says whether its pages bear their own numbers; the covers of a dossier do not.
    """

    title: str
    reference: str
    on: dt.date
    language: str = "zh-CN"
    numbered: bool = True


class Paper(Protocol):
    """Anything that can be printed: it knows its own faults and whether it is only a demonstration."""

    @property
    def development(self) -> bool: ...
    def faults(self) -> list[Fault]: ...
    def imprint(self) -> Imprint: ...


@dataclass(frozen=True)
class SignatureField:
    """A place to sign: `name` is the PDF field ("party-1", "mediator", "seal", "judge"), `label` is for readers."""

    name: str
    role: Role
    label: str


def checked(paper: Paper) -> None:
    """Raise FieldFault with every fault of the paper, or return."""
    faults = paper.faults()
    if faults:
        raise FieldFault(faults)


def late(earlier: Said, later: Said) -> Fault:
    """The fault of two days in the wrong order."""
    return Fault(f"{later.zh}早于{earlier.zh}", f"{later.en} lies before {earlier.en}")
