"""T_eff for walls that reflect as mirrors, all or some of them, at any finishes: by recorded paths from the ion.

View factors know diffuse walls; mirrors would need rays of their own for each set of finishes. Paths from the ion need
no view factors: their way depends on which walls are mirrors, not on how bright they are. The temperatures follow from
the light that arrives at the bodies, found by paths from their facets in the same way.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.parallel import cores
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.radiation.paths.recorded import (
    Record,
    Walls,
    check_recorded,
    kinds_found,
    light_along,
    light_behind,
    make_recorder,
    record_from_facets,
    record_from_point,
)
from bbrmodel.radiation.paths.wavefront import Tracer
from bbrmodel.typing import FloatArray, IntArray
from bbrmodel.uncertainty.channels import Channel
from bbrmodel.uncertainty.derivatives import Adjoint, Solids
from bbrmodel.uncertainty.matt_corners import Value
from bbrmodel.uncertainty.model import Model, Setup, exchange_of

REPLICAS, PATHS = 32, 1 << 13  # from the ion for a corner: 2^18
DESIGN_PATHS, FLIP_PATHS = 1 << 17, 1 << 15
HEAT_PATHS, LEAST, MOST = 1 << 15, 2, 512  # from facets, and from one of them
_COVERED = 0.999  # of what the light on all facets is worth; the others keep the light of matt walls
_CHUNK = 1 << 13
_FLOOR, _HEAT_FLOOR = 1e-3, 1e-2  # of the light, where paths are given up
_TURNS, _CHANGE_K = 30, 1e-4
_SEED = 77
_ONES, _HEAT, _CLOCK = 0, 1, 2  # kinds of light that are followed: the paths themselves, sigma T^4, the shift


@dataclass(frozen=True)
class Finishes:
    """One set of finishes at one temperature field (num_nodes,) [K]."""

    setup: Setup
    T: FloatArray


@dataclass(frozen=True)
class Kinds:
    """What it does to T_eff^4 that a surface is a mirror, the others being what they may: (num_surfaces,) [K4]."""

    effect: FloatArray
    std: FloatArray
    mean: float


@dataclass(frozen=True)
class Light:
    """Columns of all sets and classes: absorptivity (num_facets + 1, K), light sent out (num_facets + 1, 3, K)."""

    absorptivity: FloatArray
    sent: FloatArray
    classes: int

    @property
    def least(self) -> FloatArray:
        """Smallest absorptivity of every facet."""
        found: FloatArray = self.absorptivity[:-1].min(axis=1)
        return found

    def by_set(self, columns: FloatArray) -> FloatArray:
        """Return sums over the classes of each set; the last axis of `columns` is that of the columns."""
        total: FloatArray = columns.reshape(*columns.shape[:-1], -1, self.classes).sum(axis=-1)
        return total


class WallKinds:
    """Follows recorded paths of one model."""

    def __init__(self, model: Model, solids: Solids | None, adjoint: Adjoint) -> None:
        """`adjoint` is that of T_eff with matt walls: where light on the bodies matters, and how much."""
        self._model, self._solids, self._adjoint = model, solids, adjoint
        self._tracer: Tracer = make_recorder(model.light.enclosure)

    def effects(self, sets: Sequence[Finishes], mirror: FloatArray) -> list[Kinds]:
        """Return what each surface's kind does, for each set; `mirror` (num_surfaces,) are chances between 0 and 1.

        Every path draws which walls it finds mirrors, so that all paths serve all surfaces.
        """
        light = _light(self._model, sets)
        enclosure = self._model.light.enclosure
        surface = np.append(enclosure.surface, len(mirror))  # the environment

        def run(k: int) -> tuple[Record, tuple[FloatArray, ...]]:
            record = self._from_ion(light, mirror, [k], _CHUNK)
            value = light_along(record, light.absorptivity, light.sent[:, _HEAT : _HEAT + 1])[:, 0]
            sent = np.ascontiguousarray(light.sent[:, _HEAT])
            behind = light_behind(record, light.absorptivity, sent, surface=surface, mean=value.mean(axis=0))
            gain = light.by_set(behind[:, :-1]) / STEFAN_BOLTZMANN  # (paths, surfaces, sets)
            kinds = kinds_found(record, mirror)[:, :, None]
            sums = ((gain * kinds).sum(axis=0), (gain**2 * kinds).sum(axis=0), gain.sum(axis=0), (gain**2).sum(axis=0))
            return replace(record, steps=()), (kinds[:, :, 0].sum(axis=0), light.by_set(value).sum(axis=0), *sums)

        parts = list(_in_threads(run, range(DESIGN_PATHS // _CHUNK)))
        count, total, by_kind, square, whole, whole_square = (sum(column) for column in zip(*parts, strict=True))
        ones, others = np.maximum(count, 1.0)[:, None], np.maximum(DESIGN_PATHS - count, 1.0)[:, None]
        one, other = by_kind / ones, (whole - by_kind) / others
        variance = (square / ones - one**2) / ones + ((whole_square - square) / others - other**2) / others
        effect, std = one - other, np.sqrt(np.maximum(variance, 0.0))
        mean = total / (DESIGN_PATHS * STEFAN_BOLTZMANN)
        return [Kinds(effect[:, k], std[:, k], float(mean[k])) for k in range(len(sets))]

    def flips(self, base: Finishes, others: Sequence[Finishes], mirror: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return by how much T_eff changes from one set of finishes to others near it, and the standard error [K].

        All sets share their paths; what they do to temperatures is taken to first order, with the heat of matt walls.
        """
        light = _light(self._model, [base, *others])

        def run(k: int) -> tuple[Record, tuple[FloatArray, ...]]:
            record = self._from_ion(light, mirror, [k], _CHUNK)
            value = light.by_set(light_along(record, light.absorptivity, light.sent[:, _HEAT : _HEAT + 1]))[:, 0]
            change = value[:, 1:] - value[:, :1]
            return replace(record, steps=()), (value[:, 0].sum(), change.sum(axis=0), (change**2).sum(axis=0))

        parts = list(_in_threads(run, range(FLIP_PATHS // _CHUNK)))
        total, change, square = (sum(column) / FLIP_PATHS for column in zip(*parts, strict=True))
        T = float((total / STEFAN_BOLTZMANN) ** 0.25)
        per_kelvin = 4.0 * STEFAN_BOLTZMANN * T**3
        std = np.sqrt(np.maximum(square - change**2, 0.0) / FLIP_PATHS) / per_kelvin
        by_heat = (self._model.view.temperature_K / T) ** 3 * self._by_heat(light)
        return change / per_kelvin + by_heat, std

    def _by_heat(self, light: Light) -> FloatArray:
        """Return what temperatures add for all sets but the first, to first order with the light of matt walls [K]."""
        absorptivity = light.absorptivity[:-1].reshape(light.absorptivity.shape[0] - 1, -1, light.classes)
        sent = light.sent[:-1, _HEAT].reshape(absorptivity.shape)
        change: FloatArray = np.zeros(absorptivity.shape[1] - 1)
        for k, state in enumerate(self._model.exchange.lights):
            more = absorptivity[:, 1:, k] - absorptivity[:, :1, k]
            change += self._adjoint.from_heat[state.name] @ (more * (sent[:, :1, k] - state.irradiance[:, None]))
        return change

    def observe(self, sets: Sequence[Finishes], mirror: FloatArray) -> list[Value]:
        """Return what the ion sees of each set when `mirror` (num_surfaces,), 0 or 1, says what is a mirror."""
        heated, errors = list(sets), [0.0] * len(sets)
        if self._solids is not None:
            heated, errors = self._heat(sets, mirror)
        light = _light(self._model, heated)
        step = max(1, _CHUNK // PATHS)

        def run(k: int) -> tuple[Record, tuple[FloatArray, ...]]:
            record = self._from_ion(light, mirror, list(range(k, k + step)), PATHS)
            found = light_along(record, light.absorptivity, light.sent)
            return replace(record, steps=()), (found.reshape(step, PATHS, *found.shape[1:]).mean(axis=1),)

        parts = [sums[0] for sums in _in_threads(run, range(0, REPLICAS, step))]
        found = np.concatenate(parts)  # (REPLICAS, 3, K)
        estimates = light.by_set(found / found[:, _ONES].mean(axis=0))
        return [self._seen(estimates[:, :, k], errors[k]) for k in range(len(sets))]

    def _seen(self, estimates: FloatArray, heat_std_K: float) -> Value:
        """Return T_eff and the shift from independent estimates (REPLICAS, 3)."""
        mean, std = estimates.mean(axis=0), estimates.std(axis=0, ddof=1) / np.sqrt(len(estimates))
        T = float((mean[_HEAT] / STEFAN_BOLTZMANN) ** 0.25)
        shift = float(mean[_CLOCK]) / self._model.transition.frequency_Hz
        per_kelvin = 4.0 * abs(shift) / T
        rays = float(std[_CLOCK]) / self._model.transition.frequency_Hz
        return Value(
            temperature_K=T,
            std_K=float(np.hypot(T * std[_HEAT] / (4.0 * mean[_HEAT]), heat_std_K)),
            fractional_shift=shift,
            shift_std=float(np.hypot(rays, per_kelvin * heat_std_K)),
        )

    def _from_ion(self, light: Light, mirror: FloatArray, replicas: Sequence[int], paths: int) -> Record:
        """Return recorded paths from the ion."""
        ion = self._model.solved.case.ion
        place = (0.0, 0.0, 0.0) if ion is None else ion.position_m
        walls = Walls(mirror, light.least, _FLOOR, _SEED)
        return record_from_point(self._tracer, walls, place, replicas=replicas, paths=paths)

    def _heat(self, sets: Sequence[Finishes], mirror: FloatArray) -> tuple[list[Finishes], list[float]]:
        """Return the sets at the temperatures that their light leads to, and the error of T_eff [K] that this leaves.

        Light comes mainly from what has a given temperature, so that one turn of light and temperatures is enough.
        """
        light = _light(self._model, sets)
        worth = self._worth(light)
        facets, counts = _share_out(worth)
        walls = Walls(mirror, light.least, _HEAT_FLOOR, _SEED)
        chunks = np.array_split(np.arange(len(facets)), max(1, int(counts.sum()) // _CHUNK))

        def run(k: int) -> tuple[Record, tuple[FloatArray, ...]]:
            mine = chunks[k]
            record = record_from_facets(self._tracer, walls, facets[mine], counts[mine])
            found = light_along(record, light.absorptivity, light.sent[:, : _HEAT + 1])
            arriving = found[:, _HEAT] / np.maximum(found[:, _ONES], 1e-300)
            size = (len(mine), len(record.rows))
            sums = csr_matrix(
                (np.ones(size[1]), (np.repeat(np.arange(size[0]), counts[mine]), np.arange(size[1]))), size
            )
            return replace(record, steps=()), (sums @ arriving, sums @ arriving**2)

        found = list(_in_threads(run, range(len(chunks))))
        number = counts[:, None]
        mean = np.concatenate([one[0] for one in found]) / number
        variance = (np.concatenate([one[1] for one in found]) / number - mean**2).clip(min=0.0) / (number - 1)
        heated, errors = [], []
        for k, one in enumerate(sets):
            columns = slice(k * light.classes, (k + 1) * light.classes)
            heated.append(replace(one, T=self._solve(one, facets, mean[:, columns])))
            gain = worth[facets, None] * light.absorptivity[facets, columns] / self._most(light)[facets, None]
            errors.append(float(np.sqrt((gain**2 * variance[:, columns]).sum())))
        return heated, errors

    def _most(self, light: Light) -> FloatArray:
        """Return the largest absorptivity of every facet."""
        found: FloatArray = light.absorptivity[:-1].max(axis=1)
        return found

    def _worth(self, light: Light) -> FloatArray:
        """Return what one W/m2 on each facet may do to T_eff, zero where no body is behind it [K m2/W]."""
        surfaces = self._model.exchange.surfaces
        by_heat = np.abs(self._model.exchange.facet_mean(self._adjoint.heat))
        worth: FloatArray = surfaces.radiates * surfaces.area_m2 * self._most(light) * by_heat
        return worth

    def _solve(self, one: Finishes, facets: IntArray, arriving: FloatArray) -> FloatArray:
        """Return the temperatures for light that arrives at some facets, (num_facets, num_classes) [W/m2]."""
        exchange = exchange_of(self._model, one.setup)
        exchange.linearise(one.T, frozen=True)
        lights = []
        for column, state in enumerate(exchange.lights):
            irradiance = state.irradiance.copy()
            irradiance[facets] = arriving[:, column]
            lights.append(replace(state, irradiance=irradiance))
        exchange.lights = tuple(lights)
        if self._solids is None:
            return one.T
        return solve_at_light(one, self._solids, exchange)


def solve_at_light(one: Finishes, solids: Solids, exchange: LightExchange) -> FloatArray:
    """Return the temperatures at which heat balances while the light that arrives stays as it is (num_nodes,) [K]."""
    setup, solid = one.setup, solids(one.setup)
    T, free = np.where(setup.fixed, setup.value, one.T), ~setup.fixed
    exchange.linearise(T, frozen=True)
    solid.set_temperature(T)
    near: Any = csr_matrix((len(T), len(T))) + exchange.local_derivative()
    for term in setup.terms:
        near = near + term.derivative(T)
    inverse = solid.linearise().inverse(near, free)
    for _ in range(_TURNS):
        solid.set_temperature(T)
        heat = exchange.linearise(T, frozen=True) - solid.heat_out_of_nodes()
        for term in setup.terms:
            heat = heat + term.heat(T)
        change = np.where(free, inverse(np.where(free, heat, 0.0)), 0.0)
        T = T + change
        if np.abs(change).max() < _CHANGE_K:
            break
    return T


def _light(model: Model, sets: Sequence[Finishes]) -> Light:
    """Return the columns of some sets of finishes."""
    radiates = model.light.enclosure.radiates
    channels = Channel("temperature", model), Channel("shift", model)
    absorptivity, sent = [], []
    for one in sets:
        exchange = exchange_of(model, one.setup)
        exchange.linearise(one.T, frozen=True)
        emission = [channel.emission(exchange.fourth_power)[0] for channel in channels]
        for state in exchange.lights:
            absorptivity.append(np.append(np.where(radiates, state.absorptivity, 1.0), 1.0))
            rows = [np.ones(len(radiates) + 1)]
            for channel, psi in zip(channels, emission, strict=True):
                rows.append(np.append(state.share * psi, channel.outside(exchange, state)))
            sent.append(rows)
    columns = np.ascontiguousarray(np.array(absorptivity).T)
    return Light(columns, np.ascontiguousarray(np.array(sent).transpose(2, 1, 0)), len(model.exchange.lights))


def _share_out(worth: FloatArray) -> tuple[IntArray, IntArray]:
    """Return facets and the number of paths from each, more where they are worth more."""
    order = np.argsort(-worth)
    enough = int(np.searchsorted(np.cumsum(worth[order]), _COVERED * worth.sum())) + 1
    facets = np.sort(order[:enough])
    share = HEAT_PATHS * worth[facets] / max(float(worth[facets].sum()), 1e-300)
    return facets, np.clip(np.ceil(share), LEAST, MOST).astype(np.int64)


def _in_threads(
    run: Callable[[int], tuple[Record, tuple[FloatArray, ...]]], numbers: Iterable[int]
) -> Iterable[tuple[FloatArray, ...]]:
    """Yield sums of chunks in their order, and check that no path was lost."""
    records = []
    with ThreadPoolExecutor(cores()) as pool:
        for record, sums in pool.map(run, numbers):
            records.append(record)
            yield sums
    check_recorded(records)


def names_of(model: Model, mirror: FloatArray) -> tuple[str, ...]:
    """Return the surfaces that are mirrors."""
    names = model.light.enclosure.surface_names
    return tuple(names[k] for k in np.flatnonzero(mirror > 0.5))


__all__ = ["Finishes", "Kinds", "WallKinds", "names_of", "solve_at_light"]
