"""Which facet does a ray hit: Embree behind two functions."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bbrmodel.radiation.embree import TriangleScene
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.typing import AnyArray, BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Hits:
    """What rays met: facet index or -1, distance [m], place on it (num, 2), and whether it was the facet's back."""

    facet: IntArray
    distance_m: FloatArray
    place: AnyArray
    from_behind: BoolArray


class RayScene:
    """The triangles of an enclosure in Embree. Float32 decides visibility only."""

    def __init__(self, enclosure: Enclosure) -> None:
        self._triangles = TriangleScene(enclosure.vertices_m)

    def trace(self, origins: AnyArray, directions: AnyArray) -> Hits:
        """Return the first hit of each ray; arrays float32 of shape (num, 3). Releases the GIL."""
        facet, behind, distance, place = self._triangles.first_hits(origins, directions)
        return Hits(facet, distance, place, behind)

    def intersect(self, origins: AnyArray, directions: AnyArray) -> dict[str, Any]:
        """Return first hits as arrays `primID`, `tfar`, `u`, `v`. Releases the GIL."""
        facet, _, distance, place = self._triangles.first_hits(origins, directions)
        return {"primID": facet, "tfar": distance, "u": place[:, 0], "v": place[:, 1]}


def origin_lift(enclosure: Enclosure) -> FloatArray:
    """Return how far [m] a ray's origin is lifted off its facet: above float32 rounding, far below any gap."""
    reach = np.abs(enclosure.vertices_m).max(axis=(1, 2))
    lift: FloatArray = 4e-7 * reach + 1e-6 * np.sqrt(enclosure.area_m2)
    return lift


__all__ = ["Hits", "RayScene", "origin_lift"]
