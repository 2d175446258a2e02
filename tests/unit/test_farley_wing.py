"""The Farley-Wing function against tabulated values, its limits and a second way of integrating."""

import math

import numpy as np
import pytest

from bbrmodel.errors import PropertyRangeError
from bbrmodel.ion.farley_wing import g, g_quadrature

VECTORS = [
    (0.05, -6.3121e-4),
    (0.291, -0.0200709),
    (1, -0.153944),
    (2, -0.175981),
    (5, 1.07512),
    (10, 1.29902),
    (20, 1.05318),
    (40, 1.01207),
    (80, 1.00296),
]


def without_a_pole(y: float) -> float:
    """Map x > y onto x < y by x -> y^2 / x: both sides of the pole cancel and the integrand is smooth."""
    nodes, weights = np.polynomial.legendre.leggauss(40)

    def planck(x):
        return np.where(x < 700.0, x**3 / np.expm1(np.minimum(x, 700.0)), 0.0)

    edges = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 80)])
    half = 0.5 * np.diff(edges)[:, None]
    t = edges[:-1, None] + half * (1.0 + nodes)
    return float(15.0 / math.pi**4 * y * np.sum(half * weights * (planck(y * t) - planck(y / t)) / (1.0 - t**2)))


@pytest.mark.parametrize(("y", "expected"), VECTORS)
def test_tabulated_values_are_met_in_all_their_digits(y, expected):
    assert g(y) == pytest.approx(expected, rel=5e-6)  # five to six digits tabulated
    assert g_quadrature(float(y)) == pytest.approx(expected, rel=5e-6)


def test_spline_and_series_agree_with_an_integral_without_pole():
    y = np.exp(np.random.default_rng(1).uniform(math.log(0.02), math.log(100.0), 200))
    # Spline and truncated series are both good to 2e-10 next to y = 40; the referee to rounding.
    np.testing.assert_allclose(g(y), [without_a_pole(float(value)) for value in y], rtol=0, atol=3e-10)


def test_the_quadrature_agrees_with_the_integral_without_pole_to_rounding():
    for y in (0.03, 0.7, 3.0, 11.0, 45.0, 300.0):
        assert g_quadrature(y) == pytest.approx(without_a_pole(y), abs=1e-13)  # rounding


def test_limits_are_static_above_and_parabolic_below():
    assert g(1e4) - 1.0 == pytest.approx(40 * math.pi**2 / 21 / 1e8, rel=1e-5)  # next term, and rounding of 1
    # The next term is of relative order y^2, times a number of order ten.
    assert g(1e-3) == pytest.approx(-5e-6 / (2 * math.pi**2), rel=1e-4)


def test_the_asymptotic_series_would_miss_the_strontium_line_that_quadrature_gets_right():
    y = 18.4
    p2 = math.pi**2
    series = 1 + 40 * p2 / 21 / y**2 + 8 * p2**2 / y**4 + 640 / 11 * p2**3 / y**6
    assert g(y) == pytest.approx(1.06467, abs=2e-4)  # y is rounded to three digits
    assert g(y) - series > 5e-4


def test_shapes_are_kept():
    assert g(np.full((2, 3), 12.0)).shape == (2, 3)
    assert g(np.empty(0)).shape == (0,)


@pytest.mark.parametrize("bad", [0.0, -2.0, math.nan])
def test_one_bad_argument_is_refused(bad):
    with pytest.raises(PropertyRangeError, match=f"y = {bad:g}"):
        g(np.array([1.0, bad, 50.0]))
