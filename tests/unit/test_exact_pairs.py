"""View factors of single pairs: what is cut off, what is refused, and the double integral by plain quadrature."""

import numpy as np
import pytest

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation.exact import polygon_pair_factor, triangle_pair_factor
from bbrmodel.typing import FloatArray

FLOOR = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
ROOF = FLOOR[::-1] + np.array([0.0, 0.0, 1.0])
FAR = np.array([[0.2, 0.1, 3.0], [0.1, 0.9, 3.3], [1.1, 0.3, 3.1]])


def factor_by_quadrature(a: FloatArray, b: FloatArray, order: int) -> float:
    """Integrate cos cos / pi r^2 with Gauss points on both triangles (smooth where they are far apart)."""
    x, w = np.polynomial.legendre.leggauss(order)
    x, w = 0.5 * (x + 1.0), 0.5 * w
    u, v = (g.ravel() for g in np.meshgrid(x, x, indexing="ij"))
    weight = (w[:, None] * w[None, :]).ravel() * 2.0 * u
    points, normals, areas = [], [], []
    for t in (a, b):
        points.append(t[0] + (u * (1.0 - v))[:, None] * (t[1] - t[0]) + (u * v)[:, None] * (t[2] - t[0]))
        cross = np.cross(t[1] - t[0], t[2] - t[0])
        areas.append(0.5 * np.linalg.norm(cross))
        normals.append(cross / np.linalg.norm(cross))
    r = points[1][None] - points[0][:, None]
    kernel = (r @ normals[0]) * -(r @ normals[1]) / (np.pi * (r**2).sum(axis=2) ** 2)
    return float(areas[1] * weight @ kernel @ weight)


def test_triangles_far_apart_agree_with_plain_quadrature() -> None:
    """The kernel is smooth at this distance: twelve points a side leave 1e-13."""
    near = FLOOR[:3]
    assert triangle_pair_factor(near, FAR) == pytest.approx(factor_by_quadrature(near, FAR, 12), rel=1e-11)


@pytest.mark.parametrize("shift", [10.0, 100.0, 1000.0])
def test_small_far_triangles_keep_their_digits(shift: float) -> None:
    """The contours cancel all but (size / distance)^2 of the logarithm; 1e-9 relative is left at a thousand sizes."""
    away = FLOOR[2::-1] + np.array([0.0, 0.3 * shift, shift])
    expected = factor_by_quadrature(FLOOR[:3], away, 8)
    assert triangle_pair_factor(FLOOR[:3], away) == pytest.approx(expected, rel=1e-9)


def test_polygons_back_to_back_or_in_one_plane_exchange_nothing() -> None:
    assert polygon_pair_factor(FLOOR, FLOOR + np.array([0.0, 0.0, 1.0])) == 0.0
    assert polygon_pair_factor(FLOOR, FLOOR[::-1] - [0.0, 0.0, 1.0]) == 0.0
    assert polygon_pair_factor(FLOOR, FLOOR + np.array([1.0, 0.0, 0.0])) == 0.0


def test_what_lies_behind_the_other_plane_counts_nothing() -> None:
    wall = np.array([[2.0, 0.0, -1.0], [2.0, 0.0, 1.0], [2.0, 1.0, 1.0], [2.0, 1.0, -1.0]])
    upper = np.array([[2.0, 0.0, 0.0], [2.0, 0.0, 1.0], [2.0, 1.0, 1.0], [2.0, 1.0, 0.0]])
    assert polygon_pair_factor(FLOOR, upper) > 0.01
    # The same figure, cut: equal to rounding.
    assert polygon_pair_factor(FLOOR, wall) == pytest.approx(polygon_pair_factor(FLOOR, upper), abs=1e-14)


def test_the_view_of_a_whole_is_the_sum_of_its_parts() -> None:
    left, right = ROOF * [0.5, 1.0, 1.0], ROOF * [0.5, 1.0, 1.0] + np.array([0.5, 0.0, 0.0])
    parts = polygon_pair_factor(FLOOR, left) + polygon_pair_factor(FLOOR, right)
    assert parts == pytest.approx(polygon_pair_factor(FLOOR, ROOF), abs=1e-13)  # rounding of a dozen logarithms


@pytest.mark.parametrize("gap", [1e-1, 1e-3, 1e-6, 1e-9])
def test_plates_that_almost_touch_see_almost_nothing_else(gap: float) -> None:
    """1 - F of equal squares tends to 2 gap / side x (1 - ln of it ...): it falls with the gap and never exceeds 1."""
    factor = polygon_pair_factor(FLOOR, FLOOR[::-1] + np.array([0.0, 0.0, gap]))
    assert 1.0 - 3.0 * gap < factor <= 1.0 + 1e-14


def test_polygons_that_cannot_radiate_are_refused() -> None:
    with pytest.raises(EnclosureError, match="emitter: a polygon needs at least three corners"):
        polygon_pair_factor(FLOOR[:2], ROOF)
    with pytest.raises(EnclosureError, match="receiver: the polygon has no area"):
        polygon_pair_factor(FLOOR, np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [2.0, 0.0, 1.0]]))
    with pytest.raises(EnclosureError, match="off the polygon's plane"):
        polygon_pair_factor(FLOOR + np.array([[0.0, 0.0, 0.1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]), ROOF)
