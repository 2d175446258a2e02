r"""Exchange factors of any optics by paths from every facet.

With the Gebhart factor G_ij (what i emits and j absorbs), :math:`X_{ij} = A_i \varepsilon_i G_{ij}` [m2] is symmetric,
and j receives :math:`\sum_i X_{ij} \sigma T_i^4`. Rows sum to :math:`A_i \varepsilon_i`. So X is the matrix of exchange
areas of *black* facets of area :math:`A_i \varepsilon_i`: with absorptivity 1 and those areas every solver for diffuse
enclosures takes it as it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, diags, tril, triu, vstack

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.errors import ConfigError
from bbrmodel.parallel import cores, team
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

_LEAST_M2 = float(np.finfo(np.float32).tiny)  # what absorbs as little absorbs nothing: its inverse overflows


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
    one_way_m2, one_way_error_m2
        shape (n, n), the same from the paths of the row's surface alone: how far X_ST and X_TS agree is a test.
    environment_m2, environment_error_m2
        shape (n,), with the environment.
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
    one_way_m2: FloatArray
    one_way_error_m2: FloatArray
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
    area = _absorbing_area(enclosure, optics)
    emitters = np.flatnonzero(area > 0.0)
    step = max(1, PATHS_PER_CHUNK // (each * settings.replicas))
    chunks = [emitters[k : k + step] for k in range(0, len(emitters), step)]
    found = _Sums(enclosure, area, settings.replicas)
    ranks = team().size
    if ranks == 1:
        all_sent: Iterable[_Sent] = _trace_chunks(enclosure, optics, settings, (chunks, each))
    else:
        parts = [((chunks[rank::ranks], each),) for rank in range(ranks)]
        by_rank = team().call(_list_chunks, enclosure, optics, settings, parts=parts)
        all_sent = (by_rank[k % ranks][k // ranks] for k in range(len(chunks)))
    for sent in all_sent:
        found.add(sent)
        if progress:
            progress(len(found.facets), len(emitters))
    check_lost(found.counts[0], found.counts[1])
    return found.result(each * settings.replicas)


def _trace_chunks(
    enclosure: Enclosure, optics: PathOptics, settings: PathSettings, work: tuple[list[IntArray], int]
) -> "Iterator[_Sent]":
    """Yield what chunks of facets send; `work` holds them and the number of paths of a replica."""
    chunks, each = work
    tracer, points = make_tracer(enclosure, optics), sobol_points(each)
    sums = _Sums(enclosure, _absorbing_area(enclosure, optics), settings.replicas)
    with ThreadPoolExecutor(settings.threads or cores()) as pool:
        # Chunks are reduced where they are traced: results that wait to be added must be small.
        yield from pool.map(lambda c: sums.reduce(c, _trace_facets(tracer, c, points, settings)), chunks)


def _list_chunks(
    enclosure: Enclosure, optics: PathOptics, settings: PathSettings, work: tuple[list[IntArray], int]
) -> "list[_Sent]":
    """Return the same as a list, for the leader of several processes."""
    return list(_trace_chunks(enclosure, optics, settings, work))


def _absorbing_area(enclosure: Enclosure, optics: PathOptics) -> FloatArray:
    """Return area x hemispherical emissivity [m2]; a sheet emits from both sides."""
    sides = np.where(optics.passage == SHELL, 2.0, 1.0)
    area: FloatArray = np.where(enclosure.radiates, sides * enclosure.area_m2 * optics.hemispherical, 0.0)
    return np.where(area >= _LEAST_M2, area, 0.0)


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
    how = Follow(rows, settings.weight_floor, settings.probe_chance, NO_POINTS, np.zeros((1, 4), dtype=np.uint32))
    return tracer.follow(at, state, how)


@dataclass(frozen=True)
class _Sent:
    """What a chunk of facets sent.

    As parts of what each emits: `to_facets`, a sparse matrix of shape (num, num_facets), `by_surface` of shape
    (num, replicas, num_surfaces) and `sky` of shape (num, replicas). `counts` holds lost and all rays.
    """

    facets: IntArray
    to_facets: Any
    by_surface: FloatArray
    sky: FloatArray
    lost: float
    counts: tuple[int, int]


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

    def reduce(self, facets: IntArray, ends: Ends) -> _Sent:
        """Return what some facets sent, by surface and replica, and to facets in the mean of the replicas."""
        total = np.asarray(ends.kept.sum(axis=1)).reshape(-1) + ends.sky
        shape = (len(facets), self.replicas, -1)
        gebhart = diags(1.0 / total) @ ends.kept
        mean = csr_matrix(np.repeat(np.eye(len(facets)), self.replicas, axis=1) / self.replicas)
        return _Sent(
            facets,
            (mean @ gebhart).astype(np.float32),
            (gebhart @ self._to_surface).toarray().reshape(shape),
            (ends.sky / total).reshape(shape[:2]),
            float(ends.lost.sum() / (total + ends.lost).mean()),
            (ends.lost_rays, ends.rays),
        )

    def add(self, sent: _Sent) -> None:
        """Take the light that some facets sent."""
        for k, facet in enumerate(sent.facets):
            surface = self.enclosure.surface[facet]
            self.by_surface[:, surface] += sent.by_surface[k] * self.area[facet]
            self.sky_by_surface[:, surface] += sent.sky[k] * self.area[facet]
        self.rows.append(sent.to_facets)
        self.sky.append(sent.sky.mean(axis=1))
        self.facets += [int(facet) for facet in sent.facets]
        self.lost += sent.lost
        self.counts = [self.counts[0] + sent.counts[0], self.counts[1] + sent.counts[1]]

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
            self.by_surface.mean(axis=0),
            self.by_surface.std(axis=0, ddof=1) / root,
            self.sky_by_surface.mean(axis=0),
            self.sky_by_surface.std(axis=0, ddof=1) / root,
            self._facet_areas(paths),
            self.lost / max(len(self.facets) * self.replicas, 1),
            self.counts[1],
        )

    def _facet_areas(self, paths: int) -> ExchangeAreas:
        """Return closed exchange areas between facets from both directions of every pair."""
        num = self.enclosure.num_facets
        facets = np.array(self.facets)
        inverse = 1.0 / np.where(self.area > 0.0, self.area, np.inf)
        upper = self._pool(facets)
        # Both counts of a pair are pooled by their precision. What emits nothing gets nothing.
        per_row = np.repeat(inverse.astype(np.float32), np.diff(upper.indptr))
        per_row += inverse.astype(np.float32)[upper.indices]
        np.divide(upper.data, per_row, out=upper.data, where=per_row > 0.0)
        upper.data[per_row == 0.0] = 0.0
        variance = upper.data / (paths * np.where(per_row > 0.0, per_row, 1.0))
        escape = np.zeros(num)
        escape[facets] = np.concatenate(self.sky) * self.area[facets]
        emits = self.area > 0.0
        # What emits nothing keeps its area so that no row is empty; it exchanges only with itself.
        areas = from_upper(
            upper,
            variance,
            escape=escape,
            escape_variance=escape * self.area / paths,
            area_m2=np.where(emits, self.area, 1.0),
        )
        return close(areas, emits)[0]

    def _pool(self, facets: IntArray) -> Any:
        """Return the upper triangle of G + G^T; what was collected is given up, for it is large."""
        num = self.enclosure.num_facets
        found = vstack(self.rows, format="csr")
        self.rows.clear()
        start = np.zeros(num + 1, dtype=np.int64)
        start[facets + 1] = np.diff(found.indptr)  # facets grow, and those that emit nothing have empty rows
        one_way = csr_matrix((found.data, found.indices, np.cumsum(start)), shape=(num, num))
        upper = triu(one_way, format="csr") + tril(one_way, format="csr").T.tocsr()
        upper.sort_indices()
        return upper


__all__ = ["PathExchange", "path_exchange"]
