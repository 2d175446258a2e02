"""How near the nearest surface is, and what that does to the field."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from bbrmodel.ion.near_field import mirror_change, near_field, nearest_facet, thermal_length_m
from bbrmodel.radiation.api import enclosure_of_triangles
from tests.verification.shapes import cube


@pytest.mark.parametrize(("temperature", "length", "digits"), [(300.0, 7.63e-6, 0.005e-6), (79.5, 28.8e-6, 0.05e-6)])
def test_thermal_lengths_have_their_reference_values(temperature: float, length: float, digits: float) -> None:
    assert thermal_length_m(temperature) == pytest.approx(length, abs=digits)  # digits given


@pytest.mark.parametrize(
    ("distance", "temperature", "change", "digits"),
    [
        (400e-6, 300.0, 4.2e-7, 0.05e-7),
        (400e-6, 79.5, 2.2e-5, 0.05e-5),
        (400e-6, 4.2, 5.5e-2, 0.05e-2),
        (100e-6, 300.0, 2.6e-5, 0.05e-5),
        (100e-6, 79.5, 1.25e-3, 0.005e-3),
        (100e-6, 4.2, -0.15, 0.005),
        (50e-6, 79.5, 8.4e-3, 0.05e-3),
    ],
)
def test_a_mirror_changes_the_field_by_its_reference_values(
    distance: float, temperature: float, change: float, digits: float
) -> None:
    assert mirror_change(distance, temperature) == pytest.approx(change, abs=digits)  # digits given


@pytest.mark.parametrize("a", [0.4, 2.0, 9.0])
def test_the_closed_form_is_the_integral_over_planck_of_the_density_of_states(a: float) -> None:
    """Parallel and perpendicular density of states in front of a perfect mirror, weighted 2/3 and 1/3."""

    def integrand(x: float) -> float:
        X = a * x
        parallel = -1.5 * (math.sin(X) / X + math.cos(X) / X**2 - math.sin(X) / X**3)
        perpendicular = -3.0 * (math.cos(X) / X**2 - math.sin(X) / X**3)
        return x**3 / math.expm1(x) * (2.0 * parallel + perpendicular) / 3.0

    exact = 15.0 / math.pi**4 * quad(integrand, 1e-3 / a, 60.0, limit=500)[0]
    distance = 0.5 * a * thermal_length_m(100.0)
    assert mirror_change(distance, 100.0) == pytest.approx(exact, rel=1e-6)  # the quadrature, and its start


def test_far_away_the_change_falls_with_the_cube_of_the_distance() -> None:
    length = thermal_length_m(300.0)
    for ratio in (300.0, 1e4):
        expected = 15.0 / math.pi**3 * (0.5 / ratio) ** 3
        assert mirror_change(ratio * length, 300.0) == pytest.approx(expected, rel=1.0 / ratio)  # next term


def test_the_nearest_facet_is_found_over_faces_edges_and_corners() -> None:
    triangle = np.array([[[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]])
    places = {
        (0.2, 0.2, -0.3): 0.3,  # over the face
        (0.5, -0.4, 0.0): 0.4,  # beside an edge
        (0.5, -0.3, 0.4): 0.5,
        (-1.0, -1.0, 0.0): math.sqrt(2.0),  # beside a corner
        (1.0, 1.0, 0.0): math.sqrt(0.5),  # beside the long edge
    }
    for place, distance in places.items():
        assert nearest_facet(np.array(place), triangle) == (0, pytest.approx(distance, rel=1e-14))  # rounding


def test_the_nearest_facet_agrees_with_a_cloud_of_points() -> None:
    generator = np.random.default_rng(1)
    triangles = generator.uniform(-1.0, 1.0, (40, 3, 3))
    u, v = generator.uniform(0.0, 1.0, (2, 20000))
    u, v = np.where(u + v > 1.0, 1.0 - u, u), np.where(u + v > 1.0, 1.0 - v, v)
    for place in generator.uniform(-1.0, 1.0, (10, 3)):
        facet, distance = nearest_facet(place, triangles)
        a, b, c = triangles[facet]
        cloud = a + u[:, None] * (b - a) + v[:, None] * (c - a)
        nearest = np.linalg.norm(cloud - place, axis=1).min()
        assert distance <= nearest
        assert nearest - distance < 0.03  # spacing of the cloud
        corners = np.linalg.norm(triangles - place, axis=2).min()
        assert distance <= corners


def test_the_flag_says_where_geometric_optics_ends() -> None:
    room = enclosure_of_triangles(cube([0, 0, 0], 1e-3, 2, inward=True))
    near = near_field((0.0, 0.0, 0.4e-3), room, 300.0)
    assert near.nearest_surface == "z_high"
    assert near.distance_m == pytest.approx(0.1e-3, rel=1e-9)  # rounding of the mesh
    assert near.valid  # 13 thermal lengths
    assert not near_field((0.0, 0.0, 0.4e-3), room, 79.5).valid  # 3.5 of them
