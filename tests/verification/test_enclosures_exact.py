"""Gebhart and exchange factors against closed forms of grey enclosures.

Rationale: view factors, radiosity and Gebhart factors together must give the textbook exchange between surfaces.
Setup: a box with adiabatic sides, plates, cylinders and spheres one inside the other, an isothermal cavity. Expected:
closed forms; where surfaces of one radiosity are meant, each is lumped to one facet.
"""

import numpy as np
import pytest
from scipy.sparse import csr_matrix, triu

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.exact import compute_exact_view_factors
from bbrmodel.radiation.exchange_areas import ExchangeAreas, from_upper
from bbrmodel.radiation.gebhart import SurfaceGebhart, surface_gebhart_factors
from bbrmodel.radiation.radiosity import RadiositySolver
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import rectangle, sphere

HOT, COLD, GREY = 300.0, 77.0, 0.1


def lumped(exchange: FloatArray, area: FloatArray, escape: FloatArray | None = None) -> ExchangeAreas:
    """Return surfaces as single facets, i.e. of one radiosity each, from S_PQ = A_P F_PQ."""
    upper = csr_matrix(triu(np.asarray(exchange, dtype=float)))
    none = np.zeros(len(area))
    sky = none if escape is None else escape
    return from_upper(upper, np.zeros(upper.nnz), escape=sky, escape_variance=none, area_m2=area)


def factors_of(areas: ExchangeAreas, absorptivity: FloatArray, surface: FloatArray | None = None) -> SurfaceGebhart:
    """Return the Gebhart factors of facets; each is a surface by default."""
    index = np.arange(len(absorptivity)) if surface is None else surface
    patch = np.arange(len(absorptivity)) % 50
    return surface_gebhart_factors(
        RadiositySolver(areas, absorptivity, patch), index, num_surfaces=int(index.max()) + 1
    )


def test_box_with_adiabatic_sides() -> None:
    """EX03 to 1e-6: black bottom at 550 K, grey top at 300 K, grey sides (0.75) that take up no net heat."""
    x, y, z = np.diag([1.0, 3.0, 2.0])  # the bottom is 1 x 3
    zero = np.zeros(3)
    box = {
        "bottom": rectangle(zero, x, y, 1),
        "top": rectangle(z, y, x, 1),
        "front": np.concatenate([rectangle(zero, z, x, 1), rectangle(y, x, z, 1)]),
        "side": np.concatenate([rectangle(zero, y, z, 1), rectangle(x, z, y, 1)]),
    }
    enclosure = enclosure_of_triangles(box)
    found = compute_exact_view_factors(enclosure)
    exchange = found.areas.block_sums(enclosure.surface, 4)
    area = np.bincount(enclosure.surface, weights=enclosure.area_m2)
    absorptivity = np.array([1.0, 0.75, 0.75, 0.75])
    factors = factors_of(lumped(exchange, area), absorptivity).exchange_factors
    mutual = area[:, None] * factors
    power = 5.670367e-8 * np.array([550.0, 300.0, 0.0, 0.0]) ** 4
    balance = np.diag(mutual[2:].sum(axis=1)) - mutual[2:, 2:]
    power[2:] = np.linalg.solve(balance, mutual[2:, :2] @ power[:2])
    heat = (mutual * (power[:, None] - power[None, :])).sum(axis=1) / area
    assert heat[0] == pytest.approx(2276.06421987, rel=1e-6)
    # An adiabatic surface sends back what arrives: J = sigma T^4; a grey one J = E - (1/eps - 1) q.
    assert power[2] == pytest.approx(3203.36400161, rel=1e-6)
    assert power[3] == pytest.approx(3203.36400161, rel=1e-6)
    assert power[1] - (1.0 / 0.75 - 1.0) * heat[1] == pytest.approx(1217.98780029, rel=1e-6)
    assert (power[2] / 5.670367e-8) ** 0.25 == pytest.approx(487.52712124, rel=1e-6)


@pytest.mark.parametrize(("ratio", "flux"), [(1.0, 24.0687904681), (0.5, 31.5384150962), (0.25, 37.3311852159)])
def test_one_surface_inside_another(ratio: float, flux: float) -> None:
    """EX05 diffuse to 1e-9 with the view factors given: plates, cylinders and spheres, inner area over outer."""
    area = np.array([ratio, 1.0])
    areas = lumped(np.array([[0.0, ratio], [ratio, 1.0 - ratio]]), area)
    found = factors_of(areas, np.full(2, GREY))
    expected = 1.0 / (1.0 / GREY + ratio * (1.0 / GREY - 1.0))
    assert found.exchange_factors[0, 1] == pytest.approx(expected, rel=1e-9)
    net = found.exchange_factors[0, 1] * STEFAN_BOLTZMANN * (HOT**4 - COLD**4)
    assert net == pytest.approx(flux, rel=1e-9)


@pytest.mark.parametrize(("first", "second"), [(0.8, 0.6), (0.02, 0.9), (1.0, 1e-3)])
def test_two_large_plates(first: float, second: float) -> None:
    areas = lumped(np.array([[0.0, 2.0], [2.0, 0.0]]), np.full(2, 2.0))
    found = factors_of(areas, np.array([first, second]))
    assert found.exchange_factors[0, 1] == pytest.approx(1.0 / (1.0 / first + 1.0 / second - 1.0), rel=1e-9)


def test_concentric_spheres_of_facets() -> None:
    """EX05 spheres to 1e-4 with exact view factors: both shrink alike, so that chords keep the ratio of areas."""
    surfaces = {"inner": sphere(0.5, 1, inward=False), "outer": sphere(1.0, 1, inward=True)}
    enclosure = enclosure_of_triangles(surfaces)
    found = compute_exact_view_factors(enclosure)
    factors = factors_of(found.areas, np.full(enclosure.num_facets, GREY), enclosure.surface)
    net = factors.exchange_factors[0, 1] * STEFAN_BOLTZMANN * (HOT**4 - COLD**4)
    assert net == pytest.approx(37.3311852159, rel=1e-4)
    np.testing.assert_allclose(factors.gebhart.sum(axis=1), 1.0, rtol=0.0, atol=1e-6)  # rows close to 1e-7


def test_two_plates_between_mirrors_are_infinite() -> None:
    """EX05 plates to 1e-3 by rays: mirrors all round, which scatter 1 % and absorb nothing.

    Scatter adds 0.3 % to the resistance of the gap, one of 19 parts.
    """
    x, y, z = np.eye(3)
    walls = [rectangle(0 * x, z, x, 1), rectangle(y, x, z, 1), rectangle(0 * x, y, z, 1), rectangle(x, z, y, 1)]
    surfaces = {
        "low": rectangle(0 * x, x, y, 2),
        "high": rectangle(z, y, x, 2),
        "walls": np.concatenate(walls),
    }
    enclosure = enclosure_of_triangles(surfaces)
    mirror = enclosure.surface == 2
    specular = np.where(mirror, 0.99, 0.0)
    found = compute_view_factors(enclosure, RaySettings(4096), specular=specular)
    factors = factors_of(found.areas, np.where(mirror, 1e-9, GREY), enclosure.surface)
    assert factors.exchange_factors[0, 1] == pytest.approx(1.0 / (2.0 / GREY - 1.0), rel=1e-3)


@pytest.mark.parametrize("black_cap", [True, False])
def test_isothermal_cavity_with_a_small_opening(black_cap: bool) -> None:
    """CA01 to 1e-9: sphere, eps 0.5, cap of 5 % of its area, as a black cap and as the environment.

    F_ij = A_j / A in a sphere, so that any facets will do.
    """
    fraction, emissivity = 0.05, 0.5
    wall = np.random.default_rng(2).uniform(0.5, 1.5, 40)
    wall *= (1.0 - fraction) / wall.sum()
    opening = fraction * (1.0 - fraction)  # flat: pi sin^2 over 4 pi, with cos = 1 - 2 f
    if black_cap:
        area = np.append(wall, fraction)
        absorptivity = np.append(np.full(40, emissivity), 1.0)
        surface = np.append(np.zeros(40, dtype=int), 1)
        found = factors_of(lumped(np.outer(area, area), area), absorptivity, surface)
        power = (1.0 - fraction) * found.exchange_factors[0, 1]
    else:
        areas = lumped(np.outer(wall, wall), wall, escape=fraction * wall)
        found = factors_of(areas, np.full(40, emissivity), np.zeros(40, dtype=int))
        power = (1.0 - fraction) * emissivity * found.environment[0]
    assert power / opening == pytest.approx(0.9523809523809523, rel=1e-9)
