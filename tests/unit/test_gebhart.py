"""Gebhart factors: conservation, symmetry, and surfaces that take no part."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, triu

from bbrmodel.radiation.exchange_areas import ExchangeAreas, from_upper
from bbrmodel.radiation.gebhart import SurfaceGebhart, surface_gebhart_factors
from bbrmodel.radiation.radiosity import RadiositySolver
from bbrmodel.typing import FloatArray

SURFACE = np.array([0, 0, 1, 1, 1, 2, 2, 3])


def closed_areas(*, escape: float = 0.0, kept: FloatArray | None = None) -> ExchangeAreas:
    """Return the exchange areas of eight facets on a sphere; the part `escape` of all views leaves."""
    area = np.linspace(0.5, 1.5, len(SURFACE))
    kept = np.ones(len(area)) if kept is None else kept
    weight = area / (area @ kept)
    full = (1.0 - escape) * np.outer(area, weight)
    upper = csr_matrix(triu(full))
    nothing = np.zeros(len(area))
    areas = from_upper(upper, np.zeros(upper.nnz), escape=escape * area, escape_variance=nothing, area_m2=area)
    return replace(areas, kept=kept)


def solve(areas: ExchangeAreas, absorptivity: FloatArray) -> SurfaceGebhart:
    solver = RadiositySolver(areas, absorptivity, np.arange(len(absorptivity)))
    return surface_gebhart_factors(solver, SURFACE, num_surfaces=int(SURFACE.max()) + 1)


@pytest.mark.parametrize("escape", [0.0, 0.3])
@pytest.mark.parametrize("dullest", [0.5, 1e-3])
def test_all_light_ends_somewhere_and_exchange_is_mutual(escape: float, dullest: float) -> None:
    """To 1e-9: solves stop at 1e-11 of the power sent out, which bright walls magnify."""
    absorptivity = np.linspace(dullest, 1.0, len(SURFACE))
    areas = closed_areas(escape=escape)
    found = solve(areas, absorptivity)
    np.testing.assert_allclose(found.gebhart.sum(axis=1) + found.environment, 1.0, rtol=0.0, atol=1e-8)
    size = np.bincount(SURFACE, weights=areas.area_m2)
    mutual = size[:, None] * found.exchange_factors
    np.testing.assert_allclose(mutual, mutual.T, rtol=0.0, atol=1e-9)
    mean = np.bincount(SURFACE, weights=areas.area_m2 * absorptivity) / size
    np.testing.assert_allclose(found.exchange_factors, mean[:, None] * found.gebhart, rtol=1e-12)


def test_black_surfaces_have_their_view_factors() -> None:
    areas = closed_areas(escape=0.2)
    found = solve(areas, np.ones(len(SURFACE)))
    size = np.bincount(SURFACE, weights=areas.area_m2)
    np.testing.assert_allclose(found.gebhart, np.tile(0.8 * size / size.sum(), (4, 1)), rtol=1e-12)
    np.testing.assert_allclose(found.environment, 0.2, rtol=1e-12)


def test_light_that_mirrors_pass_on_is_counted_once() -> None:
    kept = np.array([1.0, 1.0, 0.4, 0.4, 0.4, 0.7, 0.7, 1.0])
    found = solve(closed_areas(kept=kept), 0.5 * kept)
    np.testing.assert_allclose(found.gebhart.sum(axis=1), 1.0, rtol=0.0, atol=1e-9)


def test_a_surface_that_takes_no_part_has_rows_and_columns_of_zeros() -> None:
    areas = closed_areas()
    full = areas.to_array()
    full[SURFACE == 3] = full[:, SURFACE == 3] = 0.0
    full *= areas.area_m2.sum() / areas.area_m2[SURFACE != 3].sum()
    upper = csr_matrix(triu(full))
    alone = from_upper(
        upper,
        np.zeros(upper.nnz),
        escape=areas.escape,
        escape_variance=areas.escape,
        area_m2=areas.area_m2,
    )
    found = solve(alone, np.full(len(SURFACE), 0.4))
    assert (found.gebhart[3] == 0.0).all()
    assert (found.gebhart[:, 3] == 0.0).all()
    np.testing.assert_allclose(found.gebhart[:3].sum(axis=1), 1.0, rtol=0.0, atol=1e-9)


def test_progress_counts_surfaces() -> None:
    said: list[tuple[int, int]] = []
    areas = closed_areas()
    solver = RadiositySolver(areas, np.full(len(SURFACE), 0.5), np.arange(len(SURFACE)))
    surface_gebhart_factors(solver, SURFACE, num_surfaces=4, progress=lambda done, total: said.append((done, total)))
    assert said == [(1, 4), (2, 4), (3, 4), (4, 4)]
