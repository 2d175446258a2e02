"""What the statistics of exchange areas do to the light that a receiver gets."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_matrix

from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.typing import FloatArray


def exchange_variance(states: Sequence[tuple[LightState, FloatArray]]) -> float:
    """Return the variance of the ion's irradiance [W2/m4] from the statistics of all exchange areas.

    An error of S_ij acts through the adjoint state y as y_i (J_j - H_i kept_j) + y_j (J_i - H_j kept_i): closure ties
    each row's errors together, so that only departures from the row's mean count. Lines are taken as independent,
    which overestimates the error of low-discrepancy rays. Classes of light that share their lines are added first.
    """
    variance = 0.0
    for areas in {id(light.solver.areas): light.solver.areas for light, _ in states}.values():
        entries = coo_matrix(areas.upper)
        influence = np.zeros(entries.nnz)
        escape = np.zeros(len(areas.area_m2))
        for light, y in states:
            if light.solver.areas is areas:
                J, H = light.radiosity, light.irradiance
                influence += y[entries.row] * (J[entries.col] - H[entries.row] * areas.kept[entries.col])
                influence += y[entries.col] * (J[entries.row] - H[entries.col] * areas.kept[entries.row])
                escape += y * (light.environment - H)
        influence[entries.row == entries.col] = 0.0
        variance += float(areas.variance @ influence**2 + areas.escape_variance @ escape**2)
    return variance


__all__ = ["exchange_variance"]
