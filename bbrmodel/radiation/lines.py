# mypy: disallow-untyped-decorators=False
"""Lines of sight between facets, as rays found them: stored as hits, summed up without ever forming a matrix.

What a ray finds is a line between two facets; its weight follows from the density of all rays that could have found
it. So a matrix of exchange areas B + B^T is kept as one column number and one count for every distinct hit, 6 bytes,
and 100 million rays of 100 000 facets fit in 0.6 GB. Several processes keep a part of the blocks each; sums over all
lines are then sums over the processes.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numba
import numpy as np

from bbrmodel.parallel import Kept, Task, cores, team
from bbrmodel.typing import AnyArray, FloatArray, IntArray

# Sums run in this many lanes, whatever the number of threads, so that a result does not depend on it.
LANES = 8
_WORTH_A_THREAD = 1 << 16  # entries
_NO_DENSITY = np.zeros(0)
MOST_TO_SUM = 1 << 25  # entries; beyond, pairs that are found twice are too few to be worth the memory


@dataclass(frozen=True)
class Lines:
    """A block of lines, row by row; every row comes from one facet and one source of rays.

    Attributes
    ----------
    facet
        shape (num_rows,), first end of the row's lines.
    start
        shape (num_rows + 1,), entries of row k are start[k] to start[k + 1].
    column
        shape (num_entries,), int32, second end.
    strength
        shape (num_entries,): hits (then `density` gives their weight), or the weights themselves [m2].
    density
        shape (num_facets,), rays per area [1/m2]: a hit between i and j weighs 1 / (density_i + density_j). None where
        `strength` holds weights.
    unit, replica
        shape (num_rows,), number of the independent source of rays (facet, or beyond them portal) and of its
        repetition; None where all entries are independent.
    variance
        shape (num_entries,), [m4], of each entry; None for hits, whose number is their variance.
    """

    facet: IntArray
    start: IntArray
    column: AnyArray
    strength: AnyArray
    density: FloatArray | None = None
    unit: IntArray | None = None
    replica: IntArray | None = None
    variance: AnyArray | None = None

    @property
    def num_entries(self) -> int:
        """Number of stored entries."""
        return len(self.column)

    @property
    def arrays(self) -> tuple[AnyArray, ...]:
        """What the compiled loops read; no densities: all weights are given."""
        density = _NO_DENSITY if self.density is None else self.density
        return self.facet, self.start, self.column, self.strength, density


# Of this process, or spread over all that compute together.
Blocks = tuple[Lines, ...] | Kept


def sum_over(blocks: Blocks, task: Task, *arguments: Any) -> Any:
    """Return the sum over all processes of `task(its blocks, *arguments)`: an array or a tuple of arrays."""
    return team().total(task, blocks, *arguments) if isinstance(blocks, Kept) else task(blocks, *arguments)


def ask_each(blocks: Blocks, task: Task, *arguments: Any) -> list[Any]:
    """Return `task(its blocks, *arguments)` of every process."""
    return team().call(task, blocks, *arguments) if isinstance(blocks, Kept) else [task(blocks, *arguments)]


def spread_out(blocks: Blocks) -> Blocks:
    """Return the blocks spread over all processes, as they are where there is one."""
    ranks = team().size
    if ranks == 1 or isinstance(blocks, Kept):
        return blocks
    return team().keep(tuple, parts=[(blocks[rank::ranks],) for rank in range(ranks)])


def num_entries(blocks: Blocks) -> int:
    """Return the number of stored entries."""
    return sum(ask_each(blocks, _num_entries))


def _num_entries(blocks: Sequence[Lines]) -> int:
    return sum(block.num_entries for block in blocks)


@cache
def threads() -> ThreadPoolExecutor:
    """Return the threads that sums run in."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="lines")


def in_lanes(blocks: Sequence[Lines], work: Callable[[Lines, Any], None], make: Callable[[], Any]) -> list[Any]:
    """Return one result for each lane, after `work(block, result)` for the lane's blocks in order.

    Parameters
    ----------
    make
        Makes the empty result of a lane.
    """

    def run(lane: int) -> Any:
        result = make()
        for block in blocks[lane::LANES]:
            work(block, result)
        return result

    lanes = range(min(LANES, len(blocks)))
    if sum(block.num_entries for block in blocks) < _WORTH_A_THREAD:
        return [run(lane) for lane in lanes]
    return list(threads().map(run, lanes))


def multiply(blocks: Blocks, values: FloatArray) -> FloatArray:
    """Return (B + B^T) @ values for values of shape (num_facets,)."""
    product: FloatArray = sum_over(blocks, _multiply_here, values)
    return product


def _multiply_here(blocks: Sequence[Lines], values: FloatArray) -> FloatArray:
    if not blocks:
        return np.zeros_like(values)
    parts = in_lanes(blocks, lambda block, out: _multiply(*block.arrays, values, out), lambda: np.zeros_like(values))
    total: FloatArray = parts[0]
    for part in parts[1:]:
        total += part
    return total


def diagonal(blocks: Blocks, num_facets: int) -> FloatArray:
    """Return the diagonal of B + B^T, shape (num_facets,)."""
    found: FloatArray = sum_over(blocks, _diagonal_here, num_facets)
    return found


def _diagonal_here(blocks: Sequence[Lines], num_facets: int) -> FloatArray:
    total = np.zeros(num_facets)
    for block in blocks:
        _diagonal(*block.arrays, total)
    return total


def block_sums(blocks: Blocks, label: IntArray, *, number: int, weight: FloatArray) -> FloatArray:
    """Return sum of weight_i (B + B^T)_ij weight_j over i with label p and j with label q, shape (number, number)."""
    total: FloatArray = sum_over(blocks, _block_sums_here, label, number, weight)
    return total + total.T


def _block_sums_here(blocks: Sequence[Lines], label: IntArray, number: int, weight: FloatArray) -> FloatArray:
    total = np.zeros((number, number))
    labels = label.astype(np.int32)
    for part in in_lanes(
        blocks, lambda block, out: _block_sums(*block.arrays, labels, weight, out), lambda: np.zeros((number, number))
    ):
        total += part
    return total


def one_sided_sums(blocks: Sequence[Lines], label: IntArray, *, number: int, weight: FloatArray) -> FloatArray:
    """Return sum of weight_i x strength_ij over i with label p and j with label q, shape (number, number)."""
    total = np.zeros((number, number))
    labels = label.astype(np.int32)
    for part in in_lanes(
        blocks,
        lambda block, out: _one_sided(*block.arrays[:4], labels, weight, out),
        lambda: np.zeros((number, number)),
    ):
        total += part
    return total


def sum_pairs(blocks: Blocks, num_facets: int) -> Blocks | None:
    """Return the same lines with one entry of given weight for each pair of facets; None where they are too many.

    Spread over processes, a pair has an entry in each, and those that have too many keep what they have.
    """
    if isinstance(blocks, Kept):
        return team().keep(_sum_pairs_or_not, blocks, num_facets)
    return _sum_pairs(blocks, num_facets)


def _sum_pairs_or_not(blocks: tuple[Lines, ...], num_facets: int) -> tuple[Lines, ...]:
    found = _sum_pairs(blocks, num_facets)
    return blocks if found is None else found


def _sum_pairs(blocks: Sequence[Lines], num_facets: int) -> tuple[Lines, ...] | None:
    total = sum(block.num_entries for block in blocks)
    if total > MOST_TO_SUM:
        return None
    size = np.zeros(num_facets + 1, dtype=np.int64)
    for block in blocks:
        _count_lower(*block.arrays[:3], size[1:])
    start = np.cumsum(size)
    column, weight = np.empty(total, dtype=np.int32), np.empty(total)
    end = start[:-1].copy()
    for block in blocks:
        _put_lower(*block.arrays, end, column, weight)
    kept = _join_equal(start, column, weight)
    rows = np.concatenate([[0], np.cumsum(kept)])
    entries = int(rows[-1])
    return split(Lines(np.arange(num_facets), rows, column[:entries].copy(), weight[:entries].copy()), 1 << 18)


def split(lines: Lines, entries: int = 1 << 21) -> tuple[Lines, ...]:
    """Return the lines in blocks of about as many entries, each a view."""
    wanted = np.searchsorted(lines.start, np.arange(0, max(lines.num_entries, 1), entries))
    edges = np.unique(np.concatenate([wanted, [len(lines.facet)]]))
    found = []
    for first, last in pairwise(edges.tolist()):
        rows, span = slice(first, last), slice(lines.start[first], lines.start[last])
        found.append(
            Lines(
                lines.facet[rows],
                lines.start[first : last + 1] - lines.start[first],
                lines.column[span],
                lines.strength[span],
                lines.density,
                None if lines.unit is None else lines.unit[rows],
                None if lines.replica is None else lines.replica[rows],
                None if lines.variance is None else lines.variance[span],
            )
        )
    return tuple(found)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def line_weight(strength: float, density: AnyArray, i: int, j: int) -> float:  # pragma: no cover - compiled
    """Return the weight [m2] of an entry between facets i and j."""
    return strength / (density[i] + density[j]) if len(density) else strength * 1.0


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _multiply(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    values: AnyArray,
    out: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Add (B + B^T) @ values to `out`."""
    for k in range(len(facet)):
        i = facet[k]
        own, total = values[i], 0.0
        if len(density):
            here = density[i]
            for e in range(start[k], start[k + 1]):
                j = column[e]
                weight = strength[e] / (here + density[j])
                total += weight * values[j]
                out[j] += weight * own
        else:
            for e in range(start[k], start[k + 1]):
                j = column[e]
                total += strength[e] * values[j]
                out[j] += strength[e] * own
        out[i] += total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _diagonal(
    facet: AnyArray, start: AnyArray, column: AnyArray, strength: AnyArray, density: AnyArray, out: AnyArray
) -> None:  # pragma: no cover - compiled
    """Add the diagonal of B + B^T to `out`."""
    for k in range(len(facet)):
        i = facet[k]
        for e in range(start[k], start[k + 1]):
            if column[e] == i:
                out[i] += 2.0 * line_weight(strength[e], density, i, i)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _block_sums(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    label: AnyArray,
    value: AnyArray,
    out: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Add weighted sums of B by labels to `out`."""
    for k in range(len(facet)):
        i = facet[k]
        row = out[label[i]]
        for e in range(start[k], start[k + 1]):
            j = column[e]
            row[label[j]] += value[i] * value[j] * line_weight(strength[e], density, i, j)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _one_sided(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    label: AnyArray,
    value: AnyArray,
    out: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Add sums of strengths by labels to `out`, each times a value of its row's facet."""
    for k in range(len(facet)):
        row, own = out[label[facet[k]]], value[facet[k]]
        for e in range(start[k], start[k + 1]):
            row[label[column[e]]] += own * strength[e]


@numba.njit(cache=True, nogil=True)
def _count_lower(
    facet: AnyArray, start: AnyArray, column: AnyArray, size: AnyArray
) -> None:  # pragma: no cover - compiled
    """Count the entries of each row when every pair stands in the row of its lower facet."""
    for k in range(len(facet)):
        for e in range(start[k], start[k + 1]):
            size[min(facet[k], column[e])] += 1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _put_lower(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    end: AnyArray,
    to_column: AnyArray,
    to_weight: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Put every entry behind the others of its lower facet's row; `end` is where each row ends so far."""
    for k in range(len(facet)):
        i = facet[k]
        for e in range(start[k], start[k + 1]):
            j = column[e]
            row = min(i, j)
            to_column[end[row]] = max(i, j)
            to_weight[end[row]] = line_weight(strength[e], density, i, j)
            end[row] += 1


@numba.njit(cache=True, nogil=True)
def _join_equal(start: AnyArray, column: AnyArray, weight: AnyArray) -> AnyArray:  # pragma: no cover - compiled
    """Add up equal columns of each row and move all rows to the front, in place; return the entries of each row."""
    kept = np.zeros(len(start) - 1, dtype=np.int64)
    place = np.full(len(start) - 1, -1, dtype=np.int64)
    out = 0
    for k in range(len(kept)):
        first = out
        for e in range(start[k], start[k + 1]):
            j, w = column[e], weight[e]
            if place[j] >= first:
                weight[place[j]] += w
            else:
                place[j] = out
                column[out], weight[out] = j, w
                out += 1
        kept[k] = out - first
    return kept


__all__ = [
    "LANES",
    "Blocks",
    "Lines",
    "ask_each",
    "block_sums",
    "diagonal",
    "in_lanes",
    "line_weight",
    "multiply",
    "num_entries",
    "one_sided_sums",
    "split",
    "spread_out",
    "sum_over",
    "sum_pairs",
]
