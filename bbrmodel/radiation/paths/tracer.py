"""Backward paths from the ion, or paths that a facet emits, followed to where the light ends.

A wavefront of paths moves together: Embree finds what each hits, a compiled kernel lets it be absorbed, reflected or
passed on, and finished paths drop out. Chunks of paths run in threads; each path's random numbers and the order of all
sums are fixed, so that the same seed gives the same bits for any number of threads.
"""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bbrmodel.errors import ConfigError, EnclosureError
from bbrmodel.parallel import cores, team
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.paths.kernels import start_at_facet, start_at_point
from bbrmodel.radiation.paths.optics import PathOptics
from bbrmodel.radiation.paths.wavefront import NO_POINTS, Ends, Follow, Tracer, make_tracer
from bbrmodel.radiation.sampling import digital_shifts, sobol_points
from bbrmodel.typing import AnyArray, FloatArray, Progress

_LOG = logging.getLogger(__name__)
PATHS_PER_CHUNK = 1 << 14
FEWEST_PATHS = 1 << 11
Part = tuple[int, int, int]  # of a chunk: replica, first path, number of paths
# Rays that slip through an edge between facets; more than this is a hole in the mesh, not rounding.
MAX_LOST_FRACTION = 1e-5


@dataclass(frozen=True)
class PointSource:
    """Paths leave a point in all directions alike: by reversibility, how an ion there sees the facets.

    With `axis`, a unit vector e, a path that leaves in the direction n has the weight (n . e)^2; without probes only.
    """

    position_m: tuple[float, float, float]
    axis: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class FacetSource:
    """Paths leave a facet as it emits light."""

    facet: int


@dataclass(frozen=True)
class PathSettings:
    """How many paths, and how they are followed.

    Attributes
    ----------
    paths
        In all; rounded up to a whole number of replicas.
    seed
        The same seed gives the same bits.
    replicas
        Independent estimates, whose scatter gives the standard errors.
    weight_floor
        A path above this weight leaves its expected share at each facet; one below it is absorbed as a whole or not
        at all. Small values give smoother maps of bright walls, 1 the shortest paths.
    probe_chance
        Of a path of weight 1, to send a probe to one of the enclosure's portals where it is scattered diffusely. 0
        leaves it to chance who finds them.
    threads
        None: one for each core.
    """

    paths: int = 1 << 20
    seed: int = 1
    replicas: int = 32
    weight_floor: float = 0.25
    probe_chance: float = 0.5
    threads: int | None = None

    @property
    def paths_per_replica(self) -> int:
        """Number of paths of one independent estimate."""
        return max(1, -(-self.paths // self.replicas))


@dataclass(frozen=True)
class PathWeights:
    """Where light from a source ends; equally the share of a receiver's light that each facet emitted.

    Attributes
    ----------
    weight, standard_error
        shape (num_facets,), [-]: probability to be absorbed there.
    environment, environment_standard_error
        Probability to leave the model.
    surface_weight, surface_standard_error
        shape (num_surfaces,), sums over facets with their own errors.
    replicas, environment_replicas
        shape (num_replicas, num_facets) and (num_replicas,): independent estimates whose mean is `weight`.
    lost_fraction
        Weight that slipped out between facets, before the rest was scaled to a sum of 1.
    rays, seconds
        Straight pieces of all paths, and wall time.
    ray_caster_share
        Of the threads' processor time, spent in the ray caster: the rate over that of the bare ray caster.
    """

    weight: FloatArray
    standard_error: FloatArray
    environment: float
    environment_standard_error: float
    surface_weight: FloatArray
    surface_standard_error: FloatArray
    replicas: FloatArray = field(repr=False)
    environment_replicas: FloatArray = field(repr=False)
    lost_fraction: float
    rays: int
    seconds: float
    ray_caster_share: float

    @property
    def sum_of_weights(self) -> float:
        """Return the sum of all weights: 1 to rounding."""
        return float(self.weight.sum()) + self.environment

    def mean(self, values: FloatArray, environment: float = 0.0) -> tuple[float, float]:
        """Return the weighted mean of facet values, shape (num_facets,), and its standard error."""
        estimates = self.replicas @ values + self.environment_replicas * environment
        return float(estimates.mean()), _standard_error(estimates)


def digital_shift(seed: int, stream: int) -> AnyArray:
    """Return the random shift of the low-discrepancy points of one independent estimate."""
    shift = np.empty(4, dtype=np.uint32)
    digital_shifts(seed, stream, shift)
    return shift


def trace_weights(
    enclosure: Enclosure,
    optics: PathOptics,
    *,
    source: PointSource | FacetSource,
    settings: PathSettings | None = None,
    progress: Progress | None = None,
) -> PathWeights:
    """Return where the light of a source is absorbed, by following paths.

    Parameters
    ----------
    enclosure
        Facets whose normals point into the enclosure.
    optics
        Of every facet, in one band.
    source
        `PointSource`: the weights are the effective solid angles of an ion there, over 4 pi. `FacetSource`: the
        Gebhart factors of that facet.
    progress
        Called with (chunks done, chunks in all).

    Raises
    ------
    ConfigError
        The optics or the source cannot be meant.
    EnclosureError
        Rays are lost: an open cavity, a source inside a body, a gap in the mesh.
    ConvergenceError
        Light goes on for ever.
    """
    settings = settings or PathSettings()
    if isinstance(source, PointSource) and source.axis is not None and settings.probe_chance > 0.0:
        raise ConfigError(
            f"probe_chance = {settings.probe_chance:g}: must be 0 where paths from a point are weighted by direction."
        )
    if isinstance(source, FacetSource) and optics.hemispherical[source.facet] <= 0.0:
        raise ConfigError(f"facet {source.facet} has the absorptivity 0: it emits no light to follow.")
    start = time.perf_counter()
    jobs, ranks = list(_jobs(settings)), team().size
    report = None if progress is None else lambda done: progress(min(done * ranks, len(jobs)), len(jobs))
    # Every process follows some of the chunks; the leader's progress stands for all.
    parts = [((jobs[rank::ranks], report if rank == 0 else None),) for rank in range(ranks)]
    replicas, sky, lost, counts, seconds = team().total(_follow_jobs, enclosure, optics, source, settings, parts=parts)
    check_lost(int(counts[0]), int(counts[1]))
    work = (int(counts[1]), time.perf_counter() - start, float(seconds[0] / max(seconds[1], 1e-9)))
    return _weights(enclosure, (replicas, sky, lost), work)


def _follow_jobs(
    enclosure: Enclosure,
    optics: PathOptics,
    source: PointSource | FacetSource,
    settings: PathSettings,
    work: tuple[list[list[Part]], Callable[[int], None] | None],
) -> tuple[AnyArray, ...]:
    """Return what some chunks of paths add to facets, sky and losses of each replica, to counts and to seconds."""
    jobs, report = work
    tracer = make_tracer(enclosure, optics, source.position_m if isinstance(source, PointSource) else None)
    points = sobol_points(settings.paths_per_replica)
    replicas = np.zeros((settings.replicas, enclosure.num_facets))
    sky, lost = np.zeros(settings.replicas), np.zeros(settings.replicas)
    counts, seconds = np.zeros(2, dtype=np.int64), np.zeros(2)
    with ThreadPoolExecutor(settings.threads or cores()) as pool:
        for done, (job, ends) in enumerate(
            zip(jobs, pool.map(lambda j: _trace(tracer, source, settings, points, j), jobs), strict=True), start=1
        ):
            kept = ends.kept.toarray()
            for row, (replica, _, _) in enumerate(job):
                replicas[replica] += kept[row]
                sky[replica] += ends.sky[row]
                lost[replica] += ends.lost[row]
            counts += (ends.lost_rays, ends.rays)
            seconds += ends.seconds
            if report:
                report(done)
    return replicas, sky, lost, counts, seconds


def _jobs(settings: PathSettings) -> Iterator[list[Part]]:
    """Yield (replica, first path, number of paths) of every chunk.

    Long paths are few in the end, and each step costs the same for one as for hundreds: replicas go together.
    """
    job: list[Part] = []
    limit = min(PATHS_PER_CHUNK, max(FEWEST_PATHS, settings.paths // 8))  # eight chunks or more for the threads
    for replica in range(settings.replicas):
        for first in range(0, settings.paths_per_replica, PATHS_PER_CHUNK):
            part = (replica, first, min(PATHS_PER_CHUNK, settings.paths_per_replica - first))
            if job and sum(count for _, _, count in job) + part[2] > limit:
                yield job
                job = []
            job.append(part)
    yield job


def _trace(
    tracer: Tracer, source: PointSource | FacetSource, settings: PathSettings, points: Any, job: list[Part]
) -> Ends:
    """Start and follow one chunk of paths (runs in a worker thread; the heavy parts release the GIL)."""
    state = tracer.new_state(sum(count for _, _, count in job))
    shifts = np.empty((len(job), 4), dtype=np.uint32)
    at = 0
    for row, (replica, first, count) in enumerate(job):
        if isinstance(source, PointSource):
            stream = -(2 + replica)
            shifts[row] = digital_shift(settings.seed, stream)
            place = np.array(source.position_m, dtype=np.float64)
            random = (settings.seed, stream, shifts[row])
            start_at_point((first, at, row), count, state, points, random, place)
            if source.axis is not None:
                state[2][at : at + count] = (state[1][at : at + count] @ np.array(source.axis)) ** 2
        else:
            stream = stream_of(source.facet, replica)
            shifts[row] = digital_shift(settings.seed, stream)
            start = (source.facet, first, at, row, float(tracer.optics.hemispherical[source.facet]))
            start_at_facet(start, count, state, points, (settings.seed, stream, shifts[row]), tracer.tables)
        at += count
    from_point = isinstance(source, PointSource)
    low_discrepancy = points if from_point else NO_POINTS
    how = Follow(len(job), settings.weight_floor, settings.probe_chance, low_discrepancy, shifts, from_point)
    return tracer.follow(at, state, how)


def stream_of(facet: int, replica: int) -> int:
    """Return the number that the random shift of a facet's paths is drawn from."""
    return facet + (replica << 32)


def check_lost(lost: int, rays: int) -> None:
    """Raise when more rays are lost than rounding at edges explains.

    Raises
    ------
    EnclosureError
        An open cavity without a declared environment, a source inside a body, a flipped facet.
    """
    if lost > max(3, MAX_LOST_FRACTION * rays):
        raise EnclosureError(
            f"{lost} of {rays} rays of the paths ({100 * lost / rays:.3g} %) are lost: they leave a closed model, hit "
            "a facet from behind or one that does not radiate. Check the view factors first, and the source."
        )


def _weights(
    enclosure: Enclosure, sums: tuple[FloatArray, FloatArray, FloatArray], work: tuple[int, float, float]
) -> PathWeights:
    """Return weights and errors from the sums of each replica."""
    kept, sky, lost = sums
    total = kept.sum(axis=1) + sky
    lost_fraction = float(lost.sum() / (total + lost).sum())
    kept /= total[:, None]
    sky = sky / total
    num = len(enclosure.surface_names)
    by_surface = np.stack([np.bincount(enclosure.surface, weights=row, minlength=num) for row in kept])
    _LOG.info("paths: %d rays in %.2f s, %.1e of the light lost", work[0], work[1], lost_fraction)
    return PathWeights(
        kept.mean(axis=0),
        kept.std(axis=0, ddof=1) / np.sqrt(len(kept)) if len(kept) > 1 else np.full(kept.shape[1], np.nan),
        float(sky.mean()),
        _standard_error(sky),
        by_surface.mean(axis=0),
        np.array([_standard_error(column) for column in by_surface.T]),
        kept,
        sky,
        lost_fraction,
        *work,
    )


def _standard_error(estimates: FloatArray) -> float:
    """Return the standard error of the mean of independent estimates; NaN of a single one."""
    return float(estimates.std(ddof=1) / np.sqrt(len(estimates))) if len(estimates) > 1 else float("nan")


__all__ = [
    "FacetSource",
    "PathSettings",
    "PathWeights",
    "PointSource",
    "check_lost",
    "digital_shift",
    "stream_of",
    "trace_weights",
]
