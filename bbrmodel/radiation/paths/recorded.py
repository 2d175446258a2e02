# mypy: disallow-untyped-decorators=False
"""Paths whose way is recorded, so that any absorptivities and temperatures can be put on it afterwards.

Where a wall reflects either diffusely or as a mirror, the way of a path depends on geometry and on the kind of each
wall alone; how much light is left along it depends on absorptivities. One set of paths thus serves any number of
finishes, and their differences have little noise. Whether a wall is a mirror may be drawn anew for each path, so that
one set of paths also shows what each wall's kind does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.paths.kernels import DARK, SCATTER, halves, leave, start_at_facet, start_at_point
from bbrmodel.radiation.paths.optics import diffuse_optics
from bbrmodel.radiation.paths.tracer import MAX_LOST_FRACTION, digital_shift, stream_of
from bbrmodel.radiation.paths.wavefront import NO_POINTS, Tracer, make_tracer
from bbrmodel.radiation.sampling import mix_bits, sobol_points
from bbrmodel.typing import AnyArray, BoolArray, FloatArray, IntArray

MAX_STEPS = 20_000
_MIRROR = 1  # as in `bbrmodel.radiation.paths.kernels`


@dataclass(frozen=True)
class Walls:
    """How walls reflect.

    Attributes
    ----------
    mirror
        shape (num_surfaces,), 0..1: chance that a path finds all of a surface a mirror; else it reflects diffusely.
    least
        shape (num_facets,), smallest absorptivity that will be asked for.
    floor
        Light that may be left where a path is given up, with the smallest absorptivities.
    seed
        Of the random numbers; the same seed gives the same ways.
    """

    mirror: FloatArray
    least: FloatArray
    floor: float
    seed: int = 1


@dataclass(frozen=True)
class Record:
    """Ways of paths.

    Attributes
    ----------
    steps
        One pair of arrays for each reflection: numbers of paths, and the facet that each met; one beyond the last
        facet is the environment.
    rows
        shape (num_paths,), which facet or replica each started from.
    keys
        shape (num_paths,), their names, from which the kinds of walls were drawn.
    lost, rays
        Paths that slipped out between facets, and straight pieces in all.
    """

    steps: tuple[tuple[AnyArray, AnyArray], ...]
    rows: IntArray
    keys: AnyArray
    lost: int
    rays: int


def make_recorder(enclosure: Enclosure) -> Tracer:
    """Return what all recorded paths of an enclosure share.

    Raises
    ------
    EnclosureError
        The facets cannot be meant.
    """
    half = np.full(enclosure.num_facets, 0.5)
    return make_tracer(enclosure, diffuse_optics(half, half))


def record_from_point(
    tracer: Tracer, walls: Walls, place_m: tuple[float, float, float], *, replicas: Sequence[int], paths: int
) -> Record:
    """Return the ways of `paths` paths from a point in each replica, whose number is their row."""
    state = tracer.new_state(paths * len(replicas))
    points, place = sobol_points(paths), np.array(place_m, dtype=np.float64)
    for k, replica in enumerate(replicas):
        stream = -(2 + replica)
        random = (walls.seed, stream, digital_shift(walls.seed, stream))
        start_at_point((0, k * paths, replica), paths, state, points, random, place)
    return _follow(tracer, walls, paths * len(replicas), state)


def record_from_facets(tracer: Tracer, walls: Walls, facets: IntArray, counts: IntArray) -> Record:
    """Return the ways of `counts` paths from each facet as it emits light; its number is their row."""
    state = tracer.new_state(int(counts.sum()))
    points, at = sobol_points(int(counts.max())), 0
    for facet, count in zip(facets.tolist(), counts.tolist(), strict=True):
        stream = stream_of(facet, 0)
        random = (walls.seed, stream, digital_shift(walls.seed, stream))
        start_at_facet((facet, 0, at, facet, 1.0), count, state, points, random, tracer.tables)
        at += count
    return _follow(tracer, walls, at, state)


def _follow(tracer: Tracer, walls: Walls, count: int, state: tuple[AnyArray, ...]) -> Record:
    """Record paths until little is left of each."""
    num = tracer.enclosure.num_facets
    rows, keys = state[5][:count].astype(np.int64), state[3][:count].copy()
    state[2][:count], state[4][:count] = 1.0, np.arange(count)
    mirror = walls.mirror[tracer.enclosure.surface]
    tables = (tracer.tables[0], tracer.tables[2], tracer.enclosure.surface, mirror, walls.least)
    beyond = num if tracer.enclosure.has_environment else -1
    shifts = np.zeros((1, 4), dtype=np.uint32)
    steps, alive, lost, rays = [], count, 0, 0
    for step in range(MAX_STEPS):
        found = tracer.scene.intersect(state[0][:alive], state[1][:alive])
        hits = (found["primID"], found["u"], found["v"])
        rays += alive
        book = (np.empty(alive, dtype=np.int32), np.empty(alive, dtype=np.int32))
        alive, noted, gone = _meet(alive, state, hits, tables, (walls.floor, beyond), book)
        lost += gone
        steps.append((book[0][:noted].copy(), book[1][:noted].copy()))
        if alive == 0:
            break
        leave(alive, state, hits, (step, NO_POINTS, shifts), tracer.tables)
    return Record(tuple(steps), rows, keys, lost, rays)


def check_recorded(records: Sequence[Record]) -> None:
    """Raise `EnclosureError` when more paths slipped out between facets than rounding explains."""
    lost, rays = sum(one.lost for one in records), sum(one.rays for one in records)
    if lost > max(3, MAX_LOST_FRACTION * rays):
        raise EnclosureError(
            f"{lost} of {rays} rays of recorded paths are lost: they leave a closed model, hit a facet from behind or "
            "one that does not radiate. Check the view factors first."
        )


def light_along(record: Record, absorptivity: FloatArray, sent: FloatArray) -> FloatArray:
    """Return what arrives at the start of each path.

    Parameters
    ----------
    absorptivity
        shape (num_facets + 1, num_columns), of each facet in each column; that of the environment, the last, is 1.
    sent
        shape (num_facets + 1, num_kinds, num_columns), what a black facet would send out.

    Returns
    -------
    :
        shape (num_paths, num_kinds, num_columns). What was left where a path was given up counts as nothing: with
        `sent` of 1 it shows how much that was.
    """
    found = np.zeros((len(record.rows), sent.shape[1], sent.shape[2]))
    for ids, facets in reversed(record.steps):
        _add_up(ids, facets, absorptivity, sent, found)
    return found


def light_behind(
    record: Record, absorptivity: FloatArray, sent: FloatArray, *, surface: IntArray, mean: FloatArray
) -> FloatArray:
    """Return what the first reflection on each surface brings to the start of each path, beyond what it would bring.

    Which kind a surface is matters only to the light behind its first reflection; all else is the same for both kinds.

    Parameters
    ----------
    absorptivity
        As for `light_along`.
    sent
        shape (num_facets + 1, num_columns), of one kind.
    surface
        shape (num_facets + 1,), surface of each facet.
    mean
        shape (num_columns,), light that is expected behind a reflection: what differs from it is counted.

    Returns
    -------
    :
        shape (num_paths, num_surfaces, num_columns).
    """
    num, columns = len(record.rows), sent.shape[1]
    left, found = np.ones((num, columns)), np.zeros((num, columns))
    behind = np.zeros((num, int(surface.max()) + 1, columns))
    for ids, facets in record.steps:
        _let_pass(ids, facets, absorptivity, left)
    for ids, facets in reversed(record.steps):
        _look_behind(ids, facets, (absorptivity, sent, surface, mean), (left, found, behind))
    return behind


def kinds_found(record: Record, mirror: FloatArray) -> BoolArray:
    """Return which surfaces each path finds mirrors, shape (num_paths, num_surfaces)."""
    found = np.zeros((len(record.keys), len(mirror)), dtype=np.bool_)
    _list_kinds(record.keys, mirror, found)
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _is_mirror(key: int, surface: int, chance: float) -> bool:  # pragma: no cover - compiled
    """Return whether a path finds a surface a mirror."""
    if chance <= 0.0 or chance >= 1.0:
        return bool(chance >= 1.0)
    draw, _ = halves(mix_bits(np.uint64(key) ^ mix_bits(np.uint64(surface))))
    return bool(draw < chance)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _list_kinds(keys: AnyArray, mirror: AnyArray, found: AnyArray) -> None:  # pragma: no cover - compiled
    for r in range(len(keys)):
        for s in range(len(mirror)):
            found[r, s] = _is_mirror(keys[r], s, mirror[s])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _meet(
    count: int,
    state: tuple[AnyArray, ...],
    hits: tuple[AnyArray, ...],
    tables: tuple[AnyArray, ...],
    limits: tuple[float, int],
    book: tuple[AnyArray, AnyArray],
) -> tuple[int, int, int]:  # pragma: no cover - compiled
    """Note what paths meet; return how many go on, now first in `state`, how many were noted and how many lost."""
    _, directions, weights, keys, names, _, _, what = state
    facet, us, vs = hits
    geometry, kinds, surface, mirror, least = tables
    floor, beyond = limits
    out, noted, lost = 0, 0, 0
    for r in range(count):
        j = facet[r]
        if j < 0 and beyond >= 0:
            book[0][noted], book[1][noted] = names[r], beyond
            noted += 1
            continue
        dx, dy, dz = directions[r, 0], directions[r, 1], directions[r, 2]
        if j < 0 or kinds[j, 0] == DARK or dx * geometry[j, 9] + dy * geometry[j, 10] + dz * geometry[j, 11] >= 0.0:
            lost += 1
            continue
        book[0][noted], book[1][noted] = names[r], j
        noted += 1
        left = weights[r] * (1.0 - least[j])
        if left < floor:
            continue
        weights[out], keys[out], names[out] = left, keys[r], names[r]
        what[out] = _MIRROR if _is_mirror(keys[r], surface[j], mirror[j]) else SCATTER
        directions[out, 0], directions[out, 1], directions[out, 2] = dx, dy, dz
        facet[out], us[out], vs[out] = j, us[r], vs[r]
        out += 1
    return out, noted, lost


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add_up(
    ids: AnyArray, facets: AnyArray, absorptivity: AnyArray, sent: AnyArray, found: AnyArray
) -> None:  # pragma: no cover - compiled
    """Put the light that facets send out before what comes from behind them."""
    for r in range(len(ids)):
        i, j = ids[r], facets[r]
        for q in range(sent.shape[1]):
            for k in range(sent.shape[2]):
                a = absorptivity[j, k]
                found[i, q, k] += a * (sent[j, q, k] - found[i, q, k])


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _let_pass(
    ids: AnyArray, facets: AnyArray, absorptivity: AnyArray, left: AnyArray
) -> None:  # pragma: no cover - compiled
    """Take from paths what facets absorb; what absorbs all ends a path and is left out."""
    for r in range(len(ids)):
        for k in range(left.shape[1]):
            if absorptivity[facets[r], k] < 1.0:
                left[ids[r], k] *= 1.0 - absorptivity[facets[r], k]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _look_behind(
    ids: AnyArray, facets: AnyArray, tables: tuple[AnyArray, ...], state: tuple[AnyArray, ...]
) -> None:  # pragma: no cover - compiled
    """Go one reflection back; the first one on a surface comes last and stays."""
    absorptivity, sent, surface, mean = tables
    left, found, behind = state
    for r in range(len(ids)):
        i, j = ids[r], facets[r]
        for k in range(left.shape[1]):
            a = absorptivity[j, k]
            behind[i, surface[j], k] = left[i, k] * (found[i, k] - mean[k]) if a < 1.0 else 0.0
            if a < 1.0:
                left[i, k] /= 1.0 - a
            found[i, k] += a * (sent[j, k] - found[i, k])


__all__ = [
    "Record",
    "Walls",
    "check_recorded",
    "kinds_found",
    "light_along",
    "light_behind",
    "make_recorder",
    "record_from_facets",
    "record_from_point",
]
