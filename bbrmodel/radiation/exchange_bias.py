# mypy: disallow-untyped-decorators=False
r"""The mean error that noise of exchange areas leaves in a receiver's light, to second order.

A hit of i's rays on j puts noise :math:`\epsilon` on S_ij, and S is symmetric: what i sends to j and what j sends back
meet the same noise, so that light returns to i too often, by the variance. With few rays light seems to stay where it
is. (To j it returns too often by way of i, but low-discrepancy rays of i that miss j hit its neighbours, which makes up
for it.) Scaling j's row to its sum couples its noise to itself in the same way. A hit adds

.. math:: \epsilon^2 \Big[ y_i \frac{\rho_j (J_i - H_j)}{A_j} - \frac{y_i (J_j - H_i) + y_j (J_i - H_j)}{A_j} \Big]

to the receiver's light (y: adjoint state, J: radiosity, H: irradiance, rho: diffuse reflectivity). Its mean is known
from the hits themselves, so it can be taken off. It falls with one over the number of rays, an error with its root.
"""

from collections.abc import Sequence

import numba
import numpy as np

from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.radiation.lines import Lines, line_weight, sum_over
from bbrmodel.typing import AnyArray, FloatArray


def exchange_bias(states: Sequence[tuple[LightState, FloatArray]]) -> float:
    """Return the mean of what noise adds to a receiver's irradiance [W/m2]; take it off.

    Parameters
    ----------
    states
        Each class of light with the receiver's adjoint state y in it, shape (num_facets,), [1/m2].
    """
    total = 0.0
    for light, y in states:
        areas = light.solver.areas
        inverse = 1.0 / areas.area_m2
        reflectivity = np.maximum(areas.kept - light.solver.absorptivity, 0.0)
        facets = np.stack(
            [y, light.radiosity, light.irradiance, inverse, reflectivity, areas.kept, areas.scale], axis=1
        )
        total += float(sum_over(areas.lines, _sum_here, facets))
    return total


def _sum_here(blocks: Sequence[Lines], facets: FloatArray) -> FloatArray:
    """Return the sum over the lines of one process, as an array of one number."""
    total = 0.0
    for block in blocks:
        variance = np.zeros(0, dtype=np.float32) if block.variance is None else block.variance
        total += float(_sum_pairs(*block.arrays, variance, facets))
    return np.array(total)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _sum_pairs(
    facet: AnyArray,
    start: AnyArray,
    column: AnyArray,
    strength: AnyArray,
    density: AnyArray,
    variance: AnyArray,
    facets: AnyArray,
) -> float:  # pragma: no cover - compiled
    """Return the sum over lines; columns of `facets`: y, J, H, 1 / A, reflectivity, kept, scale."""
    total = 0.0
    for k in range(len(facet)):
        i = facet[k]
        y, J, H, kept, scale = facets[i, 0], facets[i, 1], facets[i, 2], facets[i, 5], facets[i, 6]
        for e in range(start[k], start[k + 1]):
            j = column[e]
            if i == j:
                continue
            spread = variance[e] if len(variance) else line_weight(strength[e], density, i, j) ** 2 / strength[e]
            spread *= (scale * facets[j, 6]) ** 2
            to_i, to_j = facets[j, 1] - H * facets[j, 5], J - facets[j, 2] * kept
            total += spread * facets[j, 3] * (y * (facets[j, 4] * to_j - to_i) - facets[j, 0] * to_j)
    return total


__all__ = ["exchange_bias"]
