"""Volume and level of a liquid inside a wall of triangles, against solids whose volume is known."""

import numpy as np
import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.model.vessel import Vessel
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube, sphere


def open_box() -> Vessel:
    """Return a box of 0.2 m without lid, normals out of its wall into the liquid."""
    sides = cube(np.array([0.0, 0.0, 0.1]), 0.2, 3, inward=True)
    return Vessel("box", np.concatenate([part for name, part in sides.items() if name != "z_high"]))


def bowl() -> Vessel:
    """Return the lower half of a sphere of radius 0.1 m about the origin."""
    triangles = sphere(0.1, 5, inward=True)
    return Vessel("bowl", triangles[triangles[:, :, 2].max(axis=1) < 1e-12])


@pytest.mark.parametrize("level", [0.013, 0.1, 0.2])
def test_a_box_holds_area_times_height(level: float) -> None:
    box = open_box()
    assert box.area(level) == pytest.approx(0.04, rel=1e-12)
    assert box.volume(level) == pytest.approx(0.04 * level, rel=1e-12)
    assert box.level(0.04 * level) == pytest.approx(level, rel=1e-12)


@pytest.mark.parametrize("height", [0.02, 0.05, 0.1])
def test_a_bowl_holds_the_cap_of_a_sphere(height: float) -> None:
    """8192 triangles have 3e-4 less volume than the round bowl, and at the bottom up to 1e-2 less of a small cap."""
    vessel = bowl()
    volume = np.pi * height**2 * (0.3 - height) / 3.0
    assert vessel.volume(height - 0.1) == pytest.approx(volume, rel=1e-2)
    assert vessel.area(height - 0.1) == pytest.approx(np.pi * height * (0.2 - height), rel=1e-2)


def test_the_area_is_the_slope_of_the_volume_and_the_level_its_inverse() -> None:
    vessel, level, step = bowl(), -0.043, 1e-6
    slope = (vessel.volume(level + step) - vessel.volume(level - step)) / (2.0 * step)
    assert vessel.area(level) == pytest.approx(slope, rel=1e-6)  # central differences
    assert vessel.level(vessel.volume(level)) == pytest.approx(level, abs=1e-12)


def test_an_empty_vessel_is_at_its_bottom_and_an_overfull_one_above_its_rim() -> None:
    box = open_box()
    assert box.level(-1e-9) == box.level(0.0) == pytest.approx(0.0, abs=1e-15)
    assert box.level(0.04 * 0.25) == pytest.approx(0.25, rel=1e-12)


def test_an_area_that_is_given_decides() -> None:
    vessel = Vessel("box", open_box().vertices_m, 0.01)
    assert vessel.volume(0.1) == pytest.approx(0.001)
    assert vessel.level(0.001) == pytest.approx(0.1)


def facets_of(vessel: Vessel, keep: FloatArray) -> Vessel:
    return Vessel("open", vessel.vertices_m[keep])


def test_a_wall_with_a_hole_holds_no_liquid() -> None:
    box = open_box()
    leaky = facets_of(box, ~((box.vertices_m[:, :, 0] > 0.1 - 1e-9).all(axis=1)))
    with pytest.raises(ConfigError, match=r"'open' does not enclose a liquid at z = 0\.0005025 m.*free_area_m2"):
        leaky.check((0.1,))


def test_a_level_outside_the_wall_is_refused() -> None:
    open_box().check((0.05, 0.2))
    with pytest.raises(ConfigError, match=r"a level of 0\.3 m lies outside the surface, which reaches from 0 to 0\.2"):
        open_box().check((0.05, 0.3))
