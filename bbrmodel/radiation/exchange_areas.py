"""Exchange areas S_ij = A_i F_ij between facets: symmetric, closed, with the statistics that their errors follow from.

They are never stored as numbers: S = D (B + B^T) D + diag(rest), with the lines B that rays found
(`bbrmodel.radiation.lines`), the scaling D that closes all rows, and what it leaves.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation import lines as sums
from bbrmodel.radiation.lines import Blocks, Lines
from bbrmodel.typing import BoolArray, FloatArray, IntArray

CLOSURE_TOLERANCE = 1e-7
MAX_CLOSURE_ITERATIONS = 60
_FAR = 0.3  # row sums further from 1 than this are brought nearer before Newton's method
MIN_KEPT = 1e-6  # a mirror always absorbs or scatters a little


@dataclass(frozen=True)
class Escapes:
    """Lines that leave the model, added up by what sent the rays: arrays of shape (num_entries,).

    `facet` is where a line starts, `weight` its exchange area before closure [m2], `unit` and `replica` as in `Lines`.
    """

    facet: IntArray
    weight: FloatArray
    unit: IntArray
    replica: IntArray


@dataclass(frozen=True)
class ExchangeAreas:
    """Symmetric exchange areas of all facets.

    Attributes
    ----------
    lines
        Lines between facets, of this process or spread over several.
    escape
        shape (num_facets,), exchange area with the environment, [m2].
    escape_variance
        shape (num_facets,), [m4], where `escapes` does not say more.
    area_m2
        shape (num_facets,).
    kept
        shape (num_facets,), [-], the part of arriving light that a facet does not pass on as a mirror.
    scale, rest
        shape (num_facets,), scaling that closes rows [-], and what it leaves for the diagonal [m2].
    escapes
        Statistics of `escape`, None where `escape_variance` holds them.
    summed
        The same lines with all of a pair in one entry, for faster sums; None: `lines` serve.
    """

    lines: Blocks
    escape: FloatArray
    escape_variance: FloatArray
    area_m2: FloatArray
    kept: FloatArray
    scale: FloatArray
    rest: FloatArray
    escapes: Escapes | None = None
    summed: Blocks | None = None

    @property
    def num_facets(self) -> int:
        """Number of facets."""
        return len(self.area_m2)

    @property
    def num_entries(self) -> int:
        """Number of distinct lines that are stored."""
        return sums.num_entries(self.lines)

    @property
    def operator(self) -> Blocks:
        """The lines to sum over."""
        return self.lines if self.summed is None else self.summed

    def prepared(self) -> "ExchangeAreas":
        """Return the same areas made ready for many products: each takes half the time, the making as long as ten."""
        return replace(self, summed=sums.sum_pairs(self.lines, self.num_facets))

    def apply(self, values: FloatArray) -> FloatArray:
        """Return S @ values for values of shape (num_facets,) or (num_facets, k)."""
        if values.ndim == 2:
            return np.stack([self.apply(column) for column in values.T], axis=1)
        product: FloatArray = self.scale * sums.multiply(self.operator, self.scale * values) + self.rest * values
        return product

    @cached_property
    def diagonal(self) -> FloatArray:
        """Exchange of every facet with itself, shape (num_facets,), [m2]."""
        own: FloatArray = self.scale**2 * sums.diagonal(self.operator, self.num_facets) + self.rest
        return own

    def row_sums(self) -> FloatArray:
        """Return sum_j F_ij kept_j with the environment, shape (num_facets,); 1 where no light is lost."""
        total: FloatArray = (self.apply(self.kept) + self.escape) / self.area_m2
        return total

    def block_sums(self, label: IntArray, number: int, weight: FloatArray | None = None) -> FloatArray:
        """Return sum of weight_i S_ij weight_j over i with label p and j with label q, shape (number, number)."""
        value = np.ones(self.num_facets) if weight is None else weight
        total = sums.block_sums(self.operator, label, number=number, weight=self.scale * value)
        total[np.diag_indices(number)] += np.bincount(label, weights=self.rest * value**2, minlength=number)
        return total

    def to_array(self) -> FloatArray:
        """Return S as a dense array, for few facets."""
        return self.apply(np.eye(self.num_facets))


def from_upper(
    upper: Any,
    variance: FloatArray,
    *,
    escape: FloatArray,
    escape_variance: FloatArray,
    area_m2: FloatArray,
) -> ExchangeAreas:
    """Return exchange areas without mirrors from an explicit upper triangle.

    Parameters
    ----------
    upper
        scipy sparse of shape (num_facets, num_facets), [m2], with its diagonal.
    variance
        shape (num_entries,), [m4], of the entries of `upper`.
    """
    entries = csr_matrix(upper)
    row = np.repeat(np.arange(len(area_m2)), np.diff(entries.indptr))
    own = row == entries.indices
    block = Lines(
        facet=np.arange(len(area_m2)),
        start=entries.indptr.astype(np.int64),
        column=entries.indices.astype(np.int32),
        strength=np.where(own, 0.5, 1.0) * entries.data,  # the diagonal counts twice in B + B^T
        variance=np.asarray(variance, dtype=np.float32),
    )
    ones, nothing = np.ones(len(area_m2)), np.zeros(len(area_m2))
    return ExchangeAreas(sums.split(block), escape, escape_variance, area_m2, ones, ones, nothing)


def weighted_lines(
    ends: tuple[IntArray, IntArray], weights: tuple[FloatArray, FloatArray], *, unit: IntArray, replica: IntArray
) -> Lines:
    """Return a block of lines of given weights [m2] and sums of squared ones [m4], all of shape (num,).

    Those of one source and one first end stand together.
    """
    first, second = ends
    change = np.zeros(len(first), dtype=bool)
    for key in (first, unit, replica):
        change[1:] |= key[1:] != key[:-1]
    change[:1] = True
    row = np.flatnonzero(change)
    return Lines(
        facet=first[row],
        start=np.append(row, len(first)),
        column=second.astype(np.int32),
        strength=weights[0],
        unit=unit[row],
        replica=replica[row],
        variance=weights[1].astype(np.float32),
    )


def close(areas: ExchangeAreas, radiates: BoolArray) -> tuple[ExchangeAreas, float, float]:
    """Scale to D S D so that every row sums to its area, keeping symmetry and sign.

    What the iteration leaves (below `CLOSURE_TOLERANCE` of the area) goes to the environment if the facet sees it,
    else to the diagonal, where it does no harm: the facet's own light returns to it.

    Returns
    -------
    :
        the closed areas; the largest |sum_j F_ij - 1| before and after.

    Raises
    ------
    EnclosureError
        The row sums cannot be closed, as when a facet sees nothing.
    """
    area = np.where(radiates, areas.area_m2, 0.0)
    before = _deviation(areas, radiates)
    scale, gain = _balancing_scale(areas, area)
    escape = areas.escape * scale
    missing = np.where(radiates, area - scale * gain, 0.0)
    to_sky = escape > np.abs(missing)
    closed = replace(
        areas,
        scale=areas.scale * scale,
        rest=areas.rest * scale**2 + np.where(to_sky, 0.0, missing / np.maximum(areas.kept, MIN_KEPT)),
        escape=escape + np.where(to_sky, missing, 0.0),
        escape_variance=areas.escape_variance * scale**2,
    )
    return closed, before, _deviation(closed, radiates)


def _balancing_scale(areas: ExchangeAreas, area: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return d > 0 with d_i (sum_j S_ij kept_j d_j + s_i) = A_i, and the sums in brackets.

    Newton's method, after steps d <- d sqrt(A / (d (S d + s))) from far away, which alone stall where two groups of
    facets see only each other.
    """
    scale = np.ones(len(area))
    here = area > 0.0
    for _ in range(MAX_CLOSURE_ITERATIONS):
        gain = areas.apply(areas.kept * scale) + areas.escape
        ratio = np.ones(len(area))
        ratio[here] = area[here] / np.maximum(scale[here] * gain[here], 1e-300)
        worst = int(np.abs(ratio - 1.0).argmax())
        far = abs(ratio[worst] - 1.0)
        if far < CLOSURE_TOLERANCE:
            return scale, gain
        if far > _FAR:
            scale *= np.sqrt(ratio)
        else:
            missing = np.where(here, area / scale - gain, 0.0)
            change = _newton_change(
                areas, scale, gain, missing=missing, accuracy=max(0.3 * CLOSURE_TOLERANCE / far, min(0.05, far))
            )
            scale += min(1.0, 0.5 / max(float(np.abs(change / scale).max()), 1e-300)) * change
    raise EnclosureError(
        f"the view factors of facet {worst} cannot be closed: its row sums to {1.0 / ratio[worst]:.6f}. "
        "Use more rays_per_facet, or check that the facet faces free space."
    )


def _newton_change(
    areas: ExchangeAreas, scale: FloatArray, gain: FloatArray, *, missing: FloatArray, accuracy: float
) -> FloatArray:
    """Return the Newton step of the balance; scaled by sqrt(kept) its matrix is symmetric and not negative."""
    from scipy.sparse.linalg import LinearOperator, cg

    diagonal = np.maximum(gain / scale, 1e-300)
    root = np.sqrt(np.maximum(areas.kept, MIN_KEPT))
    operator = LinearOperator((len(scale),) * 2, matvec=lambda x: diagonal * x + root * areas.apply(root * x))
    inverse = LinearOperator((len(scale),) * 2, matvec=lambda x: x / diagonal)
    change, _ = cg(operator, root * missing, rtol=accuracy, M=inverse, maxiter=200)
    result: FloatArray = change / root
    return result


def _deviation(areas: ExchangeAreas, radiates: BoolArray) -> float:
    """Return the largest |row sum - 1| over radiating facets."""
    return float(np.abs(areas.row_sums()[radiates] - 1.0).max())


__all__ = ["Escapes", "ExchangeAreas", "close", "from_upper", "weighted_lines"]
