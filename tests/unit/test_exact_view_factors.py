"""The exact method as a part of the package: same result as the ray method's, and clear refusals."""

import numpy as np
import pytest

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exact import ExactSettings, compute_exact_view_factors
from bbrmodel.radiation.radiosity import RadiositySolver
from tests.verification.shapes import cube, rectangle


def box(divisions: int = 1, *, inward: bool = True) -> Enclosure:
    return enclosure_of_triangles(cube([0, 0, 0], 1.0, divisions, inward=inward))


def test_the_result_holds_a_positive_variance_for_every_entry() -> None:
    areas = compute_exact_view_factors(box()).areas
    assert all(block.variance is not None and (block.variance > 0.0).all() for block in areas.lines)
    assert (areas.to_array() > -1e-15).all()  # the closure leaves its rounding on the diagonal


def test_the_report_says_that_no_rays_were_used() -> None:
    report = compute_exact_view_factors(box()).report
    assert (report.facets, report.rays, report.lost_rays) == (12, 0, 0)
    assert report.row_sum_deviation_before < 1e-12  # rounding
    assert report.escaped_fraction == 0.0


def test_what_leaves_an_open_model_goes_to_the_environment() -> None:
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 2),
        "roof": rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], 2),
    }
    found = compute_exact_view_factors(enclosure_of_triangles(plates, open_model=True))
    assert found.areas.escape.sum() == pytest.approx(2.0 * (1.0 - 0.19982489569838746), abs=1e-10)
    np.testing.assert_allclose(found.raw_row_sums, 1.0, rtol=0.0, atol=1e-12)


def test_the_radiosity_solver_takes_the_result_as_it_is() -> None:
    """An isothermal cavity is black: irradiance equals the emissive power whatever the emissivity."""
    areas = compute_exact_view_factors(box(2)).areas
    emissivity = np.full(48, 0.3)
    solver = RadiositySolver(areas, emissivity, np.arange(48) % 6)
    np.testing.assert_allclose(solver.solve_irradiance(emissivity * 5.0), 5.0, rtol=1e-6)  # closure leaves 1e-7


def test_facets_that_do_not_radiate_are_only_in_the_way() -> None:
    plates = {
        "floor": rectangle([0, 0, 0], [1, 0, 0], [0, 1, 0], 1),
        "roof": rectangle([0, 0, 1], [0, 1, 0], [1, 0, 0], 1),
        "screen": rectangle([-1, -1, 0.5], [3, 0, 0], [0, 3, 0], 1),
    }
    open_plates = enclosure_of_triangles(plates, open_model=True)
    enclosure = Enclosure(
        vertices_m=open_plates.vertices_m,
        surface=open_plates.surface,
        surface_names=open_plates.surface_names,
        radiates=open_plates.surface != 2,
        has_environment=True,
    )
    found = compute_exact_view_factors(enclosure)
    assert found.report.facets == 4
    assert found.areas.to_array().sum() == pytest.approx(0.0, abs=1e-6)
    assert found.areas.escape[:4].sum() == pytest.approx(2.0, abs=1e-6)


def test_progress_ends_with_all_facets() -> None:
    calls = []
    compute_exact_view_factors(box(), progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (12, 12)


def test_a_missing_wall_is_an_error_that_names_the_surface() -> None:
    sides = cube([0, 0, 0], 1.0, 2, inward=True)
    del sides["z_high"]
    with pytest.raises(EnclosureError, match=r"surface '\w+': the view factors of facet \d+ sum to 0\.\d+"):
        compute_exact_view_factors(enclosure_of_triangles(sides))


def test_a_flipped_wall_is_an_error() -> None:
    sides = cube([0, 0, 0], 1.0, 2, inward=True)
    sides["x_low"] = sides["x_low"][:, ::-1]
    with pytest.raises(EnclosureError, match="Close the gap, turn the normals"):
        compute_exact_view_factors(enclosure_of_triangles(sides))


def test_more_facets_than_allowed_are_refused_with_the_limit() -> None:
    with pytest.raises(EnclosureError, match="12 radiating facets are too many for exact view factors, at most 5"):
        compute_exact_view_factors(box(), ExactSettings(max_facets=5))
