# mypy: disallow-untyped-decorators=False
"""Lines of sight between facets, as rays found them: stored as hits, summed up without ever forming a matrix.

What a ray finds is a line between two facets; its weight follows from the density of all rays that could have found
it. So a matrix of exchange areas B + B^T is kept as one column number and one count for every distinct hit, 6 bytes,
and 100 million rays of 100 000 facets fit in 0.6 GB.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numba
import numpy as np

from bbrmodel.typing import AnyArray, FloatArray, IntArray

# Sums run in this many lanes, whatever the number of threads, so that a result does not depend on it.
LANES = 8
_WORTH_A_THREAD = 1 << 16  # entries


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
        shape (num_facets,), rays per area [1/m2]: a hit between i and j weighs 1 / (density_i + density_j).
        For weights: 1/2 everywhere.
    unit, replica
        shape (num_rows,), number of the independent source of rays (facet, or beyond them portal) and of its
        repetition; None where `variance` is given.
    variance
        shape (num_entries,), [m4], of independent entries.
    """

    facet: IntArray
    start: IntArray
    column: AnyArray
    strength: AnyArray
    density: FloatArray
    unit: IntArray | None = None
    replica: IntArray | None = None
    variance: AnyArray | None = None

    @property
    def num_entries(self) -> int:
        """Number of stored entries."""
        return len(self.column)

    @property
    def arrays(self) -> tuple[AnyArray, ...]:
        """What the compiled loops read."""
        return self.facet, self.start, self.column, self.strength, self.density


@cache
def threads() -> ThreadPoolExecutor:
    """Return the threads that sums run in."""
    return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="lines")


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


def multiply(blocks: Sequence[Lines], values: FloatArray) -> FloatArray:
    """Return (B + B^T) @ values for values of shape (num_facets,)."""
    if not blocks:
        return np.zeros_like(values)
    parts = in_lanes(blocks, lambda block, out: _multiply(*block.arrays, values, out), lambda: np.zeros_like(values))
    total: FloatArray = parts[0]
    for part in parts[1:]:
        total += part
    return total


def diagonal(blocks: Sequence[Lines], num_facets: int) -> FloatArray:
    """Return the diagonal of B + B^T, shape (num_facets,)."""
    total = np.zeros(num_facets)
    for block in blocks:
        _diagonal(*block.arrays, total)
    return total


def block_sums(blocks: Sequence[Lines], label: IntArray, *, number: int, weight: FloatArray) -> FloatArray:
    """Return sum of weight_i (B + B^T)_ij weight_j over i with label p and j with label q, shape (number, number)."""
    total = np.zeros((number, number))
    labels = label.astype(np.int32)
    for part in in_lanes(
        blocks, lambda block, out: _block_sums(*block.arrays, labels, weight, out), lambda: np.zeros((number, number))
    ):
        total += part
    result: FloatArray = total + total.T
    return result


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
        here, own, total = density[i], values[i], 0.0
        for e in range(start[k], start[k + 1]):
            j = column[e]
            weight = strength[e] / (here + density[j])
            total += weight * values[j]
            out[j] += weight * own
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
                out[i] += strength[e] / density[i]


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
            row[label[j]] += value[i] * value[j] * strength[e] / (density[i] + density[j])


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


__all__ = ["LANES", "Lines", "block_sums", "diagonal", "in_lanes", "multiply", "one_sided_sums", "split"]
