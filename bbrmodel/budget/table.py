"""Whole budgets: find and read them, work out every row and the sums."""

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from bbrmodel.budget.compute import Value
from bbrmodel.budget.evaluate import (
    PRINTED_ONLY,
    EvaluatedEntry,
    compare_uncertainty,
    compare_value,
    evaluate_entry,
    filled,
)
from bbrmodel.errors import UnknownNameError, suggest
from bbrmodel.spec.budget import Budget, load_budget_file


@dataclass(frozen=True)
class Sums:
    """The last rows of a budget: sum of the shifts, and the uncertainties added in three ways.

    Parameters
    ----------
    shift
        Sum of the shifts.
    quadrature, linear
        Uncertainties as independent and as fully correlated.
    groups
        As fully correlated within each group and independent between groups; None where no row has a group.
    """

    shift: float
    quadrature: float
    linear: float
    groups: float | None

    def by(self, addition: str) -> float:
        """Return the uncertainty added in one of the three ways, `quadrature`, `linear` or `groups`."""
        groups = self.quadrature if self.groups is None else self.groups
        return {"quadrature": self.quadrature, "linear": self.linear, "groups": groups}[addition]


@dataclass(frozen=True)
class EvaluatedBudget:
    """A budget with everything worked out.

    Parameters
    ----------
    budget
        As the file has it.
    rows, checks
        The rows of the table, and the other numbers of the source.
    printed
        Sums of the printed rows.
    recomputed
        The same with what the source's own formulas and inputs give; rows without inputs as printed.
    own
        The same with corrected values where there are any.
    verdict, uncertainty_verdict
        On the printed total, beside the sums of the printed rows.
    case
        Case that filled the row `bbr`; empty without one.
    complete
        Whether the uncertainty of that row holds what the case declares as uncertain.
    """

    budget: Budget
    rows: tuple[EvaluatedEntry, ...]
    checks: tuple[EvaluatedEntry, ...]
    printed: Sums
    recomputed: Sums
    own: Sums
    verdict: str
    uncertainty_verdict: str
    case: str = ""
    complete: bool = True

    def entry(self, name: str) -> EvaluatedEntry:
        """Return the row or check with that id.

        Raises
        ------
        UnknownNameError
            There is none.
        """
        known = {item.entry.id: item for item in (*self.rows, *self.checks)}
        if name not in known:
            raise UnknownNameError(f"{self.budget.name}: has no row or check '{name}'.{suggest(name, known)}")
        return known[name]


def list_budgets() -> list[str]:
    """Return the names of the budgets that come with the program, sorted."""
    return sorted(path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml"))


def find_budget(name_or_path: str) -> Budget:
    """Return a budget: of a file, or one that comes with the program.

    Raises
    ------
    UnknownNameError
        There is neither a file nor a budget of that name.
    ConfigError
        The file says something that cannot be meant.
    """
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return load_budget_file(path)
    if name_or_path not in list_budgets():
        message = f"{name_or_path}: no such file and no budget of that name.{suggest(name_or_path, list_budgets())}"
        raise UnknownNameError(message)
    return _shipped(name_or_path)


def evaluate_budget(budget: Budget) -> EvaluatedBudget:
    """Return a budget with every row, check and sum worked out.

    Raises
    ------
    UnknownNameError
        A row names a formula that does not exist.
    ConfigError
        The inputs of a row are not those of its formula.
    """
    rows = tuple(evaluate_entry(entry, budget) for entry in budget.rows)
    checks = tuple(evaluate_entry(entry, budget) for entry in budget.checks)
    return with_rows(budget, rows, checks=checks)


def with_rows(
    budget: Budget, rows: tuple[EvaluatedEntry, ...], *, checks: tuple[EvaluatedEntry, ...]
) -> EvaluatedBudget:
    """Return a budget with its sums over rows that are worked out already."""
    groups = [row.entry.group for row in rows]
    in_table = [row.printed or Value(0.0, 0.0) for row in rows]
    printed = _sums(in_table, groups)
    # What the table leaves out has no place in the sums of what it says.
    recomputed = _sums(
        [filled(row.recomputed, value) if row.printed else value for row, value in zip(rows, in_table, strict=True)],
        groups,
    )
    total = budget.total
    found = Value(printed.shift, printed.by(total.addition))
    verdict = PRINTED_ONLY if total.shift is None else compare_value(total.shift, found, None)
    u_verdict = PRINTED_ONLY if total.uncertainty is None else compare_uncertainty(total.uncertainty, found.uncertainty)
    own = _sums([row.own for row in rows], groups)
    return EvaluatedBudget(budget, rows, checks, printed, recomputed, own, verdict, u_verdict)


def _sums(values: list[Value], groups: list[int | None]) -> Sums:
    uncertainties = [value.uncertainty or 0.0 for value in values]
    grouped: dict[object, float] = {}
    for index, (size, group) in enumerate(zip(uncertainties, groups, strict=True)):
        key = ("alone", index) if group is None else group
        grouped[key] = grouped.get(key, 0.0) + size
    has_groups = any(group is not None for group in groups)
    return Sums(
        shift=sum(value.value or 0.0 for value in values),
        quadrature=math.hypot(*uncertainties),
        linear=sum(uncertainties),
        groups=math.hypot(*grouped.values()) if has_groups else None,
    )


@cache
def _shipped(name: str) -> Budget:
    return load_budget_file(Path(str(_folder() / f"{name}.toml")))


def _folder() -> Path:
    return Path(str(files("bbrmodel.budget").joinpath("data")))


__all__ = ["EvaluatedBudget", "Sums", "evaluate_budget", "find_budget", "list_budgets", "with_rows"]
