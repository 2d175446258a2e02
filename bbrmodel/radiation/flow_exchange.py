r"""Free-molecular flow from exchange areas: one linear system for every opening at once.

Walls send on all that reaches them (absorptivity 0), openings keep it (absorptivity 1): with unit flux from opening a,

.. math:: A_i H_i = \sum_j S_{ij} J_j, \qquad J = 1 \text{ on } a, \; H \text{ on walls}, \; 0 \text{ elsewhere},
          \qquad p_{ab} = \frac{1}{A_a} \sum_{i \in b} A_i H_i .

The flux is constant on each facet. Exact exchange areas would give the minimum of
:math:`\tfrac12 \sum S_{ij} (J_i - J_j)^2 / A_a` over such fluxes, so for two openings the result lies above the exact
one, by an error of second order in the size of the facets.
"""

import time
from collections.abc import Sequence

import numpy as np

from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.radiation.exchange_error import variance_of_sum
from bbrmodel.radiation.flow import Transmission, find_openings
from bbrmodel.radiation.radiosity import RadiositySolver, make_patches
from bbrmodel.radiation.view_factors import RaySettings, compute_view_factors
from bbrmodel.typing import FloatArray, Progress


def solve_transmission(
    enclosure: Enclosure,
    source: str,
    *,
    targets: Sequence[str] = (),
    settings: RaySettings | None = None,
    progress: Progress | None = None,
) -> Transmission:
    """Solve for the flux on all walls; the fast method for long ways, with an error of second order in facet size.

    Raises
    ------
    UnknownSurfaceError, EnclosureError
        As `find_openings` and `compute_view_factors`.

    Notes
    -----
    With the fluxes J from the source and w from a target, noise dS of the exchange areas changes the probability by
    sum w_i dS_ij J_j / A_a. Closure keeps row sums, so this is - sum over pairs of dS_ij (w_i - w_j) (J_i - J_j) / A_a;
    the standard error follows with the variances of S. It leaves out the error from the size of the facets.
    """
    openings = find_openings(enclosure, source, targets)
    start = time.perf_counter()
    found = compute_view_factors(enclosure, settings, progress=progress)
    wall = openings.number < 0
    centres = enclosure.vertices_m.mean(axis=1)
    solver = RadiositySolver(found.areas, np.where(wall, 0.0, 1.0), make_patches(centres, enclosure.surface))
    fluxes = []
    for number in range(len(openings.names)):
        emitted = (openings.number == number).astype(np.float64)
        irradiance = solver.solve_irradiance(emitted)
        fluxes.append((emitted + np.where(wall, irradiance, 0.0), irradiance))
    area = enclosure.area_m2
    source_area = float(area[openings.number == 0].sum())
    radiosity, irradiance = fluxes[0]
    share = [float((area * irradiance)[openings.number == k].sum()) / source_area for k in range(len(fluxes))]
    error = [_ray_error(found.areas, radiosity, flux) / source_area for flux, _ in fluxes[1:]]
    return Transmission(
        source=source,
        source_area_m2=source_area,
        targets=openings.names[1:],
        probability=np.array(share[1:]),
        standard_error=np.array(error),
        returned=share[0],
        wall_hits=float((area * irradiance)[wall].sum()) / source_area,
        method="exchange",
        rays=found.report.rays,
        lost_rays=int(found.report.lost_rays or 0),
        seconds=time.perf_counter() - start,
    )


def _ray_error(areas: ExchangeAreas, radiosity: FloatArray, weight: FloatArray) -> float:
    """Return the standard error of sum_ij w_i S_ij J_j [m2] from the variances of S at fixed row sums."""
    # - (w_i - w_j) (J_i - J_j) = w_i J_j + w_j J_i - w_i J_i - w_j J_j, without S_ii, which does nothing.
    ones = np.ones(areas.num_facets)
    variance = variance_of_sum(areas, (weight, -weight * radiosity), (radiosity, ones), outward=0.0 * ones)
    return float(np.sqrt(variance))


__all__ = ["solve_transmission"]
