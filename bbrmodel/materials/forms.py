"""The functional forms in which sources give k(T) and c(T).

Each form knows its value, its derivative and the temperatures where its slope jumps.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bbrmodel.typing import FloatArray

LN10 = math.log(10.0)


class Form(Protocol):
    """A property as a function of temperature, without any check of its range."""

    @property
    def kinks_K(self) -> tuple[float, ...]:
        """Temperatures between which the form is smooth."""

    def value(self, T: FloatArray) -> FloatArray:
        """Return the property at `T` [K]."""

    def slope(self, T: FloatArray) -> FloatArray:
        """Return its derivative with respect to `T`, per K."""


def _polynomial(coefficients: tuple[float, ...], x: FloatArray) -> FloatArray:
    """Evaluate sum c_i x^i by Horner's rule in one buffer; an empty tuple is zero."""
    result = np.zeros_like(x)
    for coefficient in reversed(coefficients):
        result *= x
        result += coefficient
    return result


def _differentiate(coefficients: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(power * coefficient for power, coefficient in enumerate(coefficients))[1:]


@dataclass(frozen=True)
class ConstantForm:
    """The same value at every temperature."""

    constant: float
    kinks_K: tuple[float, ...] = ()

    def value(self, T: FloatArray) -> FloatArray:
        """Return the constant in the shape of `T`."""
        return np.full(T.shape, self.constant)

    def slope(self, T: FloatArray) -> FloatArray:
        """Return zeros in the shape of `T`."""
        return np.zeros(T.shape)


@dataclass(frozen=True)
class LogPolynomial:
    """log10 y = sum_i c_i (log10 T)^i, the usual form of NIST's cryogenic fits."""

    coefficients: tuple[float, ...]
    kinks_K: tuple[float, ...] = ()

    def value(self, T: FloatArray) -> FloatArray:
        """Return y at `T` [K]."""
        return np.asarray(np.exp(LN10 * _polynomial(self.coefficients, np.log10(T))))

    def slope(self, T: FloatArray) -> FloatArray:
        """Return dy/dT, from d(ln y)/d(ln T)."""
        x = np.log10(T)
        exponent = _polynomial(_differentiate(self.coefficients), x)
        return np.asarray(np.exp(LN10 * _polynomial(self.coefficients, x)) * exponent / T)


@dataclass(frozen=True)
class LogRational:
    """log10 y = (a + c s + e s^2 + g s^3 + i s^4) / (1 + b s + d s^2 + f s^3 + h s^4), s = sqrt(T): NIST's copper fit.

    `coefficients` are (a, b, c, d, e, f, g, h, i) as NIST prints them.
    """

    coefficients: tuple[float, ...]
    kinks_K: tuple[float, ...] = ()

    def _polynomials(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return self.coefficients[0::2], (1.0, *self.coefficients[1::2])

    def value(self, T: FloatArray) -> FloatArray:
        """Return y at `T` [K]."""
        numerator, denominator = self._polynomials()
        s = np.sqrt(T)
        return np.asarray(np.exp(LN10 * _polynomial(numerator, s) / _polynomial(denominator, s)))

    def slope(self, T: FloatArray) -> FloatArray:
        """Return dy/dT by the quotient rule."""
        numerator, denominator = self._polynomials()
        s = np.sqrt(T)
        n, d = _polynomial(numerator, s), _polynomial(denominator, s)
        dn, dd = _polynomial(_differentiate(numerator), s), _polynomial(_differentiate(denominator), s)
        return np.asarray(np.exp(LN10 * n / d) * LN10 * (dn * d - n * dd) / (d * d) / (2.0 * s))


@dataclass(frozen=True)
class Shifted:
    """Another form with a constant added, as impurities add to a resistivity."""

    form: Form
    constant: float

    @property
    def kinks_K(self) -> tuple[float, ...]:
        """Those of the other form."""
        return self.form.kinks_K

    def value(self, T: FloatArray) -> FloatArray:
        """Return y at `T` [K]."""
        return self.form.value(T) + self.constant

    def slope(self, T: FloatArray) -> FloatArray:
        """Return dy/dT."""
        return self.form.slope(T)


@dataclass(frozen=True)
class LinearTable:
    """Points joined by straight lines."""

    temperatures_K: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def kinks_K(self) -> tuple[float, ...]:
        """The points themselves."""
        return self.temperatures_K

    def value(self, T: FloatArray) -> FloatArray:
        """Return y at `T` [K]."""
        return np.asarray(np.interp(T, self.temperatures_K, self.values))

    def slope(self, T: FloatArray) -> FloatArray:
        """Return dy/dT; at a point, the slope towards higher temperature."""
        slopes = np.diff(self.values) / np.diff(self.temperatures_K)
        return np.asarray(slopes[np.searchsorted(self.temperatures_K[1:-1], T, side="right")])


@dataclass(frozen=True)
class LogLogTable:
    """Points joined by power laws: ln y is linear in ln T between neighbours."""

    temperatures_K: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def kinks_K(self) -> tuple[float, ...]:
        """The points themselves."""
        return self.temperatures_K

    @cached_property
    def _segments(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Inner nodes, and per segment the exponent and ln y at T = 1 K."""
        ln_T, ln_y = np.log(self.temperatures_K), np.log(self.values)
        exponent = np.diff(ln_y) / np.diff(ln_T)
        return np.asarray(self.temperatures_K)[1:-1], exponent, ln_y[:-1] - exponent * ln_T[:-1]

    def value(self, T: FloatArray) -> FloatArray:
        """Return y at `T` [K]."""
        inner, exponent, offset = self._segments
        segment = np.searchsorted(inner, T, side="right")
        return np.asarray(np.exp(exponent[segment] * np.log(T) + offset[segment]))

    def slope(self, T: FloatArray) -> FloatArray:
        """Return dy/dT; at a point, the slope towards higher temperature."""
        inner, exponent, _ = self._segments
        return self.value(T) * exponent[np.searchsorted(inner, T, side="right")] / T


@dataclass(frozen=True)
class HustLankford:
    """Conductivity of copper of any residual resistance ratio, Hust and Lankford, NBSIR 84-3007 (1984).

    `p` are P1 .. P6 and `c3` the weight of the low-temperature correction.
    """

    residual_resistance_ratio: float
    p: tuple[float, ...]
    c3: float
    kinks_K: tuple[float, ...] = ()

    def _conductivity(self, T: npt.NDArray[Any]) -> npt.NDArray[Any]:
        p1, p2, p3, p4, p5, p6 = self.p
        rrr = self.residual_resistance_ratio - 1.0
        correction = -sum(
            weight * np.log(T / zero) * np.exp(-((np.log(T / centre) / width) ** 2))
            for weight, zero, centre, width in (
                (0.00012, 420.0, 470.0, 0.7),
                (0.00016, 73.0, 87.0, 0.45),
                (self.c3, 18.0, 21.0, 0.5),
            )
        )
        w0 = 0.631 / (rrr * T)
        wi = p1 * T**p2 / (1.0 + p1 * p3 * T ** (p2 + p4) * np.exp(-((p5 / T) ** p6))) + correction
        return np.asarray(1.0 / (w0 + wi + 0.2351 * rrr**0.1661 * wi * w0 / (wi + w0)))

    def value(self, T: FloatArray) -> FloatArray:
        """Return k [W/m/K] at `T` [K]."""
        return self._conductivity(T)

    def slope(self, T: FloatArray) -> FloatArray:
        """Return dk/dT by a complex step, which has no rounding error."""
        step = 1e-30
        return np.asarray(self._conductivity(T + 1j * step).imag / step)


__all__ = [
    "ConstantForm",
    "Form",
    "HustLankford",
    "LinearTable",
    "LogLogTable",
    "LogPolynomial",
    "LogRational",
    "Shifted",
]
