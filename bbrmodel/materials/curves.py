"""A material property over temperature, together with where it holds and where it comes from."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy.special import roots_legendre

from bbrmodel.errors import PropertyRangeError
from bbrmodel.materials.forms import ConstantForm, Form
from bbrmodel.typing import FloatArray

# A Newton iterate may leave a range by rounding alone.
_RANGE_SLACK = 1e-9
# Panels of the integral span at most this ratio of temperatures; 16 Gauss points then integrate every form of the
# library to better than 1e-11.
_PANEL_RATIO = 1.3
_GAUSS_POINTS, _GAUSS_WEIGHTS = roots_legendre(16)


@dataclass(frozen=True)
class Curve:
    """A property y(T) that refuses temperatures its source does not cover.

    Above the range of the source's form a straight line may follow, up to `extension_K` with the value
    `extension_value` there. It starts at the form's own value, so that y is continuous.

    Parameters
    ----------
    owner
        Material (or other subject) named in error messages.
    quantity
        The property with its unit, e.g. ``thermal conductivity [W/m/K]``.
    form
        Value and slope without a range check.
    form_range_K
        Range that the source of `form` covers.
    extension_K, extension_value
        End of the linear extension above `form_range_K`; none if omitted.
    verified
        Whether the numbers were read in the named source, rather than recalled or judged.
    extension_verified
        The same for the extension.
    source, note
        Where the numbers come from, and what to know about them.
    low_factor, high_factor
        Plausible lowest and highest y, relative to this curve; None where no judgement exists.
    factor
        Multiplies y; see `scaled`.
    """

    owner: str
    quantity: str
    form: Form
    form_range_K: tuple[float, float]
    extension_K: float | None = None
    extension_value: float | None = None
    verified: bool = False
    extension_verified: bool = False
    source: str = ""
    note: str = ""
    low_factor: float | None = None
    high_factor: float | None = None
    factor: float = 1.0

    @property
    def range_K(self) -> tuple[float, float]:
        """Lowest and highest temperature [K] that may be asked for, extension included."""
        low, high = self.form_range_K
        return low, high if self.extension_K is None else self.extension_K

    @cached_property
    def _extension_slope(self) -> float:
        if self.extension_K is None or self.extension_value is None:
            return 0.0
        top = self.form_range_K[1]
        return (self.extension_value - float(self.form.value(np.array(top)))) / (self.extension_K - top)

    def __call__(self, T: FloatArray | float) -> FloatArray:
        """Return the property at every temperature.

        Parameters
        ----------
        T
            any shape, [K].

        Returns
        -------
        :
            shape of `T`, in the unit named in `quantity`.

        Raises
        ------
        PropertyRangeError
            At least one temperature lies outside `range_K` or is not a number.
        """
        T = self._checked(T)
        top = self.form_range_K[1]
        if self.extension_K is None or T.size == 0 or T.max() <= top:
            return self.factor * self.form.value(T)
        return self.factor * (self.form.value(np.minimum(T, top)) + self._extension_slope * np.maximum(T - top, 0.0))

    def derivative(self, T: FloatArray | float) -> FloatArray:
        """Return dy/dT in the shape of `T` [K]; where the slope jumps, the one towards higher temperature."""
        T = self._checked(T)
        top = self.form_range_K[1]
        slope = self.form.slope(np.minimum(T, top))
        if self.extension_K is not None:
            slope = np.where(top <= T, self._extension_slope, slope)
        return self.factor * slope

    def integral(self, T0: float, T1: float) -> float:
        """Return the integral of y from `T0` to `T1` [K]; negative if `T1` < `T0`.

        Panels end where the slope jumps and hold 16 Gauss points, which is exact to about 1e-11.
        """
        low, high = sorted((float(T0), float(T1)))
        self._checked(np.array([low, high]))
        if low == high:
            return 0.0
        kinks = (*self.form.kinks_K, self.form_range_K[1])
        edges = [low, *sorted({kink for kink in kinks if low < kink < high}), high]
        total = 0.0
        for start, end in pairwise(edges):
            panels = max(1, math.ceil(math.log(end / start) / math.log(_PANEL_RATIO)))
            nodes = np.geomspace(start, end, panels + 1)
            half = 0.5 * np.diff(nodes)[:, None]
            points = np.clip(nodes[:-1, None] + half * (1.0 + _GAUSS_POINTS), start, end)
            total += float(np.sum(half * _GAUSS_WEIGHTS * self(points)))
        return total if T1 >= T0 else -total

    def scaled(self, factor: float) -> "Curve":
        """Return a copy whose values are `factor` times these, for an uncertainty study."""
        return replace(self, factor=self.factor * factor)

    def _checked(self, T: FloatArray | float) -> FloatArray:
        T = np.asarray(T, dtype=np.float64)
        low, high = self.range_K
        lowest, highest = low * (1.0 - _RANGE_SLACK), high * (1.0 + _RANGE_SLACK)
        if T.size == 0 or (T.min() >= lowest and T.max() <= highest):  # NaN fails both
            return T
        inside = (lowest <= T) & (highest >= T)
        bad = T[~inside]
        raise PropertyRangeError(
            f"{self.owner}: {self.quantity} at {bad.flat[0]:.6g} K ({bad.size} of {T.size} temperatures): "
            f"its source covers {low:g} to {high:g} K. Correct the temperature, or use another material "
            "or a constant value."
        )


def constant_curve(value: float, *, owner: str = "constant", quantity: str = "property") -> Curve:
    """Return a curve with the same `value` at every positive temperature [K]."""
    return Curve(
        owner=owner,
        quantity=quantity,
        form=ConstantForm(value),
        form_range_K=(1e-6, math.inf),
        verified=True,
        source="given as a constant",
    )


__all__ = ["Curve", "constant_curve"]
