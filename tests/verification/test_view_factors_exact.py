"""View factors with exact answers.

Rationale: exchange decides the answer and fails silently. Setup: closed and open models of planar facets, concentric
spheres. Expected: closed forms; tolerances are four standard errors of the ray method, or the facetting where named.
"""

import numpy as np
import pytest

from bbrmodel.radiation.api import enclosure_of_triangles, surface_view_factors
from bbrmodel.radiation.view_factors import RaySettings
from tests.verification.shapes import cube, disc, rectangle, sphere


def test_cube_sides_see_each_other_as_the_closed_form_says() -> None:
    """VF01: 0.19982489569838746 opposite, 0.20004377607540316 adjacent, within four standard errors."""
    found = surface_view_factors(enclosure_of_triangles(cube([0, 0, 0], 1.0, 4, inward=True)), RaySettings(1 << 15))
    opposite = np.array([1, 0, 3, 2, 5, 4])
    for row in range(6):
        for column in range(6):
            expected = (
                0.0 if row == column else (0.19982489569838746 if column == opposite[row] else 0.20004377607540316)
            )
            assert abs(found.view_factors[row, column] - expected) <= 4.0 * found.standard_errors[row, column] + 1e-7


def test_low_discrepancy_rays_beat_their_error_estimate() -> None:
    """6.3 million rays leave 4.5e-5 (root mean square over seeds), a seventh of the estimate; four times that here."""
    found = surface_view_factors(enclosure_of_triangles(cube([0, 0, 0], 1.0, 4, inward=True)), RaySettings(1 << 15))
    assert found.view_factors[0, 1] == pytest.approx(0.19982489569838746, abs=1.8e-4)
    assert found.view_factors[0, 2] == pytest.approx(0.20004377607540316, abs=1.8e-4)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [(0.1, 0.826994522397256), (0.5, 0.415253283577147), (2.5, 0.046137416744875), (10.0, 0.003162056838754)],
)
def test_facing_squares_open_to_the_surroundings(distance: float, expected: float) -> None:
    """VF02 (side over distance 10, 2, 0.4, 0.1): four standard errors; the rest goes to the environment."""
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 4),
        "roof": rectangle([0, 0, distance], [0, 1, 0], [1, 0, 0], 4),
    }
    found = surface_view_factors(enclosure_of_triangles(plates, open_model=True), RaySettings(1 << 15))
    assert abs(found.view_factors[0, 1] - expected) <= 4.0 * found.standard_errors[0, 1]
    assert found.view_factors[0, 1] + found.environment[0] == pytest.approx(1.0, abs=1e-12)


def test_concentric_spheres_approach_the_exact_factors_with_second_order() -> None:
    """VF11: outer to inner (r/3)^2 for r = 1; chords of the facets leave an error of order h^2."""
    errors = []
    for level in (1, 2, 3):
        surfaces = {"outer": sphere(3.0, level, inward=True), "inner": sphere(1.0, level, inward=False)}
        found = surface_view_factors(enclosure_of_triangles(surfaces), RaySettings(1 << (17 - 2 * level)))
        errors.append(abs(found.view_factors[0, 1] - 1.0 / 9.0))
        assert found.view_factors[1, 0] == pytest.approx(1.0, abs=1e-6)  # a convex body sees only the outside
        areas = found.areas_m2
        assert found.view_factors[0, 1] * areas[0] == pytest.approx(areas[1], rel=1e-6)
    # Both spheres shrink alike, so that the ratio of areas stays: what is left is below the ray error.
    assert max(errors) < 2e-4


def test_nested_cubes_give_exact_factors_without_smoothing() -> None:
    """OB06: F(in->out) = 1, F(out->in) = 0.16 and raw row sums of 1 to 1e-4 at about 1900 facets."""
    outer = np.concatenate(list(cube([0, 0, 0], 1.0, 11, inward=True).values()))
    inner = np.concatenate(list(cube([0.05, 0.03, -0.02], 0.4, 6, inward=False).values()))
    found = surface_view_factors(enclosure_of_triangles({"out": outer, "in": inner}), RaySettings(4096))
    assert found.report.facets == 1884
    assert found.report.lost_rays == 0
    np.testing.assert_allclose(found.row_sums, 1.0, atol=1e-4)
    assert found.view_factors[1, 0] == pytest.approx(1.0, abs=1e-6)
    assert found.view_factors[0, 1] == pytest.approx(0.16, abs=1e-6)


def test_a_plate_between_two_plates_lets_nothing_through() -> None:
    """OB05: exactly zero."""
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 3),
        "roof": rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], 3),
        "screen_below": rectangle([-9, -9, 0.5], [0, 19, 0], [19, 0, 0], 3),
        "screen_above": rectangle([-9, -9, 0.5001], [19, 0, 0], [0, 19, 0], 3),
    }
    found = surface_view_factors(enclosure_of_triangles(plates, open_model=True), RaySettings(4096))
    assert found.view_factors[0, 1] == 0.0


def test_partial_shadow_is_a_fraction() -> None:
    """OB01: an opaque square over a quarter of two facing squares, F12 = 0.1498686717737906, four standard errors."""
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 4),
        "roof": rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], 4),
        "screen_below": rectangle([0, 0, 0.5 - 1e-7], [0, 0.5, 0], [0.5, 0, 0], 2),
        "screen_above": rectangle([0, 0, 0.5 + 1e-7], [0.5, 0, 0], [0, 0.5, 0], 2),
    }
    found = surface_view_factors(enclosure_of_triangles(plates, open_model=True), RaySettings(1 << 15))
    assert abs(found.view_factors[0, 1] - 0.1498686717737906) <= 4.0 * found.standard_errors[0, 1]
    assert abs(found.view_factors[3, 1] - 0.4152532835771466) <= 4.0 * found.standard_errors[3, 1]


def test_coaxial_discs() -> None:
    """VF05: radii 1 and 1 at distance 1, 0.381966011250105; polygons of equal area leave an error below 1e-3."""
    discs = {"low": disc(1.0, 0.0, 64, upward=True), "high": disc(1.0, 1.0, 64, upward=False)}
    found = surface_view_factors(enclosure_of_triangles(discs, open_model=True), RaySettings(1 << 14))
    assert found.view_factors[0, 1] == pytest.approx(0.381966011250105, abs=1e-3)
