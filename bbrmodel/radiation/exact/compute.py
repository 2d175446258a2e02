"""View factors of a whole enclosure without rays, each entry with an error bound."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.errors import EnclosureError
from bbrmodel.parallel import cores
from bbrmodel.radiation.enclosure import Enclosure, check_enclosure
from bbrmodel.radiation.exact.clipping import MAX_CORNERS
from bbrmodel.radiation.exact.cubature import POINTS_PER_TRIANGLE
from bbrmodel.radiation.exact.occluders import Occluders, find_occluders
from bbrmodel.radiation.exact.rows import MIN_OCCLUDER_AREA, cut_pair, exchange_polygons, exchange_rows
from bbrmodel.radiation.exact.shaft import MAX_SHAFT_PLANES
from bbrmodel.radiation.exact.split import exchange_in_parts
from bbrmodel.radiation.exchange_areas import ExchangeAreas, close, from_upper
from bbrmodel.radiation.losses import probe
from bbrmodel.radiation.view_factors import ViewFactors
from bbrmodel.solution import RadiationReport
from bbrmodel.typing import AnyArray, FloatArray, IntArray, Progress

_LOG = logging.getLogger(__name__)
_PLANE_TOLERANCE = 1e-12  # of the model's size: smaller heights are rounding
_ROWS_PER_TASK = 8
_FIRST_PIECES, _MOST_PIECES = 128, 1024
_SMALLEST_VARIANCE = 1e-36  # m4; float32 holds no less, and a stored zero would lose its entry
# A closed enclosure misses less than this part of its exchange area; more means a hole or a flipped facet.
MAX_MISSING_FRACTION = 1e-3
# Of a single facet's light: one that faces the wrong way misses all of it, however many there are.
MAX_FACET_DEVIATION = 0.02


@dataclass(frozen=True)
class ExactSettings:
    """How exact partly hidden entries must be; all others are exact to about 1e-11 of themselves.

    Attributes
    ----------
    relative_tolerance
        of each view factor; the larger of both tolerances counts.
    absolute_tolerance
        on each view factor, in both directions.
    max_points_per_pair
        Points on the emitter after which the error is reported as it is.
    max_facets
        Radiating facets that are accepted; work and memory grow with their square.
    """

    relative_tolerance: float = 1e-4
    absolute_tolerance: float = 1e-6
    max_points_per_pair: int = 50_000
    max_facets: int = 6000


def compute_exact_view_factors(
    enclosure: Enclosure, settings: ExactSettings | None = None, *, progress: Progress | None = None
) -> ViewFactors:
    """Return symmetric, closed exchange areas of all facets without rays.

    Parameters
    ----------
    enclosure
        Facets whose normals point into the enclosure. Every facet blocks light from both sides.
    settings
        Tolerances of partly hidden entries.
    progress
        Called with (facets done, facets in all).

    Returns
    -------
    :
        as `compute_view_factors`; variances are squared error estimates, `report.rays` is 0. `raw_row_sums` are those
        before closure; where there is an environment it takes what the facets leave, so that they are 1.

    Raises
    ------
    EnclosureError
        Light is missing (an open cavity without a declared environment, a flipped facet, a gap in the mesh), there
        are more facets than `max_facets`, or the facets cannot form an enclosure.
    """
    settings = settings or ExactSettings()
    check_enclosure(enclosure)
    facets = np.flatnonzero(enclosure.radiates)
    if len(facets) > settings.max_facets:
        raise EnclosureError(
            f"{len(facets)} radiating facets are too many for exact view factors, at most {settings.max_facets} are "
            "accepted. Use rays, a coarser mesh, or raise max_facets."
        )
    if enclosure.has_environment:
        _report_lost_light(enclosure)
    upper, variance = _compute_upper(enclosure, facets, settings, progress)
    raw = _with_escape(enclosure, upper, variance)
    row_sums = raw.row_sums()
    error = csr_matrix((np.sqrt(variance.astype(np.float64)), upper.indices, upper.indptr), shape=upper.shape)
    _check_missing(enclosure, facets, row_sums, error)
    areas, before, after = close(raw, enclosure.radiates)
    report = RadiationReport(
        facets=len(facets),
        rays=0,
        nonzeros=2 * areas.num_entries,
        escaped_fraction=float(areas.escape.sum() / enclosure.area_m2[facets].sum()),
        lost_rays=0,
        row_sum_deviation_before=before,
        row_sum_deviation_after=after,
        reciprocity_deviation_before=0.0,  # one number stands for both directions
        reciprocity_deviation_after=0.0,
        from_cache=False,
    )
    _LOG.info("exact view factors: %d facets, max |row sum - 1| = %.1e before closure", len(facets), before)
    return ViewFactors(areas, row_sums, report)


@dataclass(frozen=True)
class _Job:
    """What every task needs."""

    facets: IntArray
    geometry: tuple[FloatArray, FloatArray, FloatArray]
    occluders: Occluders
    tolerances: tuple[float, float, float]
    max_triangles: int

    def solve(self, rows: IntArray) -> tuple[AnyArray, AnyArray]:
        """Return exchange areas and errors of some rows, with more work space wherever it was too small."""
        values, errors, _ = exchange_rows(
            rows,
            self.facets,
            self.geometry,
            self._tree,
            self.occluders.part_of_triangle,
            self.tolerances,
            self._space(_FIRST_PIECES),
        )
        if (values < 0.0).any():
            space = self._space(_MOST_PIECES)
            for r, column in zip(*np.nonzero(values < 0.0), strict=True):
                pair = int(rows[r]), int(self.facets[column])
                values[r, column], errors[r, column] = self._solve_hard_pair(*pair, space)
        return values, errors

    def _solve_hard_pair(self, i: int, j: int, space: tuple[Any, Any, Any, Any]) -> tuple[float, float]:
        """Return exchange area and error of two facets, in parts where even much work space is too small."""
        relative, absolute, eps = self.tolerances
        planes, area = self.geometry[1], min(self.geometry[2][i], self.geometry[2][j])
        corners = np.empty((2, MAX_CORNERS, 3))
        own = int(self.occluders.part_of_triangle[i]), int(self.occluders.part_of_triangle[j])
        counts = cut_pair(i, j, self.geometry, eps, corners[0], corners[1])

        def solve(a: FloatArray, b: FloatArray, tolerance: float) -> tuple[float, float]:
            limits = (relative, tolerance, eps, MIN_OCCLUDER_AREA * area)
            value, error, _ = exchange_polygons(
                a, len(a), planes[i], b, len(b), planes[j], self._tree, own, limits, space
            )
            return float(value), float(error)

        a, b = (corners[k, : counts[k]] for k in range(2))
        value, error = solve(a, b, absolute * area)
        if value >= 0.0:
            return value, error
        return exchange_in_parts(solve, a, b, tolerances=(relative, absolute * area))

    @property
    def _tree(self) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray, AnyArray]:
        tree = self.occluders
        return tree.corners, tree.num_corners, tree.planes, tree.boxes, tree.children, tree.order, tree.part

    def _space(self, pieces: int) -> tuple[Any, Any, Any, Any]:
        """Return work space in which a receiver may fall into so many pieces."""
        num = len(self.occluders.corners) + 1
        found = np.empty((num, MAX_CORNERS, 3)), np.empty(num, np.int64), np.empty((num, 4)), np.empty(num, np.int64)
        room = np.empty((self.max_triangles, 3, 3)), np.empty((self.max_triangles, 2, 2))
        corners = 24 * max(1, pieces // _FIRST_PIECES // 4)
        work = (
            np.empty((pieces, corners, 2)),
            np.empty(pieces, dtype=np.int64),
            np.empty((2, corners + 4, 2)),
            np.empty((MAX_CORNERS, 3)),
            np.empty((pieces, 4)),
        )
        shaft = np.empty((MAX_SHAFT_PLANES, 4)), np.empty((2, 3)), np.empty((2, MAX_CORNERS, 3))
        return found, room, work, shaft


def _compute_upper(
    enclosure: Enclosure, facets: IntArray, settings: ExactSettings, progress: Progress | None
) -> tuple[csr_matrix, FloatArray]:
    """Return the upper triangle of the exchange areas and the squared errors of its entries."""
    vertices = np.ascontiguousarray(enclosure.vertices_m, dtype=np.float64)
    offset = np.einsum("ij,ij->i", enclosure.normal, vertices.mean(axis=1))
    planes = np.concatenate([enclosure.normal, offset[:, None]], axis=1)
    size = float(np.ptp(vertices.reshape(-1, 3), axis=0).max())
    job = _Job(
        facets,
        (vertices, planes, enclosure.area_m2),
        find_occluders(vertices),
        (settings.relative_tolerance, settings.absolute_tolerance, _PLANE_TOLERANCE * size),
        max(16, settings.max_points_per_pair // POINTS_PER_TRIANGLE),
    )
    num = enclosure.num_facets
    counts, columns, values, squares = np.zeros(num, dtype=np.int64), [], [], []
    done = 0
    with ThreadPoolExecutor(cores()) as threads:
        for rows, (areas, errors) in zip(_tasks(facets), threads.map(job.solve, _tasks(facets)), strict=True):
            row, column = np.nonzero(areas > 0.0)
            counts[rows] = np.bincount(row, minlength=len(rows))
            columns.append(facets[column])
            values.append(areas[row, column])
            squares.append(np.maximum(errors[row, column] ** 2, _SMALLEST_VARIANCE))
            done += len(rows)
            if progress:
                progress(done, len(facets))
    indptr = np.concatenate([[0], np.cumsum(counts)])
    upper = csr_matrix((np.concatenate(values), np.concatenate(columns), indptr), shape=(num, num))
    return upper, np.concatenate(squares).astype(np.float32)


def _tasks(facets: IntArray) -> Iterator[IntArray]:
    """Yield runs of facets."""
    for start in range(0, len(facets), _ROWS_PER_TASK):
        yield facets[start : start + _ROWS_PER_TASK]


def _with_escape(enclosure: Enclosure, upper: csr_matrix, variance: FloatArray) -> ExchangeAreas:
    """Return exchange areas in which the environment, where there is one, takes what the facets leave."""
    nothing = np.zeros(enclosure.num_facets)
    ones = np.ones(enclosure.num_facets)
    area = enclosure.area_m2
    areas = from_upper(upper, variance, escape=nothing, escape_variance=nothing, area_m2=area)
    if not enclosure.has_environment:
        return areas
    rest = np.where(enclosure.radiates, enclosure.area_m2 * (1.0 - areas.row_sums()), 0.0)
    spread = csr_matrix((variance.astype(np.float64), upper.indices, upper.indptr), shape=upper.shape)
    return replace(areas, escape=np.maximum(rest, 0.0), escape_variance=spread @ ones + spread.T @ ones)


def _report_lost_light(enclosure: Enclosure) -> None:
    """Log a warning where light of an open model ends on the backs of facets, as a few rays tell."""
    try:
        probe(replace(enclosure, portals=()))
    except EnclosureError as error:
        _LOG.warning("%s Without rays, this light counts as leaving the model.", error)


def _check_missing(enclosure: Enclosure, facets: IntArray, row_sums: FloatArray, upper: csr_matrix) -> None:
    """Raise when light is missing that must have gone somewhere; `upper` holds the errors of all pairs [m2]."""
    area = enclosure.area_m2[facets]
    ones = np.ones(enclosure.num_facets)
    deviation = np.abs(row_sums[facets] - 1.0)
    allowed = MAX_FACET_DEVIATION + 2.0 * (upper @ ones + upper.T @ ones)[facets] / area
    missing = (area * deviation).sum() > MAX_MISSING_FRACTION * area.sum() + 2.0 * upper.sum()
    if not missing and (deviation <= allowed).all():
        return
    worst = int(facets[int((area * deviation if missing else deviation).argmax())])
    raise EnclosureError(
        f"surface '{enclosure.name_of(worst)}': the view factors of facet {worst} sum to {row_sums[worst]:.6f}. Light "
        "leaves the model or meets facets from behind. Close the gap, turn the normals into the free space, or "
        "declare radiation.environment_temperature_K."
    )


__all__ = ["ExactSettings", "compute_exact_view_factors"]
