# mypy: disallow-untyped-decorators=False
"""What the statistics of exchange areas do to a result, and to sums of view factors.

Every facet and every portal sends its rays in several replicas: low-discrepancy sets of its own, randomly shifted, each
an unbiased estimate by itself. Replicas of one source are independent of each other and of all other sources, so the
variance of any sum of lines is the sum of the sources' variances, each from the scatter among its replicas. No line is
taken as independent of the others of its set, so the gain of low-discrepancy rays shows in the errors.
"""

from collections.abc import Sequence

import numba
import numpy as np

from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.radiation.lines import Lines, ask_each, in_lanes, line_weight, sum_over
from bbrmodel.radiation.sampling import mix_bits
from bbrmodel.typing import AnyArray, FloatArray, IntArray

# Outcomes of the multiplier bootstrap, at most the bits of one hash; fewer where many surfaces would fill the memory.
_SIGNS, _FEW_SIGNS, _MANY_SURFACES = 64, 16, 100


def exchange_variance(states: Sequence[tuple[LightState, FloatArray]]) -> float:
    """Return the variance of a receiver's irradiance [W2/m4] from the statistics of all exchange areas.

    Parameters
    ----------
    states
        Each class of light with the receiver's adjoint state y in it, shape (num_facets,), [1/m2].

    Notes
    -----
    An error of S_ij acts as y_i (J_j - H_i kept_j) + y_j (J_i - H_j kept_i): closure ties each row's errors together,
    so that only departures from the row's mean count. Classes of light that share their lines are added first.
    """
    variance = 0.0
    for areas in {id(light.solver.areas): light.solver.areas for light, _ in states}.values():
        left, right, outward = [], [], np.zeros(areas.num_facets)
        for light, y in states:
            if light.solver.areas is areas:
                left += [y, -y * light.irradiance]
                right += [light.radiosity, areas.kept]
                outward += y * (light.environment - light.irradiance)
        variance += variance_of_sum(areas, left, right, outward=outward)
    return variance


def variance_of_sum(
    areas: ExchangeAreas, left: Sequence[FloatArray], right: Sequence[FloatArray], *, outward: FloatArray
) -> float:
    """Return the variance of sum_t left_t . S right_t + outward . escape.

    Parameters
    ----------
    left, right
        Vectors of shape (num_facets,), in pairs.
    outward
        shape (num_facets,), factor of the exchange area with the environment.
    """
    variance = float(sum_over(areas.lines, _independent_here, *_rows(areas, left, right)))
    if areas.escapes is None:
        variance += float(areas.escape_variance @ outward**2)
    return variance + float(variance_by_source(areas, left, right, outward=outward).sum())


def variance_by_source(
    areas: ExchangeAreas, left: Sequence[FloatArray], right: Sequence[FloatArray], *, outward: FloatArray
) -> FloatArray:
    """Return what each source of rays adds to `variance_of_sum`, facets first, then portals: shape (num_sources,)."""
    sources, number = _sources(areas)
    table: FloatArray = sum_over(areas.lines, _tables_here, *_rows(areas, left, right), (sources, number))
    if areas.escapes is not None:
        found = areas.escapes
        _add_to(table, found.unit, found.replica, found.weight * (areas.scale * outward)[found.facet])
    spread = table - table.mean(axis=1)[:, None]
    variance: FloatArray = (spread**2).sum(axis=1) * (number / max(number - 1, 1))
    return variance


def _independent_here(blocks: Sequence[Lines], left: AnyArray, right: AnyArray) -> FloatArray:
    """Return the variance of independent lines, as an array of one number."""
    total = 0.0
    for block in blocks:
        if block.unit is None and block.variance is not None:
            total += float(_independent_variance(*block.arrays, block.variance, left, right))
    return np.array(total)


def _tables_here(blocks: Sequence[Lines], left: AnyArray, right: AnyArray, shape: tuple[int, int]) -> FloatArray:
    """Return the sum of each source's lines in each replica, shape (num_sources, num_replicas)."""
    table = np.zeros(shape)
    for block in blocks:
        if block.unit is not None and block.replica is not None:
            _add_to(table, block.unit, block.replica, _row_values(*block.arrays, left, right))
    return table


def _add_to(table: FloatArray, unit: IntArray, replica: IntArray, value: FloatArray) -> None:
    """Add values to the entries of their units and replicas."""
    number = table.shape[1]
    table += np.bincount(unit * number + replica, weights=value, minlength=table.size).reshape(table.shape)


def _sources(areas: ExchangeAreas) -> tuple[int, int]:
    """Return the numbers of sources of rays and of replicas."""
    known = ask_each(areas.lines, _sources_here)
    if areas.escapes is not None and len(areas.escapes.unit):
        known.append((int(areas.escapes.unit.max()), int(areas.escapes.replica.max())))
    return 1 + max(unit for unit, _ in known), 1 + max(0, *(replica for _, replica in known), 0)


def number_of_replicas(areas: ExchangeAreas) -> int:
    """Return the number of replicas of each source of rays."""
    return _sources(areas)[1]


def _sources_here(blocks: Sequence[Lines]) -> tuple[int, int]:
    """Return the largest unit and replica of the lines of one process, -1 without any."""
    units = [int(block.unit.max()) for block in blocks if block.unit is not None and len(block.unit)]
    replicas = [int(block.replica.max()) for block in blocks if block.replica is not None and len(block.replica)]
    return max(units, default=-1), max(replicas, default=-1)


def _rows(areas: ExchangeAreas, left: Sequence[FloatArray], right: Sequence[FloatArray]) -> tuple[AnyArray, AnyArray]:
    """Return both sets of vectors with the closure's scale, shape (num_facets, num_pairs)."""
    return np.ascontiguousarray((np.array(left) * areas.scale).T), np.ascontiguousarray(
        (np.array(right) * areas.scale).T
    )


def group_errors(areas: ExchangeAreas, surface: IntArray, number: int) -> FloatArray:
    """Return standard errors of the exchange areas between surfaces [m2], shape (number, number).

    Notes
    -----
    Closure ties the errors of a row together: where a surface sees only one other, its view factor is 1 without any
    error. So errors are those after closure, taken between surfaces: random signs on the deviations of every source's
    replicas give 64 possible outcomes (multiplier bootstrap), each is closed to first order, and their scatter is the
    error, known to 9 %.
    """
    exchange = areas.block_sums(surface, number)
    independent, spread = sum_over(areas.lines, _spread_here, areas.scale, surface.astype(np.int32), number)
    if independent:
        alone: FloatArray = np.sqrt(spread + spread.T)
        return alone
    outcomes = _outcomes(areas, surface, number)
    area = np.bincount(surface, weights=areas.kept * areas.area_m2, minlength=number).astype(np.float64)
    closed = np.array([_closed_change(exchange, change, area) for change in outcomes])
    error: FloatArray = np.sqrt((closed**2).mean(axis=0))
    return error


def _closed_change(exchange: FloatArray, change: FloatArray, area: FloatArray) -> FloatArray:
    """Return a change of exchange areas, last column the environment, after rows are scaled back to their sums.

    With D = 1 + diag(d): (diag(row sums) + S) d = - change of the row sums.
    """
    number = len(exchange)
    missing = change.sum(axis=1)
    here = np.flatnonzero(area > 0.0)
    matrix = exchange[np.ix_(here, here)] + np.diag(area[here])
    shift = np.zeros(number)
    shift[here] = np.linalg.lstsq(matrix, -missing[here], rcond=1e-12)[0]
    inner = change[:, :number]
    return inner + exchange * (shift[:, None] + shift)


def _spread_here(
    blocks: Sequence[Lines], scale: FloatArray, label: AnyArray, number: int
) -> tuple[IntArray, FloatArray]:
    """Return how many blocks of independent lines there are, and the variances of their sums by label."""
    independent = [block for block in blocks if block.unit is None]
    spread = np.zeros((number, number))
    for block in independent:
        _add_variances(*block.arrays, block.variance, scale, label, spread)
    return np.array(len(independent)), spread


def _outcomes(areas: ExchangeAreas, surface: IntArray, number: int) -> FloatArray:
    """Return possible deviations of the exchange between surfaces and, last, the sky: (signs, number, number + 1)."""
    label, replicas = surface.astype(np.int32), _sources(areas)[1]
    signs = _SIGNS if number <= _MANY_SURFACES else _FEW_SIGNS
    one_sided = sum_over(areas.lines, _outcomes_here, (areas.scale, label), replicas, (number, number, signs))
    total = np.zeros((signs, number, number + 1))
    total[:, :, :number] = np.moveaxis(one_sided + np.swapaxes(one_sided, 0, 1), 2, 0)
    if areas.escapes is not None:
        found = areas.escapes
        weight = found.weight * areas.scale[found.facet]
        sky = np.zeros((number, signs))
        add_escapes(found.unit, found.replica, label[found.facet], weight, replicas, sky)
        total[:, :, number] = sky.T
    return total


def _outcomes_here(
    blocks: Sequence[Lines], facets: tuple[FloatArray, AnyArray], replicas: int, shape: tuple[int, int, int]
) -> FloatArray:
    """Return what the lines of one process add to the outcomes; `facets` holds the scale and the label of each."""
    scale, label = facets

    def work(block: Lines, out: AnyArray) -> None:
        _add_outcomes(*block.arrays, scale, label, block.unit, block.replica, replicas, out)

    own = [block for block in blocks if block.unit is not None]
    total: FloatArray = sum(in_lanes(own, work, lambda: np.zeros(shape)), np.zeros(shape))
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _row_values(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    left: AnyArray,
    right: AnyArray,
) -> AnyArray:  # pragma: no cover - compiled
    """Return sum over a row's lines of weight (left_i . right_j + left_j . right_i), shape (num_rows,)."""
    values = np.zeros(len(facet))
    for k in range(len(facet)):
        i = facet[k]
        for e in range(start[k], start[k + 1]):
            j = column[e]
            influence = 0.0
            for t in range(left.shape[1]):
                influence += left[i, t] * right[j, t] + left[j, t] * right[i, t]
            values[k] += influence * line_weight(strength[e], density, i, j)
    return values


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _independent_variance(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    variance: AnyArray,
    left: AnyArray,
    right: AnyArray,
) -> float:  # pragma: no cover - compiled
    """Return sum of variance x influence^2 over independent lines; what a facet sends itself does no harm."""
    total = 0.0
    for k in range(len(facet)):
        i = facet[k]
        for e in range(start[k], start[k + 1]):
            j = column[e]
            influence = 0.0
            if i != j:
                for t in range(left.shape[1]):
                    influence += left[i, t] * right[j, t] + left[j, t] * right[i, t]
            total += influence * influence * variance[e]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add_variances(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    variance: AnyArray,
    scale: AnyArray,
    label: AnyArray,
    out: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Add the variances of independent lines by labels; those between two facets of one label act twice."""
    for k in range(len(facet)):
        i = facet[k]
        for e in range(start[k], start[k + 1]):
            j = column[e]
            share = 1.0 if label[i] != label[j] else 2.0
            out[label[i], label[j]] += share * variance[e] * (scale[i] * scale[j]) ** 2


@numba.njit(cache=True, nogil=True, error_model="numpy")
def draw_signs(unit: int, replica: int, number: int, sign: AnyArray) -> None:  # pragma: no cover - compiled
    """Write random signs of a replica, less their means over all replicas, with the factor that makes them unbiased."""
    sign[:] = 0.0
    if number < 2:
        return
    factor = np.sqrt(number / (number - 1.0))
    for r in range(number):
        word = mix_bits(np.uint64(unit) * np.uint64(number) + np.uint64(r))
        share = factor * ((1.0 if r == replica else 0.0) - 1.0 / number)
        for b in range(len(sign)):
            sign[b] += share if (word >> np.uint64(b)) & np.uint64(1) else -share


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add_outcomes(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    scale: AnyArray,
    label: AnyArray,
    unit: AnyArray,
    replica: AnyArray,
    number: int,
    out: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Add each row's sums by label, with random signs, to `out` (labels, labels, signs)."""
    sums = np.zeros(out.shape[1])
    sign = np.empty(out.shape[2])
    for k in range(len(facet)):
        i = facet[k]
        sums[:] = 0.0
        for e in range(start[k], start[k + 1]):
            j = column[e]
            sums[label[j]] += scale[i] * scale[j] * line_weight(strength[e], density, i, j)
        draw_signs(unit[k], replica[k], number, sign)
        for q in range(len(sums)):
            if sums[q] != 0.0:
                for b in range(len(sign)):
                    out[label[i], q, b] += sums[q] * sign[b]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_escapes(
    unit: AnyArray, replica: AnyArray, label: AnyArray, weight: AnyArray, number: int, out: AnyArray
) -> None:  # pragma: no cover - compiled
    """Add weights with random signs to `out` (labels, signs); a facet may be its own label."""
    sign = np.empty(out.shape[1])
    for k in range(len(unit)):
        draw_signs(unit[k], replica[k], number, sign)
        for b in range(out.shape[1]):
            out[label[k], b] += weight[k] * sign[b]


__all__ = [
    "add_escapes",
    "draw_signs",
    "exchange_variance",
    "group_errors",
    "number_of_replicas",
    "variance_by_source",
    "variance_of_sum",
]
