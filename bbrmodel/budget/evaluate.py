"""Set what the formulas of a budget give beside what is printed, and say whether it agrees."""

from dataclasses import dataclass
from decimal import Decimal

from bbrmodel.budget.compute import Value, compute
from bbrmodel.spec.budget import Budget, BudgetEntry

AGREES, ROUNDED_UP, DIFFERS, NOT_PRINTED = "agrees", "rounded up", "differs", "not printed"
PRINTED_ONLY = "printed only: inputs not given"
_WORST_FIRST = (DIFFERS, ROUNDED_UP, AGREES, PRINTED_ONLY, NOT_PRINTED)

# A difference below this share of the uncertainty that is printed beside a value says nothing.
_IMMATERIAL = 0.1


@dataclass(frozen=True)
class EvaluatedEntry:
    """An entry with what its formulas give.

    Parameters
    ----------
    entry
        As the file has it.
    unit
        Of all numbers here.
    printed
        The printed numbers; None where nothing is printed.
    recomputed
        From the formula and the inputs of the source; None where its inputs are not given.
    corrected
        As it should be worked out, or from a solved case; None where that is the same.
    verdict, uncertainty_verdict
        Of the printed value and uncertainty beside `recomputed`: ``agrees``, ``rounded up``, ``differs``,
        ``printed only: inputs not given`` or
        ``not printed``.
    remark
        What to know, `entry.remark` first.
    """

    entry: BudgetEntry
    unit: str
    printed: Value | None
    recomputed: Value | None
    corrected: Value | None
    verdict: str
    uncertainty_verdict: str
    remark: str

    @property
    def difference(self) -> float | None:
        """Recomputed minus printed value."""
        if self.printed is None or self.recomputed is None:
            return None
        if self.printed.value is None or self.recomputed.value is None:
            return None
        return self.recomputed.value - self.printed.value

    @property
    def overall(self) -> str:
        """The worse one of both verdicts; a printed shift of 0 says nothing."""
        trivial = self.printed is not None and self.printed.value == 0.0
        found = [self.uncertainty_verdict] if trivial else [self.verdict, self.uncertainty_verdict]
        return min(found, key=_WORST_FIRST.index)

    @property
    def own(self) -> Value:
        """What we enter: corrected, else recomputed, each filled up by what is printed."""
        return filled(filled(self.corrected, self.recomputed), self.printed)


def filled(first: Value | None, second: Value | None) -> Value:
    """Return the first value; what it lacks comes from the second."""
    if first is None:
        return second or Value(None, None)
    if second is None:
        return first
    value = second.value if first.value is None else first.value
    return Value(value, second.uncertainty if first.uncertainty is None else first.uncertainty, first.rounding)


def evaluate_entry(entry: BudgetEntry, budget: Budget) -> EvaluatedEntry:
    """Return an entry with what its formulas give, beside what is printed.

    Parameters
    ----------
    entry
        A row or a check of the budget.
    budget
        Whose unit holds where the entry has none.

    Raises
    ------
    UnknownNameError
        A formula of that name does not exist.
    ConfigError
        The inputs are not those of the formula.
    """
    unit = entry.unit or budget.unit
    scale = entry.scale or scale_of(unit)
    where = f"{budget.name}: {entry.id}"
    printed = _printed(entry)
    recomputed = corrected = None
    if entry.recomputed is not None:
        recomputed = compute(entry.recomputed, {}, scale=scale, where=f"{where}: recomputed")
    if entry.corrected is not None:
        known = entry.recomputed.inputs if entry.recomputed is not None else {}
        corrected = compute(entry.corrected, known, scale=scale, where=f"{where}: corrected")
    found, u_found = _verdicts(entry, recomputed)
    remarks = [entry.remark, *(part.remark for part in (entry.recomputed, entry.corrected) if part is not None)]
    return EvaluatedEntry(entry, unit, printed, recomputed, corrected, found, u_found, " ".join(filter(None, remarks)))


def last_digit(printed: str) -> float:
    """Return one unit of the last digit of a printed number: "45.50" -> 0.01."""
    exponent = Decimal(printed).as_tuple().exponent
    return 10.0 ** int(exponent)


def compare_value(printed: str, found: Value, uncertainty: str | None) -> str:
    """Return the verdict on a printed value.

    It agrees where the recomputed one differs by no more than half a unit of the last digit (beyond what the digits of
    the inputs leave open), or by less than a tenth of the uncertainty that is printed beside it.
    """
    if found.value is None:
        return PRINTED_ONLY
    allowed = max(0.5 * last_digit(printed) + found.rounding, _IMMATERIAL * float(uncertainty or 0.0))
    return AGREES if abs(found.value - float(printed)) <= allowed * (1.0 + 1e-9) else DIFFERS


def compare_uncertainty(printed: str, found: float | None) -> str:
    """Return the verdict on a printed uncertainty: it may be rounded up, by less than a unit of its last digit."""
    if found is None:
        return PRINTED_ONLY
    unit, excess = last_digit(printed), float(printed) - found
    if abs(excess) <= 0.5 * unit * (1.0 + 1e-9):
        return AGREES
    return ROUNDED_UP if 0.0 < excess < unit else DIFFERS


def scale_of(unit: str) -> float:
    """Return the number that a unit such as "1e-18" is; 1 for the name of a unit."""
    try:
        return float(unit)
    except ValueError:
        return 1.0


def _printed(entry: BudgetEntry) -> Value | None:
    if entry.shift is None and entry.uncertainty is None:
        return None
    value = None if entry.shift is None else float(entry.shift)
    return Value(value, None if entry.uncertainty is None else float(entry.uncertainty))


def _verdicts(entry: BudgetEntry, found: Value | None) -> tuple[str, str]:
    """Return the verdicts on what is printed."""
    computed = found or Value(None, None)
    verdict = NOT_PRINTED if entry.shift is None else compare_value(entry.shift, computed, entry.uncertainty)
    if entry.uncertainty is None:
        return verdict, NOT_PRINTED
    if entry.upper_limit and computed.uncertainty is not None:
        return verdict, AGREES if computed.uncertainty <= float(entry.uncertainty) else DIFFERS
    return verdict, compare_uncertainty(entry.uncertainty, computed.uncertainty)


__all__ = [
    "AGREES",
    "DIFFERS",
    "NOT_PRINTED",
    "PRINTED_ONLY",
    "ROUNDED_UP",
    "EvaluatedEntry",
    "compare_uncertainty",
    "compare_value",
    "evaluate_entry",
    "filled",
    "last_digit",
    "scale_of",
]
