"""Which facet does a ray hit: Embree behind two functions."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bbrmodel.errors import MissingDependencyError
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Hits:
    """What rays met: facet index or -1, distance [m], and whether it was the facet's back."""

    facet: IntArray
    distance_m: FloatArray
    from_behind: BoolArray


class RayScene:
    """The triangles of an enclosure in Embree. Float32 decides visibility only."""

    def __init__(self, enclosure: Enclosure) -> None:
        try:
            from embreex.mesh_construction import TriangleMesh
            from embreex.rtcore_scene import EmbreeScene
        except ImportError as error:
            raise MissingDependencyError("the package 'embreex' is missing: run `pip install embreex`.") from error
        self._scene: Any = EmbreeScene()
        vertices = np.ascontiguousarray(enclosure.vertices_m.reshape(-1, 3), dtype=np.float32)
        index = np.arange(len(vertices), dtype=np.int32).reshape(-1, 3)
        TriangleMesh(self._scene, vertices, index)
        self._normal = enclosure.normal.astype(np.float32)
        # Embree builds its tree on the first ray; do it here, before threads share the scene.
        self.trace(np.zeros((1, 3), dtype=np.float32), np.array([[0.0, 0.0, 1.0]], dtype=np.float32))

    def intersect(self, origins: Any, directions: Any) -> Any:
        """Return Embree's own record of the first hits: arrays `primID`, `tfar`, `u`, `v`. Releases the GIL."""
        return self._scene.run(origins, directions, output=True)

    def trace(self, origins: Any, directions: Any) -> Hits:
        """Return the first hit of each ray; arrays float32 of shape (num, 3). Releases the GIL."""
        found = self.intersect(origins, directions)
        facet = found["primID"]
        behind = np.einsum("ij,ij->i", directions, self._normal[facet]) > 0.0
        return Hits(facet, found["tfar"], behind & (facet >= 0))


def origin_lift(enclosure: Enclosure) -> FloatArray:
    """Return how far [m] a ray's origin is lifted off its facet: above float32 rounding, far below any gap."""
    reach = np.abs(enclosure.vertices_m).max(axis=(1, 2))
    lift: FloatArray = 4e-7 * reach + 1e-6 * np.sqrt(enclosure.area_m2)
    return lift


__all__ = ["Hits", "RayScene", "origin_lift"]
