# mypy: disallow-untyped-decorators=False
"""What else the exchange areas could have been: random outcomes of their noise, as products with vectors.

Random signs on the deviations of every source's replicas (multiplier bootstrap) give outcomes whose scatter is the
error of anything that depends on the areas linearly, with all correlations. The same source has the same signs in all
classes of light that it serves.
"""

from collections.abc import Sequence

import numba
import numpy as np

from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.radiation.exchange_error import add_escapes, draw_signs, number_of_replicas
from bbrmodel.radiation.lines import Lines, in_lanes, line_weight, sum_over
from bbrmodel.radiation.sampling import mix_bits
from bbrmodel.typing import AnyArray, FloatArray

OUTCOMES = 16  # at most the bits of a hash; their scatter tells an error to 1 / sqrt(2 OUTCOMES)


def noisy_products(areas: ExchangeAreas, vectors: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return possible deviations of S v for each vector v, and of the areas with the environment.

    Parameters
    ----------
    vectors
        shape (num_facets,) each.

    Returns
    -------
    :
        shapes (OUTCOMES, num_vectors, num_facets) and (OUTCOMES, num_facets). Closure is not part of them: rows of the
        outcomes do not sum to the facets' areas.
    """
    scaled = np.ascontiguousarray((np.array(vectors) * areas.scale).T)
    replicas = number_of_replicas(areas)
    product: FloatArray = sum_over(areas.lines, _products_here, scaled, replicas)
    product = areas.scale[:, None, None] * product
    sky = np.zeros((areas.num_facets, OUTCOMES))
    if areas.escapes is not None:
        found = areas.escapes
        weight = found.weight * areas.scale[found.facet]
        add_escapes(found.unit, found.replica, found.facet, weight, replicas, sky)
    else:
        signs = np.random.default_rng(1).choice([-1.0, 1.0], (areas.num_facets, OUTCOMES))
        sky = np.sqrt(areas.escape_variance)[:, None] * signs
    return product.transpose(2, 1, 0), sky.T


def _products_here(blocks: Sequence[Lines], vectors: FloatArray, replicas: int) -> FloatArray:
    """Return what the lines of one process add, shape (num_facets, num_vectors, OUTCOMES)."""
    shape = (*vectors.shape, OUTCOMES)

    def work(block: Lines, out: AnyArray) -> None:
        if block.unit is not None and block.replica is not None:
            _add_products(*block.arrays, block.unit, block.replica, vectors, replicas, out)
        elif block.variance is not None:
            _add_independent(*block.arrays, block.variance, vectors, out)

    total: FloatArray = sum(in_lanes(blocks, work, lambda: np.zeros(shape)), np.zeros(shape))
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add_products(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    unit: AnyArray,
    replica: AnyArray,
    vectors: AnyArray,
    number: int,
    out: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Add the deviations of both ends of each line; rows of one source share their signs."""
    sign, own = np.empty(out.shape[2]), np.empty(out.shape[1])
    for k in range(len(facet)):
        i = facet[k]
        draw_signs(unit[k], replica[k], number, sign)
        own[:] = 0.0
        for e in range(start[k], start[k + 1]):
            j = column[e]
            weight = line_weight(strength[e], density, i, j)
            for t in range(len(own)):
                own[t] += weight * vectors[j, t]
                back = weight * vectors[i, t]
                for b in range(len(sign)):
                    out[j, t, b] += back * sign[b]
        for t in range(len(own)):
            for b in range(len(sign)):
                out[i, t, b] += own[t] * sign[b]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add_independent(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    variance: AnyArray,
    vectors: AnyArray,
    out: AnyArray,
) -> None:  # pragma: no cover - compiled
    """Add the deviations of lines whose errors are independent; what a facet sends itself does no harm."""
    for k in range(len(facet)):
        i = facet[k]
        for e in range(start[k], start[k + 1]):
            j = column[e]
            if i == j:
                continue
            spread = np.sqrt(variance[e])
            word = mix_bits((np.uint64(i) << np.uint64(32)) ^ np.uint64(j))
            for b in range(out.shape[2]):
                signed = spread if (word >> np.uint64(b)) & np.uint64(1) else -spread
                for t in range(out.shape[1]):
                    out[i, t, b] += signed * vectors[j, t]
                    out[j, t, b] += signed * vectors[i, t]


__all__ = ["OUTCOMES", "noisy_products"]
