"""Walls of a bath: how much of a facet is wet, how deep, and what liquid and vapour take."""

import numpy as np
import pytest

from bbrmodel.materials import ln2
from bbrmodel.model.baths import ASSUMED_VAPOUR_FILM_W_M2_K, build_wall, wetted
from bbrmodel.spec import BoundaryCondition
from bbrmodel.typing import FloatArray

SHAPES = {
    "any": [0.0, 0.3, 1.0],
    "level bottom": [0.0, 0.0, 1.0],
    "level top": [0.0, 1.0, 1.0],
    "nearly level": [0.5, 0.5, 0.5 + 1e-9],
}


def counted(z: FloatArray, level: float, num: int = 1000) -> tuple[float, float]:
    """Return wet part and mean depth of a triangle by counting midpoints of num^2 small triangles."""
    i, j = np.meshgrid(np.arange(num), np.arange(num))
    up = [(a + 1 / 3, b + 1 / 3) for a, b in [(i[i + j < num], j[i + j < num])]]
    down = [(a + 2 / 3, b + 2 / 3) for a, b in [(i[i + j < num - 1], j[i + j < num - 1])]]
    a, b = (np.concatenate(parts) / num for parts in zip(*up, *down, strict=True))
    height = z[0] + a * (z[1] - z[0]) + b * (z[2] - z[0])
    below = height < level
    return float(below.mean()), float((level - height[below]).mean()) if below.any() else 0.0


@pytest.mark.parametrize("corners", list(SHAPES.values()), ids=list(SHAPES))
@pytest.mark.parametrize("level", [-0.5, 0.1, 0.3, 0.55, 0.9, 1.0, 2.5])
def test_wet_part_and_depth_of_a_triangle_are_what_counting_finds(corners: list[float], level: float) -> None:
    """A million points leave 1e-3 along the waterline."""
    z = np.array(corners)
    part, depth = wetted(z[None], level)
    expected_part, expected_depth = counted(z, level)
    assert part[0] == pytest.approx(expected_part, abs=2e-3)
    if expected_part > 0.01:
        assert depth[0] == pytest.approx(expected_depth, abs=2e-3)


def test_a_triangle_at_the_level_of_the_liquid_is_wet_without_depth() -> None:
    part, depth = wetted(np.full((1, 3), 0.4), 0.4)
    assert (part[0], depth[0]) == (1.0, 0.0)
    assert wetted(np.full((1, 3), 0.4), 0.39999)[0][0] == 0.0


def facets() -> FloatArray:
    """Return two upright triangles, 0 to 1 m and 1 to 2 m high."""
    triangle = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return np.stack([triangle, triangle + np.array([0.0, 0.0, 1.0])])


def test_without_a_level_the_liquid_reaches_the_top() -> None:
    wall = build_wall(facets(), BoundaryCondition(surface="a", bath="ln2"))
    np.testing.assert_array_equal(wall.wet, 1.0)
    expected = ln2.saturation_temperature_at_depth(np.array([2.0 - 1 / 3, 1.0 - 1 / 3]))
    np.testing.assert_allclose(wall.boiling_K, expected, rtol=1e-14)


def test_the_level_parts_liquid_and_vapour() -> None:
    condition = BoundaryCondition(surface="a", bath="ln2", level_m=1.0, vapour_film_W_m2_K=8.0, vapour_K=90.0)
    wall = build_wall(facets(), condition)
    np.testing.assert_array_equal(wall.wet, [1.0, 0.0])
    T = np.array([78.5, 100.0])
    superheat = 78.5 - float(ln2.saturation_temperature_at_depth(1.0 - 1 / 3))
    flux, slope = wall.law()(T)
    assert flux[0] == pytest.approx(-float(ln2.boiling_heat_flux(superheat)), rel=1e-14)
    assert (flux[1], slope[1]) == (8.0 * (90.0 - 100.0), -8.0)
    np.testing.assert_allclose(wall.into_liquid(T) + wall.into_vapour(T), -flux, rtol=1e-14)
    assert wall.hottest_flux(T) == pytest.approx(-flux[0], rel=1e-14)


def test_vapour_has_the_assumed_film_and_the_temperature_of_the_liquids_surface_unless_given() -> None:
    wall = build_wall(facets(), BoundaryCondition(surface="a", bath="ln2", level_m=0.0, pressure_Pa=95e3))
    assert wall.vapour_film_W_m2_K == ASSUMED_VAPOUR_FILM_W_M2_K == 5.0
    assert wall.vapour_K == pytest.approx(float(ln2.saturation_temperature(95e3)), rel=1e-14)
    assert wall.hottest_flux(np.array([300.0, 300.0])) == 0.0  # nothing is wet


def test_the_slope_of_a_partly_wet_wall_is_that_of_its_flux() -> None:
    wall = build_wall(facets(), BoundaryCondition(surface="a", bath="ln2", level_m=0.4))
    T = np.array([79.0, 95.0])
    law = wall.law()
    numeric = (law(T + 1e-4)[0] - law(T - 1e-4)[0]) / 2e-4
    np.testing.assert_allclose(law(T)[1], numeric, rtol=1e-6)  # central differences of 1e-4 K


def test_a_mixed_liquid_has_the_temperature_of_its_surface_at_all_depths() -> None:
    vertices = np.array([[[0.0, 0.0, z], [0.1, 0.0, z], [0.0, 0.1, z]] for z in (0.0, 0.3, 0.6)])
    boiling = build_wall(vertices, BoundaryCondition(surface="w", bath="ln2", level_m=0.7))
    mixed = build_wall(vertices, BoundaryCondition(surface="w", bath="ln2", level_m=0.7, liquid="mixed"))
    surface = float(ln2.saturation_temperature(101325.0))
    assert mixed.boiling_K == pytest.approx(surface, rel=1e-14)
    assert boiling.boiling_K[0] - surface > 0.4  # 0.64 K per metre
    assert np.array_equal(mixed.wet, boiling.wet)
