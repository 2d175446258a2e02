"""Free-molecular flow: the share of the molecules entering one opening that leaves through another.

Molecules fly straight from wall to wall and every wall sends them on with a cosine distribution, so that they travel
as light does between white diffuse walls. `trace_transmission` follows molecules and has no error but chance;
`solve_transmission` solves the exchange of all facets at once and has an error of its own, from facets of finite size.
"""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from bbrmodel.errors import ConfigError, ConvergenceError, EnclosureError, UnknownSurfaceError, suggest
from bbrmodel.parallel import cores
from bbrmodel.radiation.enclosure import Enclosure, check_enclosure
from bbrmodel.radiation.flow_kernels import curve_places, land, send_on
from bbrmodel.radiation.sampling import sample_facets, sobol_points
from bbrmodel.radiation.scene import RayScene, origin_lift
from bbrmodel.typing import AnyArray, FloatArray, IntArray, Progress

_LOG = logging.getLogger(__name__)
MAX_LOST_FRACTION = 1e-4  # of flights, which rounding loses at an edge; such a molecule starts again where it was
MAX_WAVES = 100_000
OPENING_PREFIX = "opening"


@dataclass(frozen=True)
class FlowSettings:
    """How many molecules are followed, in how many independent groups (their spread is the error), and the seed."""

    molecules: int = 1 << 20
    groups: int = 16
    seed: int = 1

    def __post_init__(self) -> None:
        """Raise `ConfigError` where no error could be told."""
        if self.groups < 2 or self.molecules < self.groups:
            raise ConfigError(
                f"{self.molecules} molecules in {self.groups} groups: at least two groups of one molecule are needed. "
                "Follow more molecules."
            )


@dataclass(frozen=True)
class Transmission:
    """Where the molecules that enter through one opening leave.

    Attributes
    ----------
    source
        The opening that they enter, uniformly and with a cosine distribution.
    source_area_m2
        Its area.
    targets
        The other openings.
    probability
        shape (num_targets,), [-].
    standard_error
        shape (num_targets,), [-], of `probability`, from ray statistics.
    returned
        Share that leaves where it entered, [-].
    wall_hits
        Mean number of wall hits of a molecule.
    method
        "paths" or "exchange".
    rays
        Flights that were traced.
    lost_rays
        Of these, flights that rounding lost at an edge.
    seconds
        Wall time.
    """

    source: str
    source_area_m2: float
    targets: tuple[str, ...]
    probability: FloatArray
    standard_error: FloatArray
    returned: float
    wall_hits: float
    method: str
    rays: int
    lost_rays: int
    seconds: float


@dataclass(frozen=True)
class Openings:
    """The openings of an enclosure: names, the first being the source, and each facet's opening (-1: wall)."""

    names: tuple[str, ...]
    number: IntArray  # shape (num_facets,)


@dataclass(frozen=True)
class _Tracer:
    """What every group of molecules needs."""

    enclosure: Enclosure
    scene: RayScene
    openings: Openings
    points: AnyArray
    geometry: tuple[FloatArray, FloatArray, FloatArray]
    box: tuple[FloatArray, float]


@dataclass(frozen=True)
class _Group:
    """What one group of molecules found: share taken by each opening, wall hits of a molecule, flights, lost ones."""

    taken: FloatArray
    wall_hits: float
    rays: int
    lost: int


def find_openings(enclosure: Enclosure, source: str, targets: Sequence[str] = ()) -> Openings:
    """Return which facets are openings.

    Parameters
    ----------
    source
        The surface that molecules enter.
    targets
        Surfaces that they may leave through; by default every other one whose name starts with `opening`.

    Raises
    ------
    UnknownSurfaceError
        A name is not a surface of the model.
    EnclosureError
        There is no opening to leave through, or it is the one of entry.
    """
    known = enclosure.surface_names
    chosen = list(dict.fromkeys(targets)) or [n for n in known if n.startswith(OPENING_PREFIX) and n != source]
    for name in (source, *chosen):
        if name not in known:
            raise UnknownSurfaceError(f"opening '{name}': the model has no such surface.{suggest(name, known)}")
    if source in chosen:
        raise EnclosureError(f"opening '{source}' is both the way in and the way out. Name another one with --to.")
    if not chosen:
        raise EnclosureError(
            f"there is no opening to leave through: besides '{source}' no surface's name starts with "
            f"'{OPENING_PREFIX}'. Name one with --to.{suggest(OPENING_PREFIX, set(known) - {source})}"
        )
    by_surface = np.full(len(known), -1)
    for number, name in enumerate((source, *chosen)):
        by_surface[known.index(name)] = number
    number_of_facet = by_surface[enclosure.surface]
    for number, name in enumerate((source, *chosen)):
        if not (number_of_facet == number).any():
            raise EnclosureError(f"opening '{name}' has no facets that face free space. Check the mesh.")
    return Openings((source, *chosen), number_of_facet)


def trace_transmission(
    enclosure: Enclosure,
    source: str,
    *,
    targets: Sequence[str] = (),
    settings: FlowSettings | None = None,
    progress: Progress | None = None,
) -> Transmission:
    """Follow molecules from one opening until they leave through any; the reference method.

    Parameters
    ----------
    enclosure
        Closed by its openings; normals point into the gas.
    source, targets
        As for `find_openings`.
    progress
        Called with (groups done, groups in all).

    Raises
    ------
    UnknownSurfaceError, EnclosureError
        As `find_openings`; or flights leave the model, or hit a facet from behind.
    ConvergenceError
        A molecule is still inside after `MAX_WAVES` flights.

    Notes
    -----
    All molecules of a group fly together. Before every flight they are sorted along a space-filling curve and take
    the points of one randomly shifted Sobol sequence in that order, so that neighbours leave in directions that
    complement each other (array-RQMC: L'Ecuyer, Lecot, Tuffin, Operations Research 56 (2008) 958). Each molecule alone
    is random, so the mean is unbiased; groups are independent, so their spread gives the standard error. An opening
    that nothing reached has the error of one molecule.
    """
    settings = settings or FlowSettings()
    check_enclosure(enclosure)
    openings = find_openings(enclosure, source, targets)
    start = time.perf_counter()
    tracer = _make_tracer(enclosure, openings, settings)
    size = settings.molecules // settings.groups
    groups: list[_Group] = []
    with ThreadPoolExecutor(cores()) as pool:
        seeds = [settings.seed + ((k + 1) << 32) for k in range(settings.groups)]
        for group in pool.map(lambda seed: _follow(tracer, size, seed), seeds):
            groups.append(group)
            if progress:
                progress(len(groups), settings.groups)
    taken = np.array([group.taken for group in groups])
    error = taken.std(axis=0, ddof=1) / np.sqrt(len(groups))
    rays = sum(group.rays for group in groups)
    _LOG.info("molecular flow: %d molecules, %d flights", size * len(groups), rays)
    return Transmission(
        source=source,
        source_area_m2=float(enclosure.area_m2[openings.number == 0].sum()),
        targets=openings.names[1:],
        probability=taken.mean(axis=0)[1:],
        standard_error=np.maximum(error, 1.0 / (size * len(groups)))[1:],
        returned=float(taken.mean(axis=0)[0]),
        wall_hits=float(np.mean([group.wall_hits for group in groups])),
        method="paths",
        rays=rays,
        lost_rays=sum(group.lost for group in groups),
        seconds=time.perf_counter() - start,
    )


def _make_tracer(enclosure: Enclosure, openings: Openings, settings: FlowSettings) -> _Tracer:
    """Return the shared state of all groups, with the model moved to the origin, where float32 is finest."""
    corners = enclosure.vertices_m.reshape(-1, 3)
    low, high = corners.min(axis=0), corners.max(axis=0)
    centred = replace(enclosure, vertices_m=enclosure.vertices_m - 0.5 * (low + high))
    geometry = centred.vertices_m, centred.normal, origin_lift(centred)
    points = sobol_points(settings.molecules // settings.groups + enclosure.num_facets)
    box = (-0.5 * (high - low), float((high - low).max()))
    return _Tracer(centred, RayScene(centred), openings, points, geometry, box)


def _follow(tracer: _Tracer, size: int, seed: int) -> _Group:
    """Follow one group until every molecule has left (runs in a worker thread; the heavy parts release the GIL)."""
    facet, origin, weight = _enter(tracer, size, seed)
    taken = np.zeros(len(tracer.openings.names))
    wall_hits, rays, lost_rays = 0.0, 0, 0
    for wave in range(MAX_WAVES):
        order = np.argsort(curve_places(origin, *tracer.box))
        facet, weight, origins = facet[order], weight[order], origin[order].astype(np.float32)
        directions = send_on(facet, tracer.points, seed, wave, tracer.enclosure.normal)
        hits = tracer.scene.trace(origins, directions)
        lost = (hits.facet < 0) | hits.from_behind
        rays, lost_rays = rays + len(facet), lost_rays + int(lost.sum())
        if lost_rays > 3 + MAX_LOST_FRACTION * rays:
            _raise_lost(tracer.enclosure, facet[lost], hits.facet[lost])
        flight = facet, origins, directions, weight
        reached = hits.facet, hits.distance_m, lost
        facet, origin, weight, gone, on_walls = land(flight, reached, tracer.openings.number, tracer.geometry)
        taken += gone
        wall_hits += on_walls
        if len(facet) == 0:
            return _Group(taken, wall_hits, rays, lost_rays)
    raise ConvergenceError(
        f"{len(facet)} of {size} molecules are still inside after {MAX_WAVES} flights: the openings are too small "
        "to follow molecules. Use the exchange method."
    )


def _enter(tracer: _Tracer, size: int, seed: int) -> tuple[IntArray, AnyArray, FloatArray]:
    """Return facet, origin and weight of the molecules that enter, uniform over the opening; the weights sum to 1."""
    facets = np.flatnonzero(tracer.openings.number == 0)
    area = tracer.enclosure.area_m2[facets]
    share = area / area.sum()
    counts = np.ceil(size * share).astype(np.int64)
    points = np.ascontiguousarray(tracer.points[: counts.max()].T)
    origins, _ = sample_facets(facets, counts, points, seed, tracer.geometry)
    return np.repeat(facets, counts), origins, np.repeat(share / counts, counts)


def _raise_lost(enclosure: Enclosure, left: AnyArray, reached: AnyArray) -> None:
    """Say where molecules are lost and what to do."""
    name = enclosure.name_of(int(left[0]))
    if reached[0] < 0:
        raise EnclosureError(
            f"surface '{name}': molecules that leave it fly out of the model, so the model is open. Close it; every "
            "opening must be a surface of triangles."
        )
    raise EnclosureError(
        f"surface '{name}': molecules that leave it hit '{enclosure.name_of(int(reached[0]))}' from behind. Normals "
        "must point into the gas; bodies must not overlap."
    )


__all__ = [
    "FlowSettings",
    "Openings",
    "Transmission",
    "find_openings",
    "trace_transmission",
]
