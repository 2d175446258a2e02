"""The radiating triangles of a model and the rules that they must obey."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bbrmodel.errors import EnclosureError
from bbrmodel.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Portal:
    """A small opening: a flat disc in free space that light crosses; rays are sent through it on purpose."""

    name: str
    center_m: tuple[float, float, float]
    normal: tuple[float, float, float]
    radius_m: float

    @property
    def area_m2(self) -> float:
        """Area of the disc."""
        return float(np.pi * self.radius_m**2)


@dataclass(frozen=True)
class Enclosure:
    """Triangles that exchange radiation, and others that may only be in the way.

    Attributes
    ----------
    vertices_m
        shape (num_facets, 3, 3), [m]; normals (right-hand rule) point into the enclosure.
    surface
        shape (num_facets,), index into `surface_names`.
    radiates
        shape (num_facets,), False for facets that no ray may reach (the inside of a vessel, a covered end).
    has_environment
        True where light may leave the model for a black environment.
    portals
        Small openings that get rays of their own.
    """

    vertices_m: FloatArray
    surface: IntArray
    surface_names: tuple[str, ...]
    radiates: BoolArray
    has_environment: bool = False
    portals: tuple[Portal, ...] = ()

    @property
    def num_facets(self) -> int:
        """Number of triangles."""
        return len(self.vertices_m)

    @cached_property
    def area_m2(self) -> FloatArray:
        """Areas, shape (num_facets,)."""
        area: FloatArray = 0.5 * np.linalg.norm(self._cross, axis=1)
        return area

    @cached_property
    def normal(self) -> FloatArray:
        """Unit normals into the enclosure, shape (num_facets, 3)."""
        normal: FloatArray = self._cross / (2.0 * self.area_m2)[:, None]
        return normal

    @cached_property
    def _cross(self) -> FloatArray:
        edge = self.vertices_m[:, 1:] - self.vertices_m[:, :1]
        cross: FloatArray = np.cross(edge[:, 0], edge[:, 1])
        return cross

    @cached_property
    def content_hash(self) -> str:
        """Hash of the geometry: equal enclosures have equal view factors."""
        digest = hashlib.sha256()
        for data in (self.vertices_m.tobytes(), self.surface.tobytes(), self.radiates.tobytes()):
            digest.update(data)
        digest.update(repr((self.surface_names, self.has_environment, self.portals)).encode())
        return digest.hexdigest()[:24]

    def name_of(self, facet: int) -> str:
        """Return the name of the surface that a facet belongs to."""
        return self.surface_names[int(self.surface[facet])]


def check_enclosure(enclosure: Enclosure) -> None:
    """Raise on facets that make view factors meaningless.

    Raises
    ------
    EnclosureError
        There are no radiating facets, a facet has no area, or a facet stands twice.
    """
    if not enclosure.radiates.any():
        raise EnclosureError("no surface radiates: name surfaces with an emissivity, or leave out [radiation].")
    area = enclosure.area_m2
    if not (area > 0.0).all():
        worst = int(np.argmin(area))
        raise EnclosureError(f"surface '{enclosure.name_of(worst)}': facet {worst} has no area. Mesh that part again.")
    centre = np.round(enclosure.vertices_m.mean(axis=1) / (1e-10 * np.ptp(enclosure.vertices_m))).astype(np.int64)
    _, first, count = np.unique(centre, axis=0, return_index=True, return_counts=True)
    if (count > 1).any():
        facet = int(first[int(np.argmax(count > 1))])
        raise EnclosureError(
            f"surface '{enclosure.name_of(facet)}': facet {facet} stands twice (coincident surfaces of two bodies, or "
            "a copied part). Fragment the parts so that they share the facet, or leave a gap."
        )


__all__ = ["Enclosure", "Portal", "check_enclosure"]
