"""Separate enclosures: which facets exchange light at all."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, triu

from bbrmodel.radiation.api import enclosure_of_triangles, surface_view_factors
from bbrmodel.radiation.exchange_areas import ExchangeAreas, from_upper
from bbrmodel.radiation.lines import split
from bbrmodel.radiation.parts import EnclosurePart, find_enclosures
from bbrmodel.radiation.tracer import RaySettings
from tests.verification.shapes import cube, rectangle


def areas_of(
    pairs: list[tuple[int, int]], num: int, *, escape: list[int] | None = None, value: float = 1.0
) -> ExchangeAreas:
    """Return exchange areas of `value` [m2] between pairs of facets; facet k has the area k + 1."""
    matrix = np.zeros((num, num))
    for i, j in pairs:
        matrix[i, j] = matrix[j, i] = 1.0
    upper = csr_matrix(triu(matrix))
    upper.data[:] = value
    out = np.zeros(num)
    out[escape or []] = 0.5
    area, nothing = np.arange(num) + 1.0, np.zeros(num)
    return from_upper(upper, np.zeros(upper.nnz), escape=out, escape_variance=nothing, area_m2=area)


def test_a_chain_of_views_is_one_enclosure() -> None:
    found = find_enclosures(
        areas_of([(0, 2), (1, 2)], 3), np.array([0, 1, 1]), surface_names=("a", "b"), radiates=np.ones(3, dtype=bool)
    )
    assert found == (EnclosurePart("b", ("a", "b"), 3, 6.0, False),)


def test_parts_are_sorted_by_area_named_by_their_largest_surface_and_open_where_light_leaves() -> None:
    areas = areas_of([(0, 3), (1, 2)], 4, escape=[1])
    found = find_enclosures(areas, np.array([0, 1, 1, 0]), surface_names=("a", "b"), radiates=np.ones(4, dtype=bool))
    assert found == (EnclosurePart("a", ("a",), 2, 5.0, False), EnclosurePart("b", ("b",), 2, 5.0, True))


def test_two_rooms_of_one_surface_get_two_names() -> None:
    found = find_enclosures(
        areas_of([(0, 1), (2, 3)], 4), np.zeros(4, dtype=int), surface_names=("wall",), radiates=np.ones(4, dtype=bool)
    )
    assert [part.name for part in found] == ["wall", "wall 2"]


def test_facets_that_do_not_radiate_belong_to_no_part_and_zeros_join_nothing() -> None:
    areas = areas_of([(0, 1)], 3, value=0.0)
    found = find_enclosures(areas, np.arange(3), surface_names=("a", "b", "c"), radiates=np.array([True, True, False]))
    assert [part.surfaces for part in found] == [("b",), ("a",)]


@pytest.mark.parametrize("step", [1, 2, 7])
def test_the_size_of_a_block_of_lines_makes_no_difference(step: int) -> None:
    random = np.random.default_rng(4)
    pairs = [(int(i), int(j)) for i, j in random.integers(0, 30, (18, 2))]
    areas = areas_of(pairs, 30)
    arguments = {"surface_names": tuple("abc"), "radiates": np.ones(30, dtype=bool)}
    whole = find_enclosures(areas, np.arange(30) % 3, **arguments)  # type: ignore[arg-type]
    areas = replace(areas, lines=split(areas.lines[0], step))
    assert len(areas.lines) > 1
    assert find_enclosures(areas, np.arange(30) % 3, **arguments) == whole  # type: ignore[arg-type]
    assert sum(part.facets for part in whole) == 30


def test_two_closed_boxes_and_a_lone_plate_are_separate() -> None:
    surfaces = {f"left_{name}": part for name, part in cube([0, 0, 0], 1.0, 2, inward=True).items()}
    surfaces |= {f"right_{name}": part for name, part in cube([3, 0, 0], 0.5, 2, inward=True).items()}
    surfaces["plate"] = rectangle([8, 0, 0], [0.1, 0, 0], [0, 0.1, 0], 1)
    found = surface_view_factors(enclosure_of_triangles(surfaces, open_model=True), RaySettings(256))
    shown = [(part.facets, part.open) for part in found.enclosures]
    # The facets of the plate do not see each other, only the environment.
    assert shown == [(48, False), (48, False), (2, True)]
    assert found.enclosures[2].name == "plate"
