"""Types of the values in case and study files.

Numbers are strict: `"80"` and `true` are not numbers. An integer is accepted where a real number is meant.
"""

import math
from typing import Annotated, Any

from pydantic import AllowInfNan, BeforeValidator, Field, Strict

from bbrmodel.spec.base import broken_rule


def _check_vector(value: Any) -> Any:
    """Refuse everything but three finite numbers."""
    if isinstance(value, list | tuple) and len(value) == 3 and all(_is_finite(item) for item in value):
        return value
    raise broken_rule("must be three finite numbers", "Write [x, y, z]")


def _check_direction(value: Any) -> Any:
    """Refuse a vector of length 0, which points nowhere."""
    if all(item == 0 for item in _check_vector(value)):
        raise broken_rule("must not be the zero vector", "Write the direction [x, y, z] that it points to")
    return value


def _check_pair(value: Any) -> Any:
    """Refuse everything but two names."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(item, str) and item for item in value):
        return value
    raise broken_rule("must be the names of two bodies", 'Write ["body_a", "body_b"]')


def _check_range(value: Any) -> Any:
    """Refuse everything but two numbers, the lower first."""
    if isinstance(value, list | tuple) and len(value) == 2 and all(_is_finite(item) for item in value):
        if 0.0 <= value[0] <= value[1]:
            return value
        raise broken_rule("must be two numbers from 0 up, the lower first", "Write [lowest, highest]")
    raise broken_rule("must be two numbers", "Write [lowest, highest]")


def _check_scalar(value: Any) -> Any:
    """Refuse tables, lists, dates and NaN as the value of a parameter."""
    if not isinstance(value, bool | int | float | str):
        raise broken_rule("must be a number, a string, true or false", "Write one value")
    if isinstance(value, float) and math.isnan(value):
        raise broken_rule("must not be nan", "Write a number")
    return value


def _check_finite_scalar(value: Any) -> Any:
    """Refuse an infinite dimension, too."""
    if isinstance(_check_scalar(value), float) and math.isinf(value):
        raise broken_rule("must be a finite number", "Write a number")
    return value


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


Number = Annotated[float, Strict(), AllowInfNan(False)]
Positive = Annotated[Number, Field(gt=0.0)]
NotNegative = Annotated[Number, Field(ge=0.0)]
Temperature = Annotated[Number, Field(ge=1.0, le=2000.0)]  # K
Emissivity = Annotated[Number, Field(gt=0.0, le=1.0)]
Fraction = Annotated[Number, Field(ge=0.0, le=1.0)]
Level = Annotated[Number, Field(ge=-1.0, le=1.0)]
Positives = tuple[Positive, ...]
NotNegatives = tuple[NotNegative, ...]
Fractions = tuple[Fraction, ...]
Conductance = Annotated[float, Strict(), Field(ge=0.0)]  # W/m2/K; inf: the two sides have one temperature
Count = Annotated[int, Strict(), Field(ge=1)]
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Name = Annotated[str, Field(min_length=1)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$")]
Vector = Annotated[tuple[Number, Number, Number], BeforeValidator(_check_vector)]
Direction = Annotated[tuple[Number, Number, Number], BeforeValidator(_check_direction)]
Pair = Annotated[tuple[Name, Name], BeforeValidator(_check_pair)]
Range = Annotated[tuple[Number, Number], BeforeValidator(_check_range)]
Scalar = Annotated[bool | int | float | str, BeforeValidator(_check_scalar)]
FiniteScalar = Annotated[bool | int | float | str, BeforeValidator(_check_finite_scalar)]

__all__ = [
    "Conductance",
    "Count",
    "Direction",
    "Emissivity",
    "FileName",
    "FiniteScalar",
    "Flag",
    "Fraction",
    "Fractions",
    "Level",
    "Name",
    "NotNegative",
    "NotNegatives",
    "Number",
    "Pair",
    "Positive",
    "Positives",
    "Range",
    "Scalar",
    "Temperature",
    "Vector",
    "Whole",
]
