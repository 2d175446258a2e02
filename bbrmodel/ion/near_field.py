r"""Whether light at the ion is that of geometric optics: how far the nearest surface is.

Near a surface the field is not that of rays. In front of a perfect mirror at the distance d, with
:math:`a = 2 d k_B T / \hbar c`, the mean-squared field of black-body radiation changes by the part

.. math:: \frac{15}{\pi^4} \left[ \frac{S''}{a} - \frac{2 S'}{a^2} + \frac{2 S}{a^3} \right], \qquad
   S(a) = \int_0^\infty \frac{\sin a x}{e^x - 1} dx = \frac{\pi}{2} \coth \pi a - \frac{1}{2 a}.
"""

import math

import numpy as np

from bbrmodel.constants import BOLTZMANN, PLANCK, SPEED_OF_LIGHT
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.solution import NearField
from bbrmodel.typing import FloatArray

WANTED_LENGTHS = 10.0  # thermal lengths to the nearest surface
_NO_MORE_COTH = 100.0  # pi a from where coth is 1 and its derivatives vanish in double precision


def near_field(position_m: tuple[float, float, float], enclosure: Enclosure, temperature_K: float) -> NearField:
    """Return how far the nearest surface is, and what it would do to the field as a perfect mirror."""
    facet, distance = nearest_facet(np.array(position_m), enclosure.vertices_m)
    length = thermal_length_m(temperature_K)
    return NearField(
        nearest_surface=enclosure.name_of(facet),
        distance_m=distance,
        thermal_length_m=length,
        valid=distance >= WANTED_LENGTHS * length,
        mirror_change=mirror_change(distance, temperature_K),
    )


def thermal_length_m(temperature_K: float) -> float:
    """Return hbar c / (k T) [m]: 7.63 um at 300 K."""
    return PLANCK / (2.0 * math.pi) * SPEED_OF_LIGHT / (BOLTZMANN * temperature_K)


def mirror_change(distance_m: float, temperature_K: float) -> float:
    """Return the relative change of <E^2> at a distance from an infinite perfect mirror, both in thermal radiation.

    Falls as (15 / pi^3) (hbar c / (2 k T d))^3.
    """
    a = 2.0 * distance_m / thermal_length_m(temperature_K)
    coth, csch2 = 1.0, 0.0
    if math.pi * a < _NO_MORE_COTH:
        coth, csch2 = 1.0 / math.tanh(math.pi * a), math.sinh(math.pi * a) ** -2
    s = 0.5 * math.pi * coth - 0.5 / a
    slope = -0.5 * math.pi**2 * csch2 + 0.5 / a**2
    bend = math.pi**3 * coth * csch2 - 1.0 / a**3
    return 15.0 / math.pi**4 * (bend / a - 2.0 * slope / a**2 + 2.0 * s / a**3)


def nearest_facet(point: FloatArray, vertices_m: FloatArray) -> tuple[int, float]:
    """Return the triangle nearest to a point and its distance [m].

    Parameters
    ----------
    vertices_m
        shape (num_facets, 3, 3), [m].
    """
    corner = vertices_m - point
    edge = np.roll(corner, -1, axis=1) - corner
    # Nearest points of the three edges.
    along = -np.einsum("fki,fki->fk", corner, edge) / np.einsum("fki,fki->fk", edge, edge)
    on_edge = corner + np.clip(along, 0.0, 1.0)[:, :, None] * edge
    distance = np.linalg.norm(on_edge, axis=2).min(axis=1)
    # The foot on the plane, where it lies inside.
    normal = np.cross(edge[:, 0], edge[:, 1])
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    height = np.einsum("fi,fi->f", corner[:, 0], normal)
    foot = height[:, None] * normal
    side = np.einsum("fki,fi->fk", np.cross(edge, foot[:, None] - corner), normal)
    inside = (side >= 0.0).all(axis=1)
    distance[inside] = np.abs(height[inside])
    facet = int(distance.argmin())
    return facet, float(distance[facet])


__all__ = ["WANTED_LENGTHS", "mirror_change", "near_field", "nearest_facet", "thermal_length_m"]
