"""Mirror walls: flat mirrors can be unfolded, which makes their light exactly computable.

Rationale: polished metal is a mirror, and a mirror carries room light further than a diffuse wall. Setup: a cube whose
walls reflect 80 % as mirrors, with a black square in the middle of one wall. Expected: straight lines through the
unfolded lattice of cubes, followed in double precision for independent random directions.
"""

import numpy as np
import pytest

from bbrmodel.ion.field import look_from
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube

ABSORPTIVITY = 0.2
HALF = 0.125  # of the black square
SAMPLES = 400_000


def mirror_cube() -> tuple[Enclosure, FloatArray]:
    """Return the cube and the mirror reflectivity of its facets; surface 1 is the black square."""
    sides = cube([0.0, 0.0, 0.0], 1.0, 8, inward=True)
    top = sides["z_high"]
    middle = np.abs(top.mean(axis=1)[:, :2]).max(axis=1) < HALF
    walls = np.concatenate([part for name, part in sides.items() if name != "z_high"] + [top[~middle]])
    enclosure = enclosure_of_triangles({"walls": walls, "square": top[middle]})
    return enclosure, np.where(enclosure.surface == 0, 1.0 - ABSORPTIVITY, 0.0)


def arrival_on_square(origins: FloatArray, directions: FloatArray) -> float:
    """Return the mean power that reaches the square, per unit sent out, by unfolding."""
    position, heading = origins.copy(), directions.copy()
    power = np.ones(len(position))
    total = 0.0
    for _ in range(60):  # 1e-6 of the power is left
        with np.errstate(divide="ignore"):
            distance = (np.where(heading > 0, 0.5, -0.5) - position) / heading
        axis = distance.argmin(axis=1)
        rows = np.arange(len(position))
        position = position + distance[rows, axis][:, None] * heading
        up = (axis == 2) & (heading[:, 2] > 0)
        inside = up & (np.abs(position[:, :2]) < HALF).all(axis=1)
        total += float(power[inside].sum())
        power = np.where(inside, 0.0, power * (1.0 - ABSORPTIVITY))
        heading[rows, axis] *= -1.0
        position[rows, axis] = np.where(heading[rows, axis] > 0, -0.5, 0.5)
    return total / len(origins)


def test_ion_sees_the_square_by_way_of_mirrors() -> None:
    """Both estimates have about 0.3 % statistical error: four times their sum in quadrature is 2 %."""
    enclosure, specular = mirror_cube()
    point = (0.1, -0.05, 0.2)
    view = look_from(point, enclosure, rays=1 << 18, specular=specular)
    directions = np.random.default_rng(5).normal(size=(SAMPLES, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    expected = arrival_on_square(np.tile(point, (SAMPLES, 1)), directions)
    square = enclosure.surface == 1
    assert view.arrival[square].sum() == pytest.approx(expected, rel=0.02)
    assert view.arrival[square].sum() > 1.5 * view.weight[square].sum()  # mirrors matter here
    assert view.arrival @ (1.0 - specular) == pytest.approx(1.0, abs=1e-12)


def test_view_factor_of_the_floor_by_way_of_mirrors() -> None:
    """Diffuse light of one floor facet group reaches the square; 2 % as above."""
    enclosure, specular = mirror_cube()
    found = compute_view_factors(enclosure, RaySettings(2048, 0, 1), specular=specular)
    centre = enclosure.vertices_m.mean(axis=1)
    floor = np.flatnonzero(centre[:, 2] < -0.4999)
    square = enclosure.surface == 1
    indicator = square.astype(float)
    got = found.areas.apply(indicator)[floor].sum() / enclosure.area_m2[floor].sum()
    rng = np.random.default_rng(7)
    origins = np.column_stack([rng.uniform(-0.5, 0.5, (SAMPLES, 2)), np.full(SAMPLES, -0.5)])
    radius, angle = np.sqrt(rng.uniform(size=SAMPLES)), rng.uniform(0.0, 2.0 * np.pi, SAMPLES)
    directions = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), np.sqrt(1.0 - radius**2)])
    assert got == pytest.approx(arrival_on_square(origins, directions), rel=0.02)
    assert abs(found.report.row_sum_deviation_after) < 1e-12
    np.testing.assert_allclose(found.raw_row_sums.mean(), 1.0, atol=3e-3)  # four deviations of 1.5 million paths
