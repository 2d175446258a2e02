"""Triangles near small openings are cut, and what is left of their size is estimated."""

import numpy as np
import pytest

from bbrmodel.radiation.enclosure import Portal
from bbrmodel.radiation.facet_size import facet_sizes
from bbrmodel.radiation.subdivide import cut_near_portals
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube

HOLE = Portal("hole", (0.5, 0.5, 0.0), (0.0, 0.0, 2.0), 0.05)


def areas(vertices: FloatArray) -> FloatArray:
    """Return areas with directions, (num, 3)."""
    edge = vertices[:, 1:] - vertices[:, :1]
    area: FloatArray = 0.5 * np.cross(edge[:, 0], edge[:, 1])
    return area


def longest(vertices: FloatArray) -> FloatArray:
    """Return the longest edges."""
    length: FloatArray = np.linalg.norm(vertices - np.roll(vertices, 1, axis=1), axis=2).max(axis=1)
    return length


def test_parts_cover_their_parent_and_keep_its_side() -> None:
    """Areas as vectors add up to rounding."""
    room = np.concatenate(list(cube([0.5, 0.5, 0.5], 1.0, 3, inward=True).values()))
    cut = cut_near_portals(room, [HOLE], ratio=0.3)
    assert len(cut.parent) > 2 * len(room)
    total = np.zeros((len(room), 3))
    np.add.at(total, cut.parent, areas(cut.vertices_m))
    assert np.abs(total - areas(room)).max() < 1e-15
    assert (np.diff(cut.parent) >= 0).all()


def test_facets_are_a_part_of_the_radius_in_the_bore_and_of_the_distance_elsewhere() -> None:
    room = np.concatenate(list(cube([0.5, 0.5, 0.5], 1.0, 3, inward=True).values()))
    cut = cut_near_portals(room, [HOLE], ratio=0.3)
    centre = cut.vertices_m.mean(axis=1)
    away = np.linalg.norm(centre - np.array(HOLE.center_m), axis=1)
    in_bore = away < HOLE.radius_m
    assert in_bore.sum() > 50
    assert longest(cut.vertices_m[in_bore]).max() <= 0.3 * HOLE.radius_m
    assert (longest(cut.vertices_m) <= 0.6 * (away + HOLE.radius_m) + 1e-12).all()


def test_fours_of_the_last_cut_are_known_and_what_was_small_enough_is_left_whole() -> None:
    room = np.concatenate(list(cube([0.5, 0.5, 0.5], 1.0, 3, inward=True).values()))
    cut = cut_near_portals(room, [HOLE], ratio=0.3)
    _, count = np.unique(cut.block[cut.block >= 0], return_counts=True)
    assert count.max() == 4
    whole = cut.block < 0
    assert (np.bincount(cut.parent)[cut.parent[whole]] == 1).all()
    assert np.array_equal(cut.vertices_m[whole], room[cut.parent[whole]])


@pytest.mark.parametrize(("portals", "ratio"), [((), 0.3), ((HOLE,), 0.0)])
def test_nothing_is_cut_without_openings_or_where_it_is_not_wanted(portals: tuple[Portal, ...], ratio: float) -> None:
    room = np.concatenate(list(cube([0.5, 0.5, 0.5], 1.0, 3, inward=True).values()))
    cut = cut_near_portals(room, portals, ratio=ratio)
    assert np.array_equal(cut.vertices_m, room)
    assert (cut.block == -1).all()


def test_gradients_of_linear_values_are_exact_on_flat_surfaces() -> None:
    """A linear function is fitted to rounding and to the 1e-6 that keeps the fit solvable."""
    room = np.concatenate(list(cube([0.5, 0.5, 0.5], 1.0, 6, inward=True).values()))
    _, points = np.unique(room.reshape(-1, 3).round(9), axis=0, return_inverse=True)
    points = points.reshape(-1, 3)
    surface = np.zeros(len(room), dtype=np.int64)
    whole = np.arange(len(room))
    sizes = facet_sizes(room, points, surface, part_of=whole, block=np.full(len(room), -1))
    slope = np.array([1.0, -2.0, 0.5])
    found = np.asarray(sizes.gradient @ (room.mean(axis=1) @ slope)).reshape(3, -1).T
    normal = areas(room) / np.linalg.norm(areas(room), axis=1)[:, None]
    along = slope - (normal @ slope)[:, None] * normal
    assert np.abs(found - along).max() < 1e-4
