"""What the tests of published arithmetic share: budgets worked out once, and how they compare."""

from functools import cache

from bbrmodel.budget import EvaluatedBudget, EvaluatedEntry, evaluate_budget, find_budget


@cache
def budget(name: str) -> EvaluatedBudget:
    """Return a budget of the program, worked out."""
    return evaluate_budget(find_budget(name))


def entry(name: str, row: str) -> EvaluatedEntry:
    """Return a row or a check of it."""
    return budget(name).entry(row)


def recomputed(name: str, row: str) -> float:
    """Return what the source's own formula and inputs give, in the unit of the entry."""
    found = entry(name, row).recomputed
    assert found is not None
    assert found.value is not None
    return found.value


def u_recomputed(name: str, row: str) -> float:
    """Return the uncertainty that its inputs make."""
    found = entry(name, row).recomputed
    assert found is not None
    assert found.uncertainty is not None
    return found.uncertainty


def corrected(name: str, row: str) -> tuple[float | None, float | None]:
    """Return value and uncertainty as they should be."""
    found = entry(name, row).corrected
    assert found is not None
    return found.value, found.uncertainty


def verdicts(name: str, row: str) -> tuple[str, str]:
    """Return the verdicts on value and uncertainty."""
    found = entry(name, row)
    return found.verdict, found.uncertainty_verdict
