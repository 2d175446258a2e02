"""Exchange areas S_ij = A_i F_ij between facets: symmetric, closed, with a variance for every entry."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, triu

from bbrmodel.errors import EnclosureError
from bbrmodel.typing import FloatArray

CLOSURE_TOLERANCE = 1e-7
MAX_CLOSURE_ITERATIONS = 60
_FIXED_POINT_STEPS = 8
MIN_KEPT = 1e-6  # a mirror always absorbs or scatters a little


@dataclass(frozen=True)
class ExchangeAreas:
    """Symmetric exchange areas, stored as the upper triangle with its diagonal.

    Attributes
    ----------
    upper
        scipy CSR of shape (num_facets, num_facets), [m2].
    variance
        shape (num_entries,), variance of the entries of `upper`, [m4], from ray statistics.
    escape
        shape (num_facets,), exchange area with the environment, [m2].
    escape_variance
        shape (num_facets,), variance of `escape`, [m4].
    area_m2
        shape (num_facets,).
    kept
        shape (num_facets,), [-], the part of arriving light that a facet does not pass on as a mirror.
    """

    upper: Any
    variance: FloatArray
    escape: FloatArray
    escape_variance: FloatArray
    area_m2: FloatArray
    kept: FloatArray

    def apply(self, values: FloatArray) -> FloatArray:
        """Return S @ values for values of shape (num_facets,) or (num_facets, k)."""
        diagonal = self._diagonal if values.ndim == 1 else self._diagonal[:, None]
        product: FloatArray = self.upper @ values + self.upper.T @ values - diagonal * values
        return product

    @cached_property
    def _diagonal(self) -> FloatArray:
        diagonal: FloatArray = self.upper.diagonal()
        return diagonal

    def row_sums(self) -> FloatArray:
        """Return sum_j F_ij kept_j with the environment, shape (num_facets,); 1 where no light is lost."""
        sums: FloatArray = (self.apply(self.kept) + self.escape) / self.area_m2
        return sums


def from_upper(
    upper: Any,
    variance: FloatArray,
    *,
    escape: FloatArray,
    escape_variance: FloatArray,
    area_m2: FloatArray,
    kept: FloatArray,
) -> ExchangeAreas:
    """Return exchange areas from an explicit upper triangle (scipy CSR, diagonal included) and its variances."""
    return ExchangeAreas(upper, variance, escape, escape_variance, area_m2, kept)


def pool(counts: Any, density: FloatArray, lines: tuple[Any, Any]) -> tuple[Any, FloatArray]:
    """Return the upper triangle of the exchange areas and its variance.

    Parameters
    ----------
    counts
        one-sided hits n_ij, CSR of shape (num_facets, num_facets). Each stands for a line of weight
        1 / (rho_i + rho_j), so that S_ij = (n_ij + n_ji) / (rho_i + rho_j).
    density
        rays per area rho_i of every facet [1/m2].
    lines
        lines through portals: their summed weights and squared weights, CSR of the same shape.

    Notes
    -----
    The diagonal (light that mirrors send back) counts twice like every other entry: each path is found from both ends.
    """
    upper = csr_matrix(triu(counts, format="csr") + triu(counts.T, format="csr"))
    rows = np.repeat(np.arange(upper.shape[0], dtype=np.int32), np.diff(upper.indptr))
    weight = 1.0 / (density[rows] + density[upper.indices])
    del rows
    upper.data = upper.data * weight
    variance = csr_matrix((upper.data * weight, upper.indices, upper.indptr), shape=upper.shape)
    del weight
    if lines[0].nnz:
        upper = upper + triu(lines[0]) + triu(lines[0].T)
        variance = variance + triu(lines[1]) + triu(lines[1].T)
    upper.sort_indices()
    variance.sort_indices()
    return upper, variance.data.astype(np.float32)


def close(areas: ExchangeAreas, radiates: Any) -> tuple[ExchangeAreas, float, float]:
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
    scale = _balancing_scale(areas, area)
    upper = areas.upper.copy()
    rows = np.repeat(np.arange(upper.shape[0]), np.diff(upper.indptr))
    factor = scale[rows] * scale[upper.indices]
    upper.data *= factor
    variance = (areas.variance * factor**2).astype(np.float32)
    closed = replace(
        areas,
        upper=upper,
        variance=variance,
        escape=areas.escape * scale,
        escape_variance=areas.escape_variance * scale**2,
    )
    rest = np.where(radiates, area - (closed.apply(areas.kept) + closed.escape), 0.0)
    to_sky = closed.escape > np.abs(rest)
    closed = replace(closed, escape=closed.escape + np.where(to_sky, rest, 0.0))
    closed = _add_diagonal(closed, np.where(to_sky, 0.0, rest / np.maximum(areas.kept, MIN_KEPT)))
    return closed, before, _deviation(closed, radiates)


def _balancing_scale(areas: ExchangeAreas, area: FloatArray) -> FloatArray:
    """Return d > 0 with d_i (sum_j S_ij kept_j d_j + s_i) = A_i, by damped Newton steps from a few fixed-point steps.

    The fixed point d <- d sqrt(A / (d (S d + s))) alone stalls where two groups of facets see only each other.
    """
    scale = np.ones(len(area))
    here = area > 0.0
    for step in range(MAX_CLOSURE_ITERATIONS):
        gain = areas.apply(areas.kept * scale) + areas.escape
        ratio = np.ones(len(area))
        ratio[here] = area[here] / np.maximum(scale[here] * gain[here], 1e-300)
        worst = int(np.abs(ratio - 1.0).argmax())
        if abs(ratio[worst] - 1.0) < CLOSURE_TOLERANCE:
            return scale
        if step < _FIXED_POINT_STEPS or abs(ratio[worst] - 1.0) > 0.3:
            scale *= np.sqrt(ratio)
        else:
            change = _newton_change(areas, scale, gain, missing=np.where(here, area / scale - gain, 0.0))
            scale += min(1.0, 0.5 / max(float(np.abs(change / scale).max()), 1e-300)) * change
    raise EnclosureError(
        f"the view factors of facet {worst} cannot be closed: its row sums to {1.0 / ratio[worst]:.6f}. "
        "Use more rays_per_facet, or check that the facet faces free space."
    )


def _newton_change(areas: ExchangeAreas, scale: FloatArray, gain: FloatArray, *, missing: FloatArray) -> FloatArray:
    """Return the Newton step of the balance; scaled by sqrt(kept) its matrix is symmetric and not negative."""
    from scipy.sparse.linalg import LinearOperator, cg

    diagonal = np.maximum(gain / scale, 1e-300)
    root = np.sqrt(np.maximum(areas.kept, MIN_KEPT))
    operator = LinearOperator((len(scale),) * 2, matvec=lambda x: diagonal * x + root * areas.apply(root * x))
    inverse = LinearOperator((len(scale),) * 2, matvec=lambda x: x / diagonal)
    change, _ = cg(operator, root * missing, rtol=1e-2, M=inverse, maxiter=200)
    result: FloatArray = change / root
    return result


def _deviation(areas: ExchangeAreas, radiates: Any) -> float:
    """Return the largest |row sum - 1| over radiating facets."""
    return float(np.abs(areas.row_sums()[radiates] - 1.0).max())


def _add_diagonal(areas: ExchangeAreas, rest: FloatArray) -> ExchangeAreas:
    """Return areas with `rest` added to the diagonal (entries made where there is none)."""
    from scipy.sparse import diags

    # A stored zero would vanish in the sum; variance rides along so that both keep one pattern.
    tiny = np.where(rest == 0.0, np.finfo(float).tiny, rest)
    upper = csr_matrix(areas.upper + diags(tiny))
    spread = areas.upper.copy()
    spread.data = areas.variance.astype(np.float64)
    variance = csr_matrix(spread + diags(np.full(len(rest), np.finfo(np.float32).tiny)))
    upper.sort_indices()
    variance.sort_indices()
    return replace(areas, upper=upper, variance=variance.data.astype(np.float32))


__all__ = ["ExchangeAreas", "close", "from_upper", "pool"]
