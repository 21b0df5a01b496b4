"""Amounts in figures and capitals."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.papers.amounts import capitals, disagreements, figures_in


@pytest.mark.parametrize(
    ("figures", "written"),
    [
        ("8600", "捌仟陆佰元整"),
        ("4300", "肆仟叁佰元整"),
        ("10", "壹拾元整"),
        ("100005", "壹拾万零伍元整"),
        ("10000", "壹万元整"),
        ("1020304", "壹佰零贰万零叁佰零肆元整"),
        ("0.5", "零元伍角整"),
        ("12.05", "壹拾贰元零伍分"),
        ("3.20", "叁元贰角整"),
        ("100000000", "壹亿元整"),
    ],
)
def test_amounts_are_written_as_banks_write_them(figures: str, written: str) -> None:
    assert capitals(Decimal(figures)) == written


def test_figures_are_found_with_and_without_commas() -> None:
    assert figures_in("付8,600元，再付12.50元，第3条") == [Decimal(8600), Decimal("12.50")]


def test_capitals_that_fit_no_figure_are_named() -> None:
    assert disagreements("付8,600元（大写：捌仟陆佰元整）") == []
    assert disagreements("付8,600元（大写：捌仟伍佰元整）") == ["捌仟伍佰元整"]


@given(st.integers(min_value=1, max_value=10**10))
def test_no_amount_disagrees_with_its_own_capitals(cents: int) -> None:
    amount = Decimal(cents) / 100
    assert disagreements(f"付{amount:,.2f}元（大写：{capitals(amount)}）") == []
