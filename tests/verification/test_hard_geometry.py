"""Closed forms by both methods where geometry is hard: narrow gaps, thin walls, long facets, far from the origin.

Rationale: rays start from single precision positions, and long facets are where plain quadrature fails. Setup: models
with exact view factors. Expected: the exact method to the digits of the reference, rays within four of their own
standard errors, and raw row sums of 1.
"""

import numpy as np
import pytest

from bbrmodel.radiation.api import Method, SurfaceViewFactors, enclosure_of_triangles, surface_view_factors
from bbrmodel.radiation.exact import ExactSettings, compute_exact_view_factors
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, disc, rectangle

BOTH = pytest.mark.parametrize("method", ["ray", "exact"])
OPPOSITE, ADJACENT = 0.19982489569838746, 0.20004377607540316
# Sixteen replicas: the standard error itself is then known well enough for four of them to mean what they say.
RAYS = RaySettings(1 << 13, replicas=16)


def compute(surfaces: dict[str, FloatArray], method: Method, *, open_model: bool = True) -> SurfaceViewFactors:
    return surface_view_factors(enclosure_of_triangles(surfaces, open_model=open_model), RAYS, method=method)


def check(found: SurfaceViewFactors, pair: tuple[int, int], expected: float, *, exact: float) -> None:
    """Assert a view factor: to the tolerance `exact` without rays, to four standard errors with them."""
    rays = found.rays > 0
    tolerance = 4.0 * float(found.standard_errors[pair]) if rays else exact
    assert abs(float(found.view_factors[pair]) - expected) <= tolerance
    assert not rays or 0.0 < tolerance < 0.02  # an error without bounds would prove nothing


def strips(origin: list[float], first: list[float], second: list[float], divisions: tuple[int, int]) -> FloatArray:
    """Return the triangles of a parallelogram cut into so many strips along each direction."""
    origin, first, second = (np.asarray(v, dtype=float) for v in (origin, first, second))
    n, m = divisions
    parts = [
        rectangle(origin + i / n * first + j / m * second, first / n, second / m, 1) for i in range(n) for j in range(m)
    ]
    return np.concatenate(parts)


def facing_squares(ratio: float) -> float:
    """Return the view factor of equal squares, side over distance given (reference case VF02)."""
    x = ratio
    root = np.sqrt(1.0 + x * x)
    total = np.log((1.0 + x * x) / np.sqrt(1.0 + 2.0 * x * x)) + 2.0 * x * root * np.arctan(x / root)
    return float(2.0 / (np.pi * x * x) * (total - 2.0 * x * np.arctan(x)))


def test_the_formula_for_facing_squares_has_the_digits_of_the_reference() -> None:
    for ratio, expected in ((0.4, 0.046137416744875), (2.0, 0.415253283577147), (10.0, 0.826994522397256)):
        assert facing_squares(ratio) == pytest.approx(expected, abs=1e-14)


@BOTH
@pytest.mark.parametrize("side", [0.01, 0.1])
@pytest.mark.parametrize("place", [0.0, 1.0])
def test_a_gap_of_a_tenth_of_a_millimetre(method: Method, side: float, place: float) -> None:
    """F = 0.9804 and 0.9980; a metre from the origin single precision positions are off by 0.1 % of the gap."""
    gap, at = 1e-4, np.full(3, place)
    plates = {
        "low": rectangle(at, [side, 0, 0], [0, side, 0], 4),
        "high": rectangle([place, place, place + gap], [0, side, 0], [side, 0, 0], 4),
    }
    check(compute(plates, method), (0, 1), facing_squares(side / gap), exact=1e-9)


@BOTH
@pytest.mark.parametrize(
    ("depth", "expected"),
    [(0.1, 0.281887806787901), (0.4, 0.250319555056282), (1.0, 0.200043776075403), (4.0, 0.101358700221681)],
)
def test_rectangles_with_a_common_edge(method: Method, depth: float, expected: float) -> None:
    """VF03."""
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, depth, 0], 3),
        "wall": rectangle([0, 0, 0], [0, 0, depth], [1, 0, 0], 2),
    }
    check(compute(plates, method), (0, 1), expected, exact=1e-9)


@BOTH
@pytest.mark.parametrize(
    ("distance", "expected"), [(1.0, 0.73742999), (3.0, 0.42373301), (10.0, 0.10006365), (40.0, 0.00781385)]
)
def test_five_by_eight_plates(method: Method, distance: float, expected: float) -> None:
    """VF09, eight digits."""
    plates = {
        "floor": rectangle([0, 0, 0], [5, 0, 0], [0, 8, 0], 3),
        "roof": rectangle([0, 0, distance], [0, 8, 0], [5, 0, 0], 3),
    }
    check(compute(plates, method), (0, 1), expected, exact=1e-8)


@pytest.mark.parametrize(
    ("radius", "distance", "expected"),
    [(1.0, 1.0, 0.381966011250105), (1.0, 3.0, 0.091673086804016), (0.2, 1.0, 0.037087982163740)],
)
def test_coaxial_discs_by_rays(radius: float, distance: float, expected: float) -> None:
    """VF05: rays against the exact value of the same polygons, which is the circle's to 1e-3 of itself."""
    discs = {"low": disc(radius, 0.0, 48, upward=True), "high": disc(radius, distance, 48, upward=False)}
    polygon = float(compute(discs, "exact").view_factors[0, 1])
    assert polygon == pytest.approx(expected, rel=1e-3)
    check(compute(discs, "ray"), (0, 1), polygon, exact=0.0)


@BOTH
@pytest.mark.parametrize("divisions", [(1, 10), (10, 1)])
def test_a_cube_of_facets_ten_times_as_long_as_high(method: Method, divisions: tuple[int, int]) -> None:
    """VF01 with slivers that meet end to end, side to side, and end to side."""
    walls = {
        "low": strips([0, 0, 0], [1, 0, 0], [0, 1, 0], divisions),
        "high": strips([0, 0, 1], [0, 1, 0], [1, 0, 0], divisions),
        "left": strips([0, 0, 0], [0, 1, 0], [0, 0, 1], divisions),
        "right": strips([1, 0, 0], [0, 0, 1], [0, 1, 0], divisions),
        "front": strips([0, 0, 0], [0, 0, 1], [1, 0, 0], divisions),
        "back": strips([0, 1, 0], [1, 0, 0], [0, 0, 1], divisions),
    }
    found = compute(walls, method, open_model=False)
    for row, column, expected in ((0, 1, OPPOSITE), (2, 3, OPPOSITE), (0, 2, ADJACENT), (1, 5, ADJACENT)):
        check(found, (row, column), expected, exact=1e-9)
    np.testing.assert_allclose(found.row_sums, 1.0, rtol=0.0, atol=1e-9 if method == "exact" else 2e-3)


def rooms_with_a_baffle() -> dict[str, FloatArray]:
    """Return two halves of a metre cube, a wall of half a millimetre between them."""
    thin = 0.00025
    halves = {}
    for word, sign in (("left", -1.0), ("right", 1.0)):
        half = cube([0, 0, 0], 1.0, 2, inward=True)
        for name, part in half.items():
            x = part[..., 0]
            part[..., 0] = sign * thin + (x + 0.5 * sign) * (0.5 - thin)
            facing = {"left": "x_high", "right": "x_low"}[word]
            halves[f"{word}_{'baffle' if name == facing else name}"] = part
    return halves


@BOTH
def test_a_baffle_of_half_a_millimetre_lets_nothing_through(method: Method) -> None:
    """OB07: exactly nothing; raw row sums of 1."""
    found = compute(rooms_with_a_baffle(), method, open_model=False)
    left = np.array([name.startswith("left") for name in found.surfaces])
    assert (found.view_factors[np.ix_(left, ~left)] == 0.0).all()
    assert [part.name.split("_")[0] for part in found.enclosures] == ["left", "right"]
    np.testing.assert_allclose(found.row_sums, 1.0, rtol=0.0, atol=1e-6 if method == "exact" else 2e-3)


def test_a_baffle_with_a_free_edge_by_both_methods() -> None:
    """Half a millimetre thick, half as high as the cube: four standard errors, and the baffle's sides never meet."""
    walls = {"walls": np.concatenate(list(cube([0, 0, 0], 1.0, 2, inward=True).values()))}
    walls["walls"] = walls["walls"][~on_floor(walls["walls"])]
    thin = 0.00025
    surfaces = {
        **walls,
        "floor_left": rectangle([-0.5, -0.5, -0.5], [0.5 - thin, 0, 0], [0, 1, 0], 2),
        "floor_right": rectangle([thin, -0.5, -0.5], [0.5 - thin, 0, 0], [0, 1, 0], 2),
        "baffle_left": rectangle([-thin, -0.5, -0.5], [0, 0, 0.5], [0, 1, 0], 2),
        "baffle_right": rectangle([thin, -0.5, -0.5], [0, 1, 0], [0, 0, 0.5], 2),
        "edge": rectangle([-thin, -0.5, 0.0], [2 * thin, 0, 0], [0, 1, 0], 2),
    }
    enclosure = enclosure_of_triangles(surfaces)
    rays = surface_view_factors(enclosure, RAYS)
    exact = surface_view_factors(enclosure, method="exact")
    # The walls' corners lie behind the baffle's faces by rounding alone: 1e-7 is the closure's tolerance.
    both = np.hypot(rays.standard_errors, exact.standard_errors)
    assert (np.abs(rays.view_factors - exact.view_factors) <= 4.0 * both + 2e-7).all()
    names = exact.surfaces
    for found in (rays, exact):
        for one, other in (("baffle_left", "baffle_right"), ("floor_left", "baffle_right"), ("edge", "floor_left")):
            assert found.view_factors[names.index(one), names.index(other)] == 0.0
    # The baffle's ends cover 5 cm2 of 5 m2 of walls, which therefore lose 1e-4 of their light.
    np.testing.assert_allclose(exact.row_sums[0], 1.0 - 1e-4, rtol=0.0, atol=2e-5)
    np.testing.assert_allclose(exact.row_sums[1:], 1.0, rtol=0.0, atol=1e-4)


def on_floor(triangles: FloatArray) -> FloatArray:
    """Return which triangles lie in z = -0.5."""
    flat: FloatArray = (triangles[:, :, 2] < -0.5 + 1e-9).all(axis=1)
    return flat


def test_plain_gauss_points_at_shared_edges_would_show() -> None:
    """VF10: the wrong answer 0.25043827 has row sums of 1.2; raw row sums of the exact method are 1 to 1e-10."""
    enclosure = enclosure_of_triangles(cube([0, 0, 0], 1.0, 2, inward=True))
    found = compute_exact_view_factors(enclosure, ExactSettings())
    np.testing.assert_allclose(found.raw_row_sums, 1.0, rtol=0.0, atol=1e-10)
    factor = float(surface_view_factors(enclosure, method="exact").view_factors[0, 2])
    assert abs(factor - 0.25043827) > 0.05
