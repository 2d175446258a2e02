"""Errors of the ion's weights: against the scatter of seeds, and against the error of their sum.

Rationale: two methods are compared surface by surface in units of these errors. Setup: the open room of the
derivatives, at few rays. Expected: statistics of 16 outcomes, known to a fifth.
"""

from dataclasses import replace

import numpy as np
import pytest

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.direct import look_from
from bbrmodel.ion.look import Looks
from bbrmodel.ion.weight_errors import weight_errors
from bbrmodel.radiation.exchange_error import exchange_variance
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.radiation.paths import PathSettings, PointSource, diffuse_optics, path_exchange, trace_weights
from bbrmodel.radiation.tracer import RaySettings
from bbrmodel.radiation.view_factors import compute_view_factors
from bbrmodel.typing import FloatArray
from tests.unit.test_ion_derivatives import PLACE, Room, band_optics, grey_optics, source_optics, temperatures


def room_of(seed: int, rays: int = 128, from_ion: int = 1 << 10) -> Room:
    """Return the room seen by other rays."""
    room = Room()
    room.areas = compute_view_factors(room.enclosure, RaySettings(rays, 0, seed)).areas
    room.direct = look_from(PLACE, room.enclosure, rays=from_ion, settings=RaySettings(seed=seed))
    return room


def looks_of(room: Room, names: tuple[str, ...]) -> Looks:
    return Looks((room.direct.weight, room.direct.open_sky), dict.fromkeys(names, room.direct), {}, None)


def by_surface(room: Room) -> FloatArray:
    """Return which facets each side adds up, shape (num_facets, num_surfaces)."""
    return np.eye(len(room.enclosure.surface_names))[room.enclosure.surface]


@pytest.mark.parametrize("make", [grey_optics, source_optics, band_optics])
def test_what_one_facet_gains_the_others_lose(make) -> None:
    room = room_of(1)
    optics = make(room)
    T = np.full(room.enclosure.num_facets, 150.0)
    found = weight_errors(room.exchange(optics, T, 150.0), looks_of(room, optics.light_names))
    total = found.facets.sum(axis=1) + found.environment
    # Adjoint solves leave 1e-4 of a deviation; several deviations of opposite signs add up to it.
    assert np.abs(total).max() < 1e-3 * np.abs(found.facets).sum(axis=1).mean()


def test_the_error_of_the_sum_is_that_of_the_effective_temperature() -> None:
    """Both from the same replicas: by outcomes of all weights, and by the variance of the irradiance."""
    ratios = []
    for seed in range(8):
        room = room_of(seed)
        T = np.random.default_rng(seed).uniform(80.0, 295.0, room.enclosure.num_facets)
        optics = grey_optics(room)
        exchange = room.exchange(optics, T)
        errors = weight_errors(exchange, looks_of(room, optics.light_names))
        outcomes = errors.facets @ T**4 + errors.environment * 290.0**4
        light = exchange.lights[0]
        state = light.solver.adjoint_state(room.direct.arrival)
        each = room.direct.replicas @ light.radiosity + room.direct.environment_replicas * light.environment
        variance = exchange_variance([(light, state)]) + each.var(ddof=1) / len(each)
        ratios.append((outcomes**2).mean() * STEFAN_BOLTZMANN**2 / variance)
    # 8 seeds of 16 outcomes: 1 to sqrt(2 / 128) = 0.13 of the variance, four times that.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.5)


def test_stated_errors_of_surfaces_are_those_of_other_seeds() -> None:
    weights, stated = [], []
    for seed in range(24):
        room = room_of(seed)
        optics = grey_optics(room)
        exchange = room.exchange(optics, temperatures(room))
        group = by_surface(room)
        weights.append(np.append(room.view(exchange).weight @ group, room.view(exchange).environment))
        errors = weight_errors(exchange, looks_of(room, optics.light_names))
        stated.append(np.append(errors.std_of_sums(group), errors.environment_std))
    scatter = np.array(weights).std(axis=0, ddof=1)
    mean = np.sqrt((np.array(stated) ** 2).mean(axis=0))
    # 24 seeds tell a scatter to 15 %, each of six surfaces: within four times that, and on average closer.
    np.testing.assert_allclose(mean / scatter, 1.0, atol=0.6)
    assert float(np.mean(mean / scatter)) == pytest.approx(1.0, abs=0.3)


def test_errors_of_paths_are_those_that_the_paths_state() -> None:
    room = room_of(1)
    optics = grey_optics(room)
    walls = diffuse_optics(optics.e77)
    paths = trace_weights(room.enclosure, walls, source=PointSource(PLACE), settings=PathSettings(paths=1 << 13))
    areas = path_exchange(room.enclosure, walls, paths_per_facet=64, settings=PathSettings(replicas=2)).areas
    exchange = room.exchange(optics, temperatures(room))
    traced = LightExchange(replace(exchange.surfaces, areas={"all": areas}, traced=frozenset({"all"})), 0)
    traced.linearise(np.zeros(0))
    errors = weight_errors(traced, Looks((room.direct.weight, 0.0), {}, {"all": paths}, None))
    ratio = errors.std_of_sums(by_surface(room)) / paths.surface_standard_error
    # 16 outcomes tell each to 18 %.
    np.testing.assert_allclose(ratio, 1.0, atol=0.7)
    assert float(ratio.mean()) == pytest.approx(1.0, abs=0.3)
