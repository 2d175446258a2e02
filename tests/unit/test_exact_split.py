"""Pairs of facets that the exact method takes in parts, because their view falls into too many pieces."""

import numpy as np
import pytest

from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exact import ExactSettings, compute, compute_exact_view_factors, polygon_pair_factor, split
from bbrmodel.radiation.exchange_error import group_errors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import rectangle, sphere

FLOOR = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
ROOF = FLOOR[::-1] + np.array([0.0, 0.0, 1.0])
WHOLE = 0.19982489569838746


def solve_small(a: FloatArray, b: FloatArray, tolerance: float) -> tuple[float, float]:
    """Solve pairs in which no polygon is wider than 0.3, with no error; refuse all others."""
    if max(np.ptp(a, axis=0).max(), np.ptp(b, axis=0).max()) > 0.3:
        return -1.0, -1.0
    area = 0.5 * np.linalg.norm(sum(np.cross(a[k] - a[0], a[k + 1] - a[0]) for k in range(1, len(a) - 1)))
    return polygon_pair_factor(a, b) * float(area), 0.0


def test_parts_that_can_be_solved_add_up_to_the_whole() -> None:
    """Rounding of 256 pairs."""
    value, error = split.exchange_in_parts(solve_small, FLOOR, ROOF, tolerances=(0.0, 0.0))
    assert value == pytest.approx(WHOLE, abs=1e-12)
    assert error == pytest.approx(0.0, abs=1e-12)


def test_what_no_part_can_solve_comes_back_as_half_with_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "MAX_PARTS", 16)
    value, error = split.exchange_in_parts(lambda a, b, tolerance: (-1.0, -1.0), FLOOR, ROOF, tolerances=(1e-4, 1e-6))
    assert value == pytest.approx(0.5 * WHOLE, abs=1e-12)
    assert error == pytest.approx(0.5 * WHOLE, abs=1e-12)


def test_open_parts_stop_at_half_of_the_tolerance() -> None:
    """Only pairs near one corner stay open; they are halved until what they may hold is below half a per cent."""

    def solve(a: FloatArray, b: FloatArray, tolerance: float) -> tuple[float, float]:
        if a.min() == 0.0 and b[:, :2].min() == 0.0 and a.sum(axis=1).min() == b[:, :2].sum(axis=1).min() == 0.0:
            return -1.0, -1.0
        area = 0.5 * np.linalg.norm(sum(np.cross(a[k] - a[0], a[k + 1] - a[0]) for k in range(1, len(a) - 1)))
        return polygon_pair_factor(a, b) * float(area), 0.0

    value, error = split.exchange_in_parts(solve, FLOOR, ROOF, tolerances=(1e-2, 0.0))
    assert 0.0 < error <= 0.5 * 1e-2 * value
    assert abs(value - WHOLE) <= error + 1e-12  # rounding


def screened() -> Enclosure:
    """Return two facing squares of two triangles with a ball of 32 triangles between them."""
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 1),
        "roof": rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], 1),
        "ball": sphere(0.3, 1, inward=False) + np.array([0.45, 0.52, 0.5]),
    }
    return enclosure_of_triangles(plates, open_model=True)


def test_little_work_space_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for six pieces is too little for the ball's shadow on a whole square."""
    settings = ExactSettings(1e-2, 1e-3)
    usual = compute_exact_view_factors(screened(), settings)
    called = []
    in_parts = split.exchange_in_parts

    def watch(*args: object, **options: object) -> tuple[float, float]:
        found = in_parts(*args, **options)  # type: ignore[arg-type]
        called.append(found)
        return found

    monkeypatch.setattr(compute, "exchange_in_parts", watch)
    monkeypatch.setattr(compute, "_FIRST_PIECES", 6)
    monkeypatch.setattr(compute, "_MOST_PIECES", 6)
    parts = compute_exact_view_factors(screened(), settings)
    assert called
    facets = np.arange(usual.report.facets)
    stated = sum(group_errors(found.areas, facets, len(facets)) for found in (usual, parts))
    assert (np.abs(usual.areas.to_array() - parts.areas.to_array()) <= stated).all()


def bore(wobble: float) -> FloatArray:
    """Return an octagonal tube of four triangles per side, corners off by so much at random."""
    angle = 2.0 * np.pi * np.arange(8) / 8
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    ring = np.stack([corners, 0.5 * (corners + np.roll(corners, -1, axis=0))], axis=1).reshape(-1, 2)
    points = np.stack([np.column_stack([ring, np.full(16, height)]) for height in (0.0, 0.75, 1.5)])
    points += wobble * np.random.default_rng(0).standard_normal(points.shape)
    low, high = points[:-1], points[1:]
    triangles = [[low, np.roll(high, -1, axis=1), np.roll(low, -1, axis=1)], [low, high, np.roll(high, -1, axis=1)]]
    return np.concatenate([np.stack(corner, axis=2).reshape(-1, 3, 3) for corner in triangles])


@pytest.mark.parametrize("wobble", [1e-9, 1e-11])
def test_facets_of_one_plane_but_for_rounding_are_no_failure(wobble: float) -> None:
    """Pieces of a facet seen edge-on may sum to more than the whole facet, by rounding."""
    settings = ExactSettings(1e-3, 1e-5)
    even, uneven = (
        compute_exact_view_factors(enclosure_of_triangles({"bore": bore(size)}, open_model=True), settings).areas
        for size in (0.0, wobble)
    )
    error = np.sqrt(even.escape_variance + uneven.escape_variance)
    assert (np.abs(even.escape - uneven.escape) <= 4.0 * error + 10.0 * wobble).all()
