"""Numbers as people read them."""

import math
from collections.abc import Mapping
from typing import Any

# Endings of names that say the unit, longest first.
_UNITS = (
    ("_W_m2_K", "W/m2/K"),
    ("_L_per_day", "L/day"),
    ("_m2", "m2"),
    ("_sr", "sr"),
    ("_Hz", "Hz"),
    ("_MiB", "MiB"),
    ("_K", "K"),
    ("_W", "W"),
    ("_m", "m"),
    ("_s", "s"),
)

_ROUNDING = 1e-12  # of a value: a smaller error says nothing


def split_unit(name: str) -> tuple[str, str]:
    """Return the words of a column's name and its unit: `area_m2` -> ("area", "m2")."""
    for ending, unit in _UNITS:
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " "), unit
    return name.replace("_", " "), ""


def with_error(value: float | None, error: float | None) -> str:
    """Return "79.512 ± 0.014": the error with two digits, the value with as many decimals."""
    if value is None:
        return "not a number"
    if error is None or not math.isfinite(error) or error <= _ROUNDING * abs(value):
        return number(value)
    exponent = math.floor(math.log10(abs(value))) if value else 0
    if -3 <= exponent < 6:
        decimals = max(0, 1 - math.floor(math.log10(error)))
        return f"{value:.{decimals}f} ± {error:.{decimals}f}"
    scale = 10.0**exponent
    decimals = max(0, 1 - math.floor(math.log10(error / scale)))
    return f"({value / scale:.{decimals}f} ± {error / scale:.{decimals}f})e{exponent:+03d}"


def number(value: Any) -> str:
    """Return a value with five digits; integers, words and lists as they are."""
    if value is None:
        return "-"
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, list | tuple):
        return ", ".join(number(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {number(item)}" for key, item in value.items())
    return f"{value:d}" if isinstance(value, int) else f"{value:.5g}"


def kelvin(value: float | None) -> str:
    """Return a temperature with millikelvin."""
    return "-" if value is None else f"{value:.3f}"


__all__ = ["kelvin", "number", "split_unit", "with_error"]
