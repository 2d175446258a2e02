"""The formulas of the budgets, one free function for each effect; data files name them."""

from collections.abc import Callable

from bbrmodel.budget.formulas import cloud, collisions, comparison, fields, motion, radiation, sums
from bbrmodel.errors import UnknownNameError, suggest

_MODULES = (cloud, collisions, comparison, fields, motion, radiation, sums)
_FORMULAS: dict[str, Callable[..., float]] = {
    name: getattr(module, name) for module in _MODULES for name in module.__all__ if name != "ramsey_sensitivity"
}


def formula(name: str) -> Callable[..., float]:
    """Return the formula of that name.

    Raises
    ------
    UnknownNameError
        There is none; the message suggests the nearest name.
    """
    found = _FORMULAS.get(name)
    if found is None:
        raise UnknownNameError(f"formula '{name}' is not among those of the budgets.{suggest(name, _FORMULAS)}")
    return found


def list_formulas() -> list[str]:
    """Return the names of all formulas, sorted."""
    return sorted(_FORMULAS)


__all__ = ["formula", "list_formulas"]
