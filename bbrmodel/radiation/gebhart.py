r"""Gebhart and exchange factors between named surfaces: where emitted light ends after all reflections.

Surface P emits as it does when isothermal, every facet in proportion to its absorptivity a. The Gebhart factor is the
part that surface Q absorbs,

.. math:: G_{PQ} = \sum_{j \in Q} A_j a_j H_j \Big/ \sum_{i \in P} A_i a_i, \qquad
          \mathcal{F}_{PQ} = \bar{a}_P G_{PQ},

with the irradiance H that unit emissive power of P alone causes and the mean absorptivity of P. The heat from P to Q is
:math:`A_P \mathcal{F}_{PQ} \sigma (T_P^4 - T_Q^4)` for isothermal surfaces: no assumption of uniform radiosity is made.
"""

from typing import NamedTuple

import numpy as np

from bbrmodel.radiation.radiosity import RadiositySolver
from bbrmodel.typing import FloatArray, IntArray, Progress

# Of the light sent out; rows of Gebhart factors close to about this.
TOLERANCE = 1e-11
_TAKES_PART = 0.5  # row sums are 1, or 0 for facets that exchange nothing


class SurfaceGebhart(NamedTuple):
    """Where the light of each surface is absorbed.

    Attributes
    ----------
    gebhart
        shape (num_surfaces, num_surfaces), [-], part of what the row's surface emits that the column's absorbs. Rows
        sum to 1 with `environment`; they are 0 for a surface that takes no part.
    exchange_factors
        shape (num_surfaces, num_surfaces), [-], mean absorptivity times Gebhart factor (script F); symmetric after
        multiplication with the row's area.
    environment
        shape (num_surfaces,), [-], part of what a surface emits that leaves the model.
    """

    gebhart: FloatArray
    exchange_factors: FloatArray
    environment: FloatArray


def surface_gebhart_factors(
    solver: RadiositySolver, surface: IntArray, *, num_surfaces: int, progress: Progress | None = None
) -> SurfaceGebhart:
    """Return Gebhart and exchange factors of one class of light, by one radiosity solve for each surface.

    Parameters
    ----------
    solver
        Exchange areas and absorptivities of all facets.
    surface
        shape (num_facets,), index of the surface that each facet belongs to.
    progress
        Called with (surfaces done, surfaces in all).

    Raises
    ------
    ConvergenceError
        As `RadiositySolver.solve_irradiance`.

    Examples
    --------
    Two large plates: the exchange factor is 1 / (1/e1 + 1/e2 - 1).

    >>> from scipy.sparse import csr_matrix
    >>> from bbrmodel.radiation.exchange_areas import from_upper
    >>> none = np.zeros(2)
    >>> facing = csr_matrix([[0.0, 1.0], [0.0, 0.0]])
    >>> sizes = {"area_m2": np.ones(2), "escape": none, "escape_variance": none}
    >>> areas = from_upper(facing, np.zeros(1), **sizes)
    >>> plates = RadiositySolver(areas, np.array([0.8, 0.6]), np.arange(2))
    >>> found = surface_gebhart_factors(plates, np.arange(2), num_surfaces=2)
    >>> round(float(found.exchange_factors[0, 1]), 10), round(1.0 / (1.0 / 0.8 + 1.0 / 0.6 - 1.0), 10)
    (0.5217391304, 0.5217391304)
    """
    areas, absorptivity = solver.areas, solver.absorptivity
    taking_part = areas.row_sums() > _TAKES_PART
    strength = np.where(taking_part, areas.area_m2 * absorptivity, 0.0)
    emitted = np.bincount(surface, weights=strength, minlength=num_surfaces)
    area = np.bincount(surface, weights=np.where(taking_part, areas.area_m2, 0.0), minlength=num_surfaces)
    absorbed, escaped = np.zeros((num_surfaces, num_surfaces)), np.zeros(num_surfaces)
    for index in range(num_surfaces):
        if emitted[index] > 0.0:
            source = np.where((surface == index) & taking_part, absorptivity, 0.0)
            irradiance = solver.solve_irradiance(source, tolerance=TOLERANCE)
            radiosity = source + np.maximum(areas.kept - absorptivity, 0.0) * irradiance
            absorbed[index] = np.bincount(surface, weights=strength * irradiance, minlength=num_surfaces)
            escaped[index] = areas.escape @ radiosity
        if progress:
            progress(index + 1, num_surfaces)
    whole, size = np.maximum(emitted, np.finfo(float).tiny), np.maximum(area, np.finfo(float).tiny)
    return SurfaceGebhart(absorbed / whole[:, None], absorbed / size[:, None], escaped / whole)


__all__ = ["SurfaceGebhart", "surface_gebhart_factors"]
