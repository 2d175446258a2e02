"""A wavefront of paths that moves together until all light has ended.

The ray caster finds what each path hits, a compiled kernel lets it be absorbed, reflected or passed on, finished paths
drop out, and probes towards small openings join.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.errors import ConvergenceError
from bbrmodel.radiation.enclosure import Enclosure, check_enclosure
from bbrmodel.radiation.paths.kernels import DARK, interact, leave
from bbrmodel.radiation.paths.mouths import find_openings
from bbrmodel.radiation.paths.openings import OLD, merge_probes, passing_again, send_probes, settle_probes, turn_back
from bbrmodel.radiation.paths.optics import PathOptics, check_optics
from bbrmodel.radiation.paths.panes import with_walls
from bbrmodel.radiation.paths.smooth import corner_normals
from bbrmodel.radiation.scene import RayScene, origin_lift
from bbrmodel.typing import AnyArray, FloatArray

MAX_STEPS = 1_000_000
MAX_ENTRIES = 1 << 21  # of a book that are kept before they are summed, 16 bytes each
# Light that a mirror-like metal emits at grazing angles is next to nothing and never ends: it is given up as lost.
PATIENCE = 1000  # reflections between looks at what is left
NOTHING = 1e-6  # of all light of a chunk
NO_POINTS = np.empty((0, 4), dtype=np.uint32)
ROOM_FOR_PROBES = 6  # places in a chunk for each of its paths; without room a path goes on without probes


@dataclass(frozen=True)
class Ends:
    """Where the paths of a chunk ended, by row: facets (num_rows, num_facets), sky and lost (num_rows,).

    `seconds` holds processor time in the ray caster and in all.
    """

    kept: Any  # a sparse matrix: few facets get light of a row
    sky: FloatArray
    lost: FloatArray
    lost_rays: int
    rays: int
    seconds: tuple[float, float]


@dataclass(frozen=True)
class Follow:
    """How paths are followed.

    Attributes
    ----------
    rows
        Number of rows that ends are booked in.
    weight_floor, probe_chance
        See `PathSettings`.
    points, shifts
        Low-discrepancy points of the first diffuse reflection (none: random ones) and their shift in every row.
    from_point
        Paths start at a point, whence probes go out too.
    """

    rows: int
    weight_floor: float
    probe_chance: float
    points: AnyArray
    shifts: AnyArray
    from_point: bool = False


@dataclass(frozen=True)
class Tracer:
    """What every chunk of paths needs; made once for an enclosure and its optics in one band.

    `tables` holds rows of facets, n and k and hemispherical absorptivity, passage and pane, and corner normals; facets
    beyond those of the enclosure are walls of panes, which keep no light. `openings` are the discs that probes go to.
    """

    enclosure: Enclosure
    optics: PathOptics
    scene: RayScene
    tables: tuple[AnyArray, AnyArray, AnyArray, AnyArray]
    openings: FloatArray

    def new_state(self, count: int) -> tuple[AnyArray, ...]:
        """Return room for paths and probes.

        Arrays: origins, directions, weights, keys, numbers, rows, facet of entry into a pane, fate.
        """
        count *= 1 + (ROOM_FOR_PROBES if len(self.openings) else 0)
        return (
            np.empty((count, 3), dtype=np.float32),
            np.empty((count, 3), dtype=np.float32),
            np.empty(count),
            np.empty(count, dtype=np.uint64),
            np.empty(count, dtype=np.int32),
            np.empty(count, dtype=np.int32),
            np.empty(count, dtype=np.int32),
            np.empty(count, dtype=np.int8),
        )

    def follow(self, count: int, state: tuple[AnyArray, ...], how: Follow) -> Ends:
        """Follow the first `count` paths of `state` to their ends.

        Raises
        ------
        ConvergenceError
            Paths go on for ever.
        """
        book = _Book(how.rows, self.enclosure.num_facets, len(state[0]))
        control = np.array([how.weight_floor, float(self.enclosure.has_environment), 0.0, 0.0])
        tally = (book.entries, book.sky, book.lost, control)
        front = _Front(self, state, how)
        begin = time.thread_time()
        alive = front.branch(count, np.full(count, -1, dtype=np.int32), 0) if how.from_point else front.keep(count)
        for step in range(MAX_STEPS):
            hits = front.trace(alive, step)
            alive = interact(alive, state, hits, step, self.tables, tally)
            book.turn_page(control)
            if alive == 0:
                seconds = (front.tracing, time.thread_time() - begin)
                return Ends(book.kept(), book.sky, book.lost, int(control[2]), front.rays, seconds)
            leave(alive, state, hits, (step, how.points if step == 0 else NO_POINTS, how.shifts), self.tables)
            alive = front.branch(alive, hits[0], step + 1)
            if step % PATIENCE == PATIENCE - 1 and state[2][:alive].sum() < NOTHING * count:
                book.lose(alive, state)
                seconds = (front.tracing, time.thread_time() - begin)
                return Ends(book.kept(), book.sky, book.lost, int(control[2]), front.rays, seconds)
        raise ConvergenceError(
            f"{alive} paths go on after {MAX_STEPS} reflections. Give some surface an absorptivity above 1e-5."
        )


class _Book:
    """Where light was absorbed, in the order in which that happened; summed at the end or when it fills."""

    def __init__(self, rows: int, num_facets: int, paths: int) -> None:
        self.sky, self.lost = np.zeros(rows), np.zeros(rows)
        self.entries = (np.empty(paths, dtype=np.int32), np.empty(paths, dtype=np.int32), np.empty(paths))
        self._pages: list[tuple[AnyArray, AnyArray, AnyArray]] = []
        self._written, self._shape = 0, (rows, num_facets)
        self._sum: Any = csr_matrix(self._shape)

    def turn_page(self, control: AnyArray) -> None:
        """Keep what was written since the last page."""
        number = int(control[3])
        control[3] = 0.0
        row, facet, weight = (column[:number].copy() for column in self.entries)
        self._pages.append((row, facet, weight))
        self._written += number
        if self._written > MAX_ENTRIES:
            self._add_up()

    def lose(self, count: int, state: tuple[AnyArray, ...]) -> None:
        """Give up the paths that are left."""
        np.add.at(self.lost, state[5][:count], state[2][:count])

    def kept(self) -> Any:
        """Return the sums."""
        if self._pages:
            self._add_up()
        return self._sum

    def _add_up(self) -> None:
        row, facet, weight = (np.concatenate(column) for column in zip(*self._pages, strict=True))
        self._sum += csr_matrix((weight, (row, facet)), shape=self._shape)
        self._pages, self._written = [], 0


class _Front:
    """The part of a wavefront that deals with the ray caster and with probes."""

    def __init__(self, tracer: Tracer, state: tuple[AnyArray, ...], how: Follow) -> None:
        self.rays, self.tracing = 0, 0.0
        self._tracer, self._state, self._how = tracer, state, how
        self._discs, self._tables = tracer.openings, (*tracer.tables, tracer.openings)
        self._probing = len(self._discs) > 0 and how.probe_chance > 0.0
        room = len(state[0]) if self._probing else 0
        self._paths = 0
        self._desk = (
            np.empty(room, dtype=np.int32),
            np.zeros(room, dtype=np.int64),
            np.empty(room),
            np.empty(room, dtype=np.int64),
            np.empty(room),
        )

    def keep(self, count: int) -> int:
        """Let paths start without probes."""
        self._paths = count
        self._desk[1][:count] = 0
        return count

    def branch(self, count: int, facet: AnyArray, step: int) -> int:
        """Send probes from where paths were scattered; return the number of paths and probes."""
        self._paths = count
        if not self._probing:
            return count
        if step % OLD == 0 and step > 0:
            merge_probes(count, self._state, 0.5 * self._how.weight_floor, step)
        # All light leaves the source at once: nothing is dearer than a probe there.
        chance = 1.0 if step == 0 else self._how.probe_chance
        chance = min(chance, 0.5 * (len(self._state[0]) - count) / count) / len(self._discs)
        random = (step, chance, self._how.points if step == 0 else NO_POINTS, self._how.shifts)
        return int(send_probes(count, self._state, facet, self._desk, random, self._tables))

    def trace(self, count: int, step: int) -> tuple[AnyArray, AnyArray, AnyArray]:
        """Return facet and place of what paths hit, probes settled."""
        found = self._cast(self._state[0][:count], self._state[1][:count])
        hits = (found["primID"], found["u"], found["v"])
        if not self._probing:
            return hits
        distance, mask = found["tfar"], self._desk[1]
        numbers = (self._paths, count)
        back = settle_probes(numbers, self._state, (hits[0], distance), self._desk, self._discs)
        turn = 0
        while len(back):
            turn_back(back, self._state, self._desk[0], (step, turn), self._tables)
            anew = self._cast(self._state[0][back], self._state[1][back])
            for old, name in ((hits[0], "primID"), (hits[1], "u"), (hits[2], "v")):
                old[back] = anew[name]
            back = passing_again(back, self._state, (anew["primID"], anew["tfar"]), mask, self._discs)
            turn += 1
        return hits

    def _cast(self, origins: AnyArray, directions: AnyArray) -> dict[str, AnyArray]:
        """Return first hits with the place on the facet, which `RayScene.trace` leaves out."""
        start = time.thread_time()
        found: dict[str, AnyArray] = self._tracer.scene.intersect(origins, directions)
        self.tracing += time.thread_time() - start
        self.rays += len(origins)
        return found


def make_tracer(enclosure: Enclosure, optics: PathOptics, source_m: tuple[float, float, float] | None = None) -> Tracer:
    """Return the shared state of all chunks; `source_m` is the point that paths start from, if they do.

    Raises
    ------
    ConfigError, EnclosureError
        The optics or the facets cannot be meant.
    """
    check_enclosure(enclosure)
    check_optics(enclosure, optics)
    facets, pane = with_walls(enclosure, optics.panes if optics.has_panes else None)
    walls = (0, facets.num_facets - enclosure.num_facets)
    corner = facets.vertices_m
    absorptivity = np.where(optics.n > 0.0, -1.0, optics.absorptivity)  # -1: ask Fresnel
    seen = (np.pad(values, walls) for values in (absorptivity, optics.specularity, optics.transmittance))
    rows = np.column_stack(
        [
            corner[:, 0],
            corner[:, 1] - corner[:, 0],
            corner[:, 2] - corner[:, 0],
            facets.normal,
            origin_lift(facets),
            *seen,
        ]
    ).astype(np.float32)
    passage = np.where(facets.radiates, np.pad(optics.passage, walls), DARK)
    kinds = np.column_stack([passage, pane]).astype(np.int32)
    bent = corner_normals(enclosure) if optics.specularity.any() else np.zeros((0, 3, 3), dtype=np.float32)
    metals = np.column_stack([optics.n, optics.k, np.where(optics.n > 0.0, optics.hemispherical, 0.0)])
    scene = RayScene(enclosure)
    openings = find_openings(enclosure, scene, source_m)
    tables = (rows, np.pad(metals, (walls, (0, 0))), kinds, bent)
    return Tracer(enclosure, optics, RayScene(facets) if walls[1] else scene, tables, openings)


__all__ = ["MAX_STEPS", "NO_POINTS", "ROOM_FOR_PROBES", "Ends", "Follow", "Tracer", "make_tracer"]
