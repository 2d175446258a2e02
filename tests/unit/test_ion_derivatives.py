"""Derivatives of the ion's temperature by the adjoint against finite differences.

Rationale: uncertainties are propagated with them. Setup: an open room of 40 facets whose sides differ, an ion off its
centre; direct view and exchange areas stay fixed, as in the derivative. Expected: central differences to 1e-5.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bbrmodel.ion.derivatives import TemperatureDerivatives, temperature_derivatives
from bbrmodel.ion.field import DirectView, EffectiveView, compute_effective_view, look_from
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.light_classes import BandOptics, LightClasses, SourceOptics
from bbrmodel.radiation.light_exchange import LightExchange, RadiatingSurfaces
from bbrmodel.radiation.paths import PathSettings, PointSource, diffuse_optics, path_exchange, trace_weights
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.typing import FloatArray
from tests.verification.shapes import cube

PLACE = (0.1, -0.2, 0.05)
OUTSIDE_K = 290.0


class Room:
    """A cube without its lid, shells at given temperatures."""

    def __init__(self) -> None:
        sides = cube([0, 0, 0], 1.0, 2, inward=True)
        del sides["z_high"]
        self.enclosure: Enclosure = enclosure_of_triangles(sides, open_model=True)
        self.areas = compute_view_factors(self.enclosure).areas
        self.direct: DirectView = look_from(PLACE, self.enclosure, rays=1 << 17)

    def exchange(self, optics: LightClasses, T: FloatArray, outside_K: float = OUTSIDE_K) -> LightExchange:
        """Return the converged exchange."""
        number = self.enclosure.num_facets
        surfaces = RadiatingSurfaces(
            areas=dict.fromkeys(optics.light_names, self.areas),
            traced=frozenset(),
            area_m2=self.enclosure.area_m2,
            optics=optics,
            patch=self.enclosure.surface,
            nodes=np.full((number, 3), -1),
            shell_temperature_K=T,
            surface=self.enclosure.surface,
            surface_names=self.enclosure.surface_names,
            radiates=self.enclosure.radiates,
            environment_temperature_K=outside_K,
        )
        exchange = LightExchange(surfaces, 0)
        exchange.linearise(np.zeros(0))
        return exchange

    def view(self, exchange: LightExchange) -> EffectiveView:
        """Return what the ion sees."""
        direct = dict.fromkeys(exchange.surfaces.optics.light_names, self.direct)
        return compute_effective_view(exchange, (self.direct.weight, self.direct.environment), direct, {})

    def temperature(self, optics: LightClasses, T: FloatArray, outside_K: float = OUTSIDE_K) -> float:
        """Return T_eff as the weights give it, without the correction for the mean of noise."""
        return float(self.view(self.exchange(optics, T, outside_K)).emitted_fourth_power ** 0.25)

    def derivatives(self, optics: LightClasses, T: FloatArray) -> TemperatureDerivatives:
        """Return the derivatives, at the same temperature as the differences."""
        exchange = self.exchange(optics, T)
        view = self.view(exchange)
        return temperature_derivatives(exchange, replace(view, fourth_power=view.emitted_fourth_power))


@pytest.fixture(scope="module")
def room() -> Room:
    return Room()


def temperatures(room: Room) -> FloatArray:
    """Return a temperature for each facet, inside the straight piece of the warm share."""
    return np.linspace(85.0, 285.0, room.enclosure.num_facets)


def source_optics(room: Room) -> SourceOptics:
    e = np.linspace(0.1, 0.8, room.enclosure.num_facets)
    return SourceOptics(0.5 * e, e, 0.8 * e)


def band_optics(room: Room) -> BandOptics:
    e = np.linspace(0.1, 0.8, room.enclosure.num_facets)
    return BandOptics((9e-6, 3e-5), np.array([e, 0.9 - 0.5 * e, 0.3 * e]))


def grey_optics(room: Room) -> SourceOptics:
    e = np.linspace(0.05, 0.9, room.enclosure.num_facets)
    return SourceOptics(e, e, e)


OPTICS = [grey_optics, source_optics, band_optics]


def central(value: Callable[[float], float], step: float) -> float:
    return (value(step) - value(-step)) / (2.0 * step)


@pytest.mark.parametrize("make", OPTICS)
def test_the_slope_by_each_facets_temperature_is_that_of_differences(room: Room, make) -> None:
    optics, T = make(room), temperatures(room)
    found = room.derivatives(optics, T).by_temperature_with_optics
    for facet in (0, 13, 27, 39):

        def at(step: float, facet: int = facet) -> float:
            warmer = T.copy()
            warmer[facet] += step
            return room.temperature(optics, warmer)

        # Step^2 of the third derivative; the radiosity solve leaves 1e-11 of the light over the step.
        assert found[facet] == pytest.approx(central(at, 0.05), rel=1e-5)


@pytest.mark.parametrize("make", [grey_optics, band_optics])
def test_optics_that_do_not_depend_on_temperature_add_nothing(room: Room, make) -> None:
    found = room.derivatives(make(room), temperatures(room))
    np.testing.assert_array_equal(found.by_temperature, found.by_temperature_with_optics)


def change_grey(optics: SourceOptics, name: str, facet: int, step: float) -> SourceOptics:
    e = optics.e77.copy()
    e[facet] += step
    return SourceOptics(e, e, e)


def change_source(optics: SourceOptics, name: str, facet: int, step: float) -> SourceOptics:
    """Return the same optics with one facet's absorptivity in one class changed at all temperatures."""
    values = {key: getattr(optics, key).copy() for key in ("e77", "e293", "a77_293")}
    for key in ("e293", "a77_293") if name == "warm" else ("e77",):
        values[key][facet] += step
    return SourceOptics(**values)


def change_band(optics: BandOptics, name: str, facet: int, step: float) -> BandOptics:
    e = optics.emissivity.copy()
    e[optics.light_names.index(name), facet] += step
    return BandOptics(optics.edges_m, e)


@pytest.mark.parametrize(
    ("make", "change"),
    list(zip(OPTICS, [change_grey, change_source, change_band], strict=True)),
    ids=["grey", "two", "bands"],
)
def test_the_slope_by_each_absorptivity_is_that_of_differences(room: Room, make, change) -> None:
    optics, T = make(room), temperatures(room)
    found = room.derivatives(optics, T).by_absorptivity
    assert set(found) == set(optics.light_names)
    for name in optics.light_names:
        for facet in (0, 22, 39):
            slope = central(lambda step, n=name, f=facet: room.temperature(change(optics, n, f, step), T), 1e-4)
            # As above; the smallest slopes are some 1e-3 of the largest, where rounding of the solve counts.
            assert found[name][facet] == pytest.approx(slope, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("make", OPTICS)
def test_the_slope_by_the_temperature_outside_is_that_of_differences(room: Room, make) -> None:
    optics, T = make(room), temperatures(room)
    slope = central(lambda step: room.temperature(optics, T, OUTSIDE_K + step), 0.05)
    assert room.derivatives(optics, T).by_environment == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("make", OPTICS)
def test_in_an_isothermal_room_slopes_sum_to_one_and_finishes_do_not_matter(room: Room, make) -> None:
    optics, T = make(room), np.full(room.enclosure.num_facets, 200.0)
    exchange = room.exchange(optics, T, 200.0)
    found = temperature_derivatives(exchange, room.view(exchange))
    total = float(found.by_temperature_with_optics.sum()) + found.by_environment
    assert total == pytest.approx(1.0, abs=1e-8)  # closure leaves 1e-9 of a row
    for slope in found.by_absorptivity.values():
        np.testing.assert_allclose(slope, 0.0, atol=1e-6)  # K: the same of some 10 K


def test_paths_give_the_slope_by_absorptivity_where_reflection_is_diffuse(room: Room) -> None:
    """The same room by paths: 4 % of the largest slope, from 2048 paths of each facet, 2^17 from the ion."""
    optics, T = grey_optics(room), temperatures(room)
    by_lines = room.derivatives(optics, T).by_absorptivity["all"]
    walls = diffuse_optics(optics.e77)
    areas = path_exchange(room.enclosure, walls, paths_per_facet=2048, settings=PathSettings(replicas=2)).areas
    exchange = room.exchange(optics, T)
    surfaces = replace(exchange.surfaces, areas={"all": areas}, traced=frozenset({"all"}))
    traced = LightExchange(surfaces, 0)
    traced.linearise(np.zeros(0))
    paths = trace_weights(room.enclosure, walls, source=PointSource(PLACE), settings=PathSettings(paths=1 << 17))
    seen = (room.direct.weight, room.direct.environment)
    view = compute_effective_view(traced, seen, {}, {"all": paths})
    diffuse = np.ones(room.enclosure.num_facets, dtype=bool)
    diffuse[3] = False
    by_paths = temperature_derivatives(traced, view, diffuse={"all": diffuse}).by_absorptivity["all"]
    assert np.isnan(by_paths[3])
    assert np.isfinite(by_paths[diffuse]).all()
    assert np.abs(by_paths - by_lines)[diffuse].max() < 0.04 * np.abs(by_lines).max()
    assert np.isnan(temperature_derivatives(traced, view).by_absorptivity["all"]).all()
