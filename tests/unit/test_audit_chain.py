"""The hash chain: any change of any entry shows, at the place where it was made."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from server.audit.chain import BEGINNING, canonical, first_break, link

VALUES = st.dictionaries(
    st.text(max_size=8), st.one_of(st.text(max_size=20), st.integers(), st.booleans(), st.none()), max_size=5
)


def chained(entries: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    found, previous = [], BEGINNING
    for entry in entries:
        previous = link(previous, entry)
        found.append((entry, previous))
    return found


def test_canonical_writing_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": "调"}) == canonical({"a": "调", "b": 1}) == '{"a":"调","b":1}'.encode()


@given(st.lists(VALUES, max_size=8))
def test_an_untouched_chain_holds(entries: list[dict[str, Any]]) -> None:
    assert first_break(chained(entries)) is None


@given(st.lists(VALUES, min_size=1, max_size=8), st.integers(min_value=0), VALUES)
def test_a_changed_entry_breaks_the_chain_where_it_stands(
    entries: list[dict[str, Any]], where: int, other: dict[str, Any]
) -> None:
    where %= len(entries)
    chain = chained(entries)
    if canonical(other) == canonical(entries[where]):
        return
    chain[where] = (other, chain[where][1])
    assert first_break(chain) == where


@given(st.lists(VALUES, min_size=2, max_size=8, unique_by=canonical), st.integers(min_value=0))
def test_a_removed_entry_breaks_the_chain(entries: list[dict[str, Any]], where: int) -> None:
    where %= len(entries) - 1
    chain = chained(entries)
    del chain[where]
    assert first_break(chain) == where
