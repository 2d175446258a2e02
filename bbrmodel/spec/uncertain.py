"""The tables of a case file that say how well its inputs are known."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bbrmodel.spec.base import Finding, Spec, broken_rule
from bbrmodel.spec.fields import Flag, Name, Number, Positive

WIDTHS = ("std", "relative_std", "half_width", "limits", "factors")
_FITTING = {
    "normal": ("std", "relative_std"),
    "lognormal": ("relative_std",),
    "rectangular": ("half_width", "limits"),
    "triangular": ("half_width", "limits"),
    "log_uniform": ("limits", "factors"),
}


def _check_limits(value: Any) -> Any:
    """Refuse everything but two numbers, the lower first."""
    numbers = isinstance(value, list | tuple) and len(value) == 2
    if numbers and all(isinstance(item, int | float) and not isinstance(item, bool) for item in value):
        if value[0] < value[1]:
            return value
        raise broken_rule("must be two different numbers, the lower first", "Write [lowest, highest]")
    raise broken_rule("must be two numbers", "Write [lowest, highest]")


Limits = Annotated[tuple[Number, Number], BeforeValidator(_check_limits)]


class Uncertain(Spec):
    """How well one input of the case is known. Without any width it is the range that the library gives."""

    at_most_one = (WIDTHS,)

    key: Name | tuple[Name, ...] = Field(
        description="Dotted path, or several, of a number of the case, as `--set` takes it, or of a finish, contact or "
        "material, whose range in the library then holds; a glob stands for all that it matches; all vary together"
    )
    name: Name | None = Field(default=None, description="Name in the tables; without it the key")
    distribution: Literal["normal", "lognormal", "rectangular", "triangular", "log_uniform", "library"] | None = Field(
        default=None,
        description="Without it: normal for std, rectangular for half_width and limits, log_uniform for factors, "
        "library for none of them",
    )
    std: Positive | None = Field(default=None, description="Standard deviation, in the unit of the key")
    relative_std: Positive | None = Field(default=None, description="Standard deviation as a part of the value")
    half_width: Positive | None = Field(default=None, description="Half of the width of an interval round the value")
    limits: Limits | None = Field(default=None, description="Lowest and highest value [low, high]")
    factors: Limits | None = Field(default=None, description="Lowest and highest value as multiples of the value")
    group: Name | None = Field(default=None, description="Inputs of one group vary together, fully correlated")
    each: Flag = Field(default=False, description="True: what a glob matches varies independently, one input each")
    source: str = Field(default="assumed", description="Where the width comes from; the tables show it")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that width and distribution fit."""
        return _width_findings(data)


def _width_findings(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a distribution without the width that it takes, and factors that do not enclose 1."""
    kind = data.get("distribution")
    given = [key for key in WIDTHS if data.get(key) is not None]
    if isinstance(kind, str) and kind in _FITTING and not set(given) & set(_FITTING[kind]):
        rule = f"needs {' or '.join(_FITTING[kind])}"
        yield Finding(("distribution",), kind, rule, "Give the width that belongs to the distribution")
    if kind == "library" and given:
        yield Finding(("distribution",), kind, f"takes its width from the library, not from {given[0]}", "Remove one")
    factors = data.get("factors")
    if isinstance(factors, list | tuple) and len(factors) == 2 and all(isinstance(f, int | float) for f in factors):
        if not 0.0 < factors[0] <= 1.0 <= factors[1]:
            yield Finding(("factors",), list(factors), "must enclose 1 and be positive", "Write [0.5, 2.0]")


__all__ = ["WIDTHS", "Limits", "Uncertain"]
