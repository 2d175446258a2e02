"""Work out a formula from the inputs of a budget file, with the uncertainty that they carry."""

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bbrmodel.budget.formulas import formula
from bbrmodel.errors import BbrModelError, ConfigError, suggest
from bbrmodel.spec.budget import BudgetCalculation, BudgetInput
from bbrmodel.typing import FloatArray

Argument = float | str | FloatArray

# What a formula takes, and how a file gives it.
_KINDS: dict[Any, tuple[type, str]] = {
    str: (str, "a name in quotes"),
    FloatArray: (np.ndarray, "a list of numbers"),
    float: (float, "one number"),
    float | None: (float, "one number"),
}


@dataclass(frozen=True)
class Value:
    """A number in the unit of the printed one.

    Parameters
    ----------
    value
        None where only an uncertainty is known.
    uncertainty
        Standard uncertainty; None where no input carries one.
    rounding
        How far the digits of the inputs let `value` move.
    """

    value: float | None
    uncertainty: float | None
    rounding: float = 0.0


def compute(calculation: BudgetCalculation, known: Mapping[str, BudgetInput], *, scale: float, where: str) -> Value:
    """Return what a calculation gives.

    Parameters
    ----------
    calculation
        Formula and inputs.
    known
        Inputs for what it lacks.
    scale
        Unit of the result.
    where
        What to call the calculation in errors.

    Returns
    -------
    :
        The value, and its uncertainty: for each uncertain number half the change of the result from its lower to its
        upper end, in quadrature or added.

    Raises
    ------
    UnknownNameError
        There is no such formula.
    ConfigError
        The inputs are not those of the formula, or it has no finite value for them.
    """
    function = formula(calculation.formula)
    parameters = inspect.signature(function).parameters
    inputs = {name: item for name, item in known.items() if name in parameters} | calculation.inputs
    label = f"{where}: {calculation.formula}"
    arguments = {name: _argument(item.value) for name, item in inputs.items()}
    _check_arguments(arguments, parameters, where=label)

    def result(**changed: Argument) -> float:
        return _worked_out(function, {**arguments, **changed}, where=label) / scale

    centre = result()
    halves = [
        0.5 * abs(result(**{name: up}) - result(**{name: down}))
        for name, item in inputs.items()
        for up, down in _ends(item)
    ]
    uncertainty = None
    if halves:
        uncertainty = sum(halves) if calculation.addition == "linear" else math.hypot(*halves)
    rounding = sum(
        0.5 * abs(result(**{name: up}) - result(**{name: down}))
        for name, item in inputs.items()
        for up, down in _rounded(item)
    )
    if calculation.gives == "uncertainty":
        return Value(0.0, abs(centre))
    return Value(centre, uncertainty, rounding)


def _worked_out(function: Callable[..., float], arguments: Mapping[str, Argument], *, where: str) -> float:
    """Return what a formula gives; raise where that is not a finite number."""
    try:
        with np.errstate(all="ignore"):  # what comes of it is looked at below
            found = float(function(**arguments))
    except BbrModelError as error:
        raise ConfigError(f"{where}: {error}") from error
    except (ArithmeticError, AttributeError, IndexError, TypeError, ValueError) as error:
        raise ConfigError(f"{where}: has no value: {error}. Check its inputs.") from error
    if not math.isfinite(found):
        raise ConfigError(f"{where}: gives {found}. Check its inputs.")
    return found


def _check_arguments(
    arguments: Mapping[str, Argument], parameters: Mapping[str, inspect.Parameter], *, where: str
) -> None:
    """Raise where the inputs are not those of the formula."""
    problems = [
        f"{where}: '{name}' is no input of this formula.{suggest(name, parameters)}"
        for name in arguments
        if name not in parameters
    ]
    problems += [
        f"{where}: the input '{name}' is missing. Give it under inputs."
        for name, parameter in parameters.items()
        if parameter.default is inspect.Parameter.empty and name not in arguments
    ]
    for name, parameter in parameters.items():
        kind, words = _KINDS[parameter.annotation]
        if name in arguments and not isinstance(arguments[name], kind):
            problems.append(f"{where}: inputs.{name}.value: must be {words}. Correct it.")
    if problems:
        raise ConfigError("\n".join(problems), problems)


def _argument(value: float | str | tuple[float, ...]) -> Argument:
    """Return an input as a formula takes it: lists as arrays."""
    if isinstance(value, tuple):
        return np.asarray(value, dtype=np.float64)
    return value if isinstance(value, str) else float(value)


def _ends(item: BudgetInput) -> Iterator[tuple[Argument, Argument]]:
    """Yield upper and lower argument for each number of an input that carries an uncertainty."""
    value = _argument(item.value)
    if item.uncertainty is None or isinstance(value, str):
        return
    if isinstance(value, float):
        step = float(np.max(item.uncertainty))
        yield value + step, value - step
        return
    sizes = np.broadcast_to(np.asarray(item.uncertainty, dtype=np.float64), value.shape)
    for index in np.flatnonzero(sizes):
        step_at = np.where(np.arange(value.size) == index, sizes, 0.0)
        yield value + step_at, value - step_at


def _rounded(item: BudgetInput) -> Iterator[tuple[Argument, Argument]]:
    """Yield upper and lower argument of an input that is known by its digits; numbers of a list move together."""
    value = _argument(item.value)
    if item.rounding and not isinstance(value, str):
        yield value + item.rounding, value - item.rounding


__all__ = ["Value", "compute"]
