"""Exchange of light in any number of classes: exact derivative, energy, and equal answers by both kinds of areas."""

import numpy as np
import pytest

from bbrmodel.errors import ConfigError
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.light_classes import BandOptics, LightClasses, SourceOptics, band_names
from bbrmodel.radiation.light_exchange import LightExchange, RadiatingSurfaces
from bbrmodel.radiation.paths import PathSettings, diffuse_optics, path_exchange
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube

EDGES = (8e-6, 4e-5)


def room() -> Enclosure:
    """Return a cube of 48 facets, six named sides."""
    return enclosure_of_triangles(cube([0, 0, 0], 1.0, 2, inward=True))


def bands(enclosure: Enclosure) -> BandOptics:
    """Return three bands with another emissivity on each side."""
    value = np.linspace(0.2, 0.9, 6)[enclosure.surface]
    return BandOptics(EDGES, np.array([value, 1.0 - 0.8 * value, np.where(enclosure.surface == 2, 0.0, 0.6)]))


def exchange_of(
    enclosure: Enclosure, optics: LightClasses, traced: frozenset[str] = frozenset(), *, middles: bool = False
) -> LightExchange:
    """Return the exchange of a room whose facets each have three nodes of their own; 300 K outside."""
    lines = compute_view_factors(enclosure).areas
    areas = {}
    for name in optics.light_names:
        if name in traced:
            absorptivity = optics.absorptivity(name, np.full(enclosure.num_facets, 100.0))[0]
            settings = PathSettings(replicas=2, threads=1)
            found = path_exchange(enclosure, diffuse_optics(absorptivity), paths_per_facet=2048, settings=settings)
            assert found.areas is not None
            areas[name] = found.areas
        else:
            areas[name] = lines
    surfaces = RadiatingSurfaces(
        areas=areas,
        traced=traced,
        area_m2=enclosure.area_m2,
        optics=optics,
        patch=enclosure.surface,
        nodes=np.arange(3 * enclosure.num_facets).reshape(-1, 3),
        shell_temperature_K=np.full(enclosure.num_facets, np.nan),
        surface=enclosure.surface,
        surface_names=enclosure.surface_names,
        radiates=enclosure.radiates,
        corners=np.arange(3 * enclosure.num_facets).reshape(-1, 3) if middles else None,
    )
    return LightExchange(surfaces, 3 * enclosure.num_facets)


def temperatures(enclosure: Enclosure) -> FloatArray:
    """Return node temperatures between 80 and 300 K that vary along each facet."""
    per_facet = np.linspace(80.0, 295.0, enclosure.num_facets)
    return (per_facet[:, None] + np.array([-2.0, 0.5, 3.0])).ravel()


TRACED = [frozenset(), frozenset({"band_2"}), frozenset(band_names(3))]


@pytest.mark.parametrize("middles", [False, True], ids=["corners", "middles"])
@pytest.mark.parametrize("traced", TRACED, ids=["lines", "both", "paths"])
def test_the_derivative_is_that_of_the_heat_in_any_band(traced: frozenset[str], *, middles: bool) -> None:
    enclosure = room()
    exchange = exchange_of(enclosure, bands(enclosure), traced, middles=middles)
    T = temperatures(enclosure)
    direction = np.random.default_rng(1).standard_normal(len(T))
    step = 1e-3
    above, below = (exchange.linearise(T + sign * step * direction) for sign in (1.0, -1.0))
    exchange.linearise(T)
    exact = exchange.apply_derivative(direction, tolerance=1e-12)
    # Central differences: step^2 of the third derivative, and 1e-11 of the heat over the step.
    np.testing.assert_allclose(exact, (above - below) / (2.0 * step), rtol=1e-5, atol=1e-6 * np.abs(exact).max())


def test_the_derivative_is_that_of_the_heat_for_warm_and_cold_light() -> None:
    enclosure = room()
    value = np.linspace(0.2, 0.9, 6)[enclosure.surface]
    exchange = exchange_of(enclosure, SourceOptics(0.3 * value, value, 0.6 * value))
    T = np.clip(temperatures(enclosure), 82.0, 288.0)  # inside the straight piece of the warm share
    direction = np.random.default_rng(2).standard_normal(len(T))
    above, below = (exchange.linearise(T + sign * 1e-3 * direction) for sign in (1.0, -1.0))
    exchange.linearise(T)
    exact = exchange.apply_derivative(direction, tolerance=1e-12)
    np.testing.assert_allclose(exact, (above - below) / 2e-3, rtol=1e-5, atol=1e-6 * np.abs(exact).max())


@pytest.mark.parametrize("traced", TRACED, ids=["lines", "both", "paths"])
def test_no_heat_is_made_and_an_isothermal_room_exchanges_none(traced: frozenset[str]) -> None:
    enclosure = room()
    exchange = exchange_of(enclosure, bands(enclosure), traced)
    heat = exchange.linearise(temperatures(enclosure))
    # Rows close to rounding; the radiosity solve leaves 1e-11 of what is sent out.
    assert abs(heat.sum()) < 1e-10 * exchange.emitted_power()
    even = exchange.linearise(np.full(3 * enclosure.num_facets, 150.0))
    assert np.abs(even).max() < 1e-7 * exchange.emitted_power()  # closure leaves 1e-7 of an area


def test_paths_and_lines_give_the_same_heat() -> None:
    """To 2 % of the largest: 2048 paths and 1000 rays per facet."""
    enclosure = room()
    T = temperatures(enclosure)
    sums = []
    for traced in (TRACED[0], TRACED[2]):
        exchange = exchange_of(enclosure, bands(enclosure), traced)
        exchange.linearise(T)
        sums.append(np.bincount(enclosure.surface, weights=exchange.net_absorbed_W))
    assert np.abs(sums[0] - sums[1]).max() < 0.02 * np.abs(sums[0]).max()


def test_shares_of_bands_sum_to_one_at_all_temperatures() -> None:
    optics = BandOptics((1e-6, 8e-6, 4e-5), np.ones((4, 1)))
    T = np.array([0.0, 4.0, 77.0, 293.0, 2000.0])
    shares = [optics.share(name, T) for name in optics.light_names]
    np.testing.assert_allclose(sum(value for value, _ in shares), 1.0, atol=1e-15)  # differences of one chain
    np.testing.assert_allclose(sum(slope for _, slope in shares), 0.0, atol=1e-18)


def test_bands_need_one_row_each() -> None:
    with pytest.raises(ConfigError, match="one more is needed"):
        BandOptics((1e-6,), np.ones((1, 3)))
