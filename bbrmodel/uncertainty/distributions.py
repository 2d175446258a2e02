"""Distributions of inputs, each driven by a coordinate z of unit scale."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from bbrmodel.materials.levels import value_at_level
from bbrmodel.typing import FloatArray

Kind = Literal["normal", "lognormal", "rectangular", "triangular", "log_uniform", "factors"]
_UNBOUNDED = ("normal", "lognormal")


@dataclass(frozen=True)
class Distribution:
    """How one number is distributed.

    Attributes
    ----------
    kind
        ``normal``: z is a standard normal number, the value nominal + width z. ``lognormal``: nominal exp(width z).
        The others have z from -1 to 1: ``rectangular`` and ``triangular`` are linear in z from `low` to `high`,
        ``log_uniform`` geometric, ``factors`` geometric from `low` to the nominal value and on to `high`, so that the
        nominal value is the median.
    nominal
        Value of the case.
    width
        Standard deviation (``normal``), or that of the logarithm (``lognormal``).
    low, high
        Limits of the others.
    """

    kind: Kind
    nominal: float
    width: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def value(self, z: float) -> float:
        """Return the value at a coordinate."""
        if self.kind == "normal":
            return self.nominal + self.width * z
        if self.kind == "lognormal":
            return self.nominal * math.exp(self.width * z)
        if self.kind == "factors":
            return value_at_level(self.nominal, (self.low, self.high), z)
        if self.kind == "log_uniform":
            return math.exp(0.5 * ((1.0 - z) * math.log(self.low) + (1.0 + z) * math.log(self.high)))
        return 0.5 * ((1.0 - z) * self.low + (1.0 + z) * self.high)

    @property
    def start(self) -> float:
        """The coordinate of the nominal value."""
        if self.kind in ("normal", "lognormal", "factors"):
            return 0.0
        if self.kind == "log_uniform":
            return math.log(self.nominal**2 / (self.low * self.high)) / math.log(self.high / self.low)
        return (2.0 * self.nominal - self.low - self.high) / (self.high - self.low)

    @property
    def std(self) -> float:
        """Standard deviation of z; an interval as stated has the half width 1, a standard deviation 1 too."""
        return {"triangular": 1.0 / math.sqrt(6.0)}.get(self.kind, 1.0 if self.is_unbounded else 1.0 / math.sqrt(3.0))

    @property
    def is_unbounded(self) -> bool:
        """Whether z is a normal number rather than one from -1 to 1."""
        return self.kind in _UNBOUNDED

    def coordinate(self, uniform: FloatArray) -> FloatArray:
        """Return z for numbers between 0 and 1, shape of `uniform`."""
        if self.is_unbounded:
            normal: FloatArray = ndtri(np.clip(uniform, 1e-12, 1.0 - 1e-12))
            return normal
        if self.kind == "triangular":
            lower = np.sqrt(2.0 * np.minimum(uniform, 0.5)) - 1.0
            return np.where(uniform < 0.5, lower, 1.0 - np.sqrt(2.0 * (1.0 - np.maximum(uniform, 0.5))))
        return 2.0 * uniform - 1.0

    @property
    def text(self) -> str:
        """The distribution in words for a table."""
        if self.kind == "normal":
            return f"normal, std {self.width:.4g}"
        if self.kind == "lognormal":
            return f"lognormal, std {100.0 * self.width:.3g} %"
        words = {"factors": "log-uniform about the value"}.get(self.kind, self.kind.replace("_", "-"))
        return f"{words}, {self.low:.4g} to {self.high:.4g}"


__all__ = ["Distribution", "Kind"]
