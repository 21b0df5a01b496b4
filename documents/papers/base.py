"""What every paper has: its faults, all named at once, and its places to sign. (pure)"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

DEVELOPMENT_LINE = "演示环境：证书由开发用机构签发，没有法律效力。"

Role = Literal["person", "mediator", "seal", "judge"]


class FieldFault(ValueError):
    """A paper cannot be made: `faults` names everything that is missing or wrong, in Chinese, in layout order."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("；".join(self.faults))


@dataclass(frozen=True)
class Imprint:
    """How a paper is told from others: its title, its number, and its day, the only date in the printed file."""

    title: str
    reference: str
    on: dt.date


class Paper(Protocol):
    """Anything that can be printed: it knows its own faults and whether it is only a demonstration."""

    @property
    def development(self) -> bool: ...
    def faults(self) -> list[str]: ...
    def imprint(self) -> Imprint: ...


def checked(paper: Paper) -> None:
    """Raise FieldFault with every fault of the paper, or return."""
    faults = paper.faults()
    if faults:
        raise FieldFault(faults)


def empty(pairs: Iterable[tuple[str, object]]) -> list[str]:
    return [f"缺少{name}" for name, value in pairs if not (value.strip() if isinstance(value, str) else value)]


@dataclass(frozen=True)
class SignatureField:
    """A place to sign: `name` is the PDF field ("party-1", "mediator", "seal", "judge"), `label` is for readers."""

    name: str
    role: Role
    label: str
