r"""Exchange factors of any optics by paths from every facet.

With the Gebhart factor G_ij (what i emits and j absorbs), :math:`X_{ij} = A_i \varepsilon_i G_{ij}` [m2] is symmetric,
and j receives :math:`\sum_i X_{ij} \sigma T_i^4`. Rows sum to :math:`A_i \varepsilon_i`. So X is the matrix of exchange
areas of *black* facets of area :math:`A_i \varepsilon_i`: with absorptivity 1 and those areas every solver for diffuse
enclosures takes it as it is.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags, triu, vstack

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.errors import ConfigError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_areas import ExchangeAreas, close, from_upper
from bbrmodel.radiation.paths.kernels import start_at_facet
from bbrmodel.radiation.paths.optics import SHELL, PathOptics
from bbrmodel.radiation.paths.tracer import (
    PATHS_PER_CHUNK,
    PathSettings,
    check_lost,
    digital_shift,
    stream_of,
)
from bbrmodel.radiation.paths.wavefront import NO_POINTS, Ends, Follow, Tracer, make_tracer
from bbrmodel.radiation.sampling import sobol_points
from bbrmodel.typing import AnyArray, FloatArray, IntArray, Progress


@dataclass(frozen=True)
class PathExchange:
    """What surfaces and facets exchange in one band, all reflections and passages included.

    Attributes
    ----------
    surfaces
        Names, in the order of rows and columns.
    absorbing_area_m2
        shape (n,), sum of area x hemispherical emissivity.
    exchange_area_m2, standard_error_m2
        shape (n, n), symmetric X_ST: surface T absorbs X_ST sigma T_S^4 of what S emits. From all replicas together.
    environment_m2, environment_error_m2
        shape (n,), the same with the environment.
    areas
        Closed exchange areas between facets, as of black facets of area x emissivity; None if not asked for.
    lost_fraction
        Of all emitted light, slipped between facets before rows were scaled.
    rays
        Straight pieces of all paths.
    """

    surfaces: tuple[str, ...]
    absorbing_area_m2: FloatArray
    exchange_area_m2: FloatArray
    standard_error_m2: FloatArray
    environment_m2: FloatArray
    environment_error_m2: FloatArray
    areas: ExchangeAreas | None = field(repr=False)
    lost_fraction: float
    rays: int

    @property
    def gebhart_factors(self) -> FloatArray:
        """Return what of a row's emission each column absorbs, shape (n, n), [-]; NaN for what emits nothing."""
        with np.errstate(invalid="ignore"):
            factors: FloatArray = self.exchange_area_m2 / self.absorbing_area_m2[:, None]
        return factors

    def net_heat_W(self, T: Sequence[float], environment_K: float = 0.0) -> FloatArray:
        """Return the net radiative heat that leaves each surface, shape (n,), for one temperature [K] each."""
        power = STEFAN_BOLTZMANN * np.asarray(T, dtype=np.float64) ** 4
        outside = STEFAN_BOLTZMANN * environment_K**4
        gain = self.exchange_area_m2 * (power[:, None] - power[None, :])
        return np.asarray(gain.sum(axis=1) + self.environment_m2 * (power - outside))


def path_exchange(
    enclosure: Enclosure,
    optics: PathOptics,
    *,
    paths_per_facet: int = 1024,
    settings: PathSettings | None = None,
    progress: Progress | None = None,
) -> PathExchange:
    """Return exchange areas between surfaces and facets for any optics.

    Parameters
    ----------
    paths_per_facet
        In all replicas together; a power of 2 times the replicas serves best.
    settings
        Seed, replicas (default 8 here), floor of weights, threads; `paths` is not read.
    progress
        Called with (facets done, facets in all).

    Raises
    ------
    ConfigError
        The optics cannot be meant, or there are fewer paths than replicas.
    EnclosureError
        Rays are lost.
    """
    settings = settings or PathSettings(replicas=8)
    if paths_per_facet < settings.replicas or settings.replicas < 2:
        raise ConfigError(
            f"{paths_per_facet} paths per facet, {settings.replicas} replicas: use at least 2, and as many paths."
        )
    each = paths_per_facet // settings.replicas
    tracer = make_tracer(enclosure, optics)
    emitters = np.flatnonzero(enclosure.radiates & (optics.hemispherical > 0.0))
    points = sobol_points(each)
    step = max(1, PATHS_PER_CHUNK // (each * settings.replicas))
    chunks = [emitters[k : k + step] for k in range(0, len(emitters), step)]
    found = _Sums(enclosure, _absorbing_area(enclosure, optics), settings.replicas)
    with ThreadPoolExecutor(settings.threads or os.cpu_count() or 1) as pool:
        for ends, chunk in zip(
            pool.map(lambda c: _trace_facets(tracer, c, points, settings), chunks), chunks, strict=True
        ):
            found.add(chunk, ends)
            if progress:
                progress(len(found.facets), len(emitters))
    check_lost(found.counts[0], found.counts[1])
    return found.result(each * settings.replicas)


def _absorbing_area(enclosure: Enclosure, optics: PathOptics) -> FloatArray:
    """Return area x hemispherical emissivity [m2]; a sheet emits from both sides."""
    sides = np.where(optics.passage == SHELL, 2.0, 1.0)
    area: FloatArray = np.where(enclosure.radiates, sides * enclosure.area_m2 * optics.hemispherical, 0.0)
    return area


def _trace_facets(tracer: Tracer, facets: IntArray, points: AnyArray, settings: PathSettings) -> Ends:
    """Follow the paths of some facets; row k R + r of the result belongs to facet k and replica r."""
    each = len(points)
    state = tracer.new_state(each * settings.replicas * len(facets))
    at = 0
    for k, facet in enumerate(facets):
        for replica in range(settings.replicas):
            stream = stream_of(int(facet), replica)
            random = (settings.seed, stream, digital_shift(settings.seed, stream))
            row = k * settings.replicas + replica
            start = (int(facet), 0, at, row, float(tracer.optics.hemispherical[facet]))
            start_at_facet(start, each, state, points, random, tracer.tables)
            at += each
    rows = len(facets) * settings.replicas
    how = Follow(rows, settings.weight_floor, settings.probe_chance, NO_POINTS, np.zeros(4, dtype=np.uint32))
    return tracer.follow(at, state, how)


class _Sums:
    """Collects the chunks of a `path_exchange`, in the order of the facets."""

    def __init__(self, enclosure: Enclosure, area: FloatArray, replicas: int) -> None:
        num = len(enclosure.surface_names)
        self.enclosure, self.area, self.replicas = enclosure, area, replicas
        self.facets: list[int] = []
        self.rows: list[Any] = []
        self.sky: list[FloatArray] = []
        self.by_surface = np.zeros((replicas, num, num))
        self.sky_by_surface = np.zeros((replicas, num))
        self.counts = [0, 0]
        self.lost = 0.0
        index = np.arange(enclosure.num_facets)
        self._to_surface = csr_matrix((np.ones(len(index)), (index, enclosure.surface)), (len(index), num))

    def add(self, facets: IntArray, ends: Ends) -> None:
        """Take the light that some facets sent."""
        total = np.asarray(ends.kept.sum(axis=1)).reshape(-1) + ends.sky
        self.lost += float(ends.lost.sum() / (total + ends.lost).mean())
        shape = (len(facets), self.replicas)
        gebhart = diags(1.0 / total) @ ends.kept
        weight = np.repeat(self.area[facets], self.replicas)
        received = (gebhart @ self._to_surface).toarray() * weight[:, None]
        for k, facet in enumerate(facets):
            rows = slice(k * self.replicas, (k + 1) * self.replicas)
            self.by_surface[:, self.enclosure.surface[facet]] += received[rows]
            self.sky_by_surface[:, self.enclosure.surface[facet]] += ends.sky[rows] * (weight / total)[rows]
        mean = csr_matrix(np.repeat(np.eye(len(facets)), self.replicas, axis=1) / self.replicas)
        self.rows.append(mean @ gebhart)
        self.sky.append((ends.sky / total).reshape(shape).mean(axis=1))
        self.facets += [int(facet) for facet in facets]
        self.counts = [self.counts[0] + ends.lost_rays, self.counts[1] + ends.rays]

    def result(self, paths: int) -> PathExchange:
        """Return the exchange with reciprocity and closure."""
        surface_area = self._to_surface.T @ self.area
        with np.errstate(divide="ignore", invalid="ignore"):
            # Light from S and light from T count by their own precision: variances go with A eps of the emitter.
            share = surface_area[None, :] / (surface_area[:, None] + surface_area[None, :])
        share = np.nan_to_num(share)
        both = self.by_surface * share + np.swapaxes(self.by_surface, 1, 2) * share.T
        root = np.sqrt(self.replicas)
        return PathExchange(
            self.enclosure.surface_names,
            np.asarray(surface_area),
            both.mean(axis=0),
            both.std(axis=0, ddof=1) / root,
            self.sky_by_surface.mean(axis=0),
            self.sky_by_surface.std(axis=0, ddof=1) / root,
            self._facet_areas(paths),
            self.lost / max(len(self.facets) * self.replicas, 1),
            self.counts[1],
        )

    def _facet_areas(self, paths: int) -> ExchangeAreas:
        """Return closed exchange areas between facets from both directions of every pair."""
        num = self.enclosure.num_facets
        gebhart = coo_matrix(vstack(self.rows))
        facets = np.array(self.facets)
        one_way = csr_matrix((gebhart.data, (facets[gebhart.row], gebhart.col)), shape=(num, num))
        pairs = coo_matrix(triu(one_way + one_way.T))
        inverse = 1.0 / np.where(self.area > 0.0, self.area, np.inf)
        precision = inverse[pairs.row] + inverse[pairs.col]
        exchange = np.divide(pairs.data, precision, out=np.zeros(len(pairs.data)), where=precision > 0.0)
        upper = csr_matrix((exchange, (pairs.row, pairs.col)), shape=(num, num))
        upper.sort_indices()
        entries = coo_matrix(upper)
        variance = upper.data / (paths * (inverse[entries.row] + inverse[entries.col]))
        escape = np.zeros(num)
        escape[facets] = np.concatenate(self.sky) * self.area[facets]
        emits = self.area > 0.0
        # What emits nothing keeps its area so that no row is empty; it exchanges only with itself.
        areas = from_upper(
            upper,
            variance.astype(np.float32),
            escape=escape,
            escape_variance=escape * self.area / paths,
            area_m2=np.where(emits, self.area, 1.0),
            kept=np.ones(num),
        )
        return close(areas, emits)[0]


__all__ = ["PathExchange", "path_exchange"]
