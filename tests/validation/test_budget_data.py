"""What holds for the budgets of all papers: nothing is fitted, and nothing inconsistent goes without a word."""

import pytest
from budget_samples import budget

from bbrmodel.budget import EvaluatedEntry, list_budgets
from bbrmodel.spec.budget import BudgetInput


def entries(name: str) -> list[EvaluatedEntry]:
    found = budget(name)
    return [*found.rows, *found.checks]


def inputs(name: str) -> list[BudgetInput]:
    parts = [part for item in entries(name) for part in (item.entry.recomputed, item.entry.corrected)]
    return [value for part in parts if part is not None for value in part.inputs.values()]


@pytest.mark.parametrize("name", list_budgets())
def test_whatever_differs_or_is_inconsistent_has_a_remark(name: str) -> None:
    silent = [
        item.entry.id
        for item in entries(name)
        if not item.remark and (item.entry.inconsistent or "differs" in (item.verdict, item.uncertainty_verdict))
    ]
    assert silent == []


@pytest.mark.parametrize("name", list_budgets())
def test_whatever_is_called_inconsistent_differs_or_is_corrected(name: str) -> None:
    unfounded = [
        item.entry.id
        for item in entries(name)
        if item.entry.inconsistent
        and item.corrected is None
        and "differs" not in (item.verdict, item.uncertainty_verdict)
    ]
    assert unfounded == []


@pytest.mark.parametrize("name", list_budgets())
def test_every_recalled_or_assumed_input_is_marked_as_not_read(name: str) -> None:
    words = ("recalled", "assumed", "guessed", "inferred")
    marked = [item.source for item in inputs(name) if item.verified and any(word in item.source for word in words)]
    assert marked == []


@pytest.mark.parametrize("name", list_budgets())
def test_every_printed_number_says_where_it_is_printed(name: str) -> None:
    lost = [item.entry.id for item in entries(name) if item.printed is not None and not item.entry.place]
    assert lost == []
