"""What stands in the way: facets of one plane are merged to convex polygons that cover the same area."""

import numpy as np
import pytest

from bbrmodel.radiation.exact.occluders import MAX_SIDES, Occluders, find_occluders
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, disc, rectangle, sphere


def area_of(occluders: Occluders) -> float:
    total = 0.0
    for corners, num in zip(occluders.corners, occluders.num_corners, strict=True):
        fan = corners[1:num] - corners[0]
        total += 0.5 * np.linalg.norm(np.cross(fan[:-1], fan[1:]), axis=1).sum()
    return total


def area_of_triangles(triangles: FloatArray) -> float:
    edge = triangles[:, 1:] - triangles[:, :1]
    return float(0.5 * np.linalg.norm(np.cross(edge[:, 0], edge[:, 1]), axis=1).sum())


def test_a_cube_of_many_facets_becomes_six_squares() -> None:
    occluders = find_occluders(np.concatenate(list(cube([0, 0, 0], 1.0, 5, inward=False).values())))
    assert list(occluders.num_corners) == [4] * 6
    assert area_of(occluders) == pytest.approx(6.0, rel=1e-12)


def test_a_curved_surface_keeps_its_triangles() -> None:
    triangles = sphere(1.0, 2, inward=False)
    occluders = find_occluders(triangles)
    assert len(occluders.corners) == len(triangles)
    assert area_of(occluders) == pytest.approx(area_of_triangles(triangles), rel=1e-12)


def test_a_frame_is_covered_by_few_convex_polygons() -> None:
    grid = rectangle([0, 0, 0], [6, 0, 0], [0, 6, 0], 6)
    middle = grid.mean(axis=1)
    frame = grid[~((np.abs(middle - 3.0) < 1.0)[:, :2].all(axis=1))]
    occluders = find_occluders(frame)
    assert len(occluders.corners) == 4
    assert area_of(occluders) == pytest.approx(32.0, rel=1e-9)


def test_polygons_of_many_sides_are_cut_by_diagonals() -> None:
    triangles = disc(1.0, 0.0, 48, upward=True)
    occluders = find_occluders(triangles)
    assert occluders.num_corners.max() <= MAX_SIDES
    assert len(occluders.corners) < 12
    assert area_of(occluders) == pytest.approx(np.pi, rel=1e-9)  # `disc` has the area of the circle


def test_parts_of_one_plane_that_do_not_touch_stay_apart() -> None:
    one = rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2)
    occluders = find_occluders(np.concatenate([one, one + np.array([1.5, 0.0, 0.0])]))
    assert list(occluders.num_corners) == [4, 4]


def test_every_occluder_lies_in_one_leaf_and_in_its_box() -> None:
    occluders = find_occluders(sphere(1.0, 2, inward=False))
    seen = []
    for box, (first, count) in zip(occluders.boxes, occluders.children, strict=True):
        if first >= 0:
            continue
        members = occluders.order[-1 - first : -1 - first + count]
        seen += members.tolist()
        assert (occluders.corners[members] >= box[0]).all()
        assert (occluders.corners[members] <= box[1]).all()
    assert sorted(seen) == list(range(len(occluders.corners)))
