"""The radiating triangles of a model and the rules that they must obey."""

import functools
import hashlib
import logging
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation.coincidence import OVERLAP_TOLERANCE, find_overlaps
from bbrmodel.typing import BoolArray, FloatArray, IntArray

_LOG = logging.getLogger(__name__)
# Height over length of a facet; slimmer ones are reported. A mesh generator's worst facets are a hundred times thicker.
SLIVER = 1e-4


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
    divided
        shape (num_facets,), into how many parts the facet was cut that each is one of: they share its rays. None: no
        facet was cut.
    """

    vertices_m: FloatArray
    surface: IntArray
    surface_names: tuple[str, ...]
    radiates: BoolArray
    has_environment: bool = False
    portals: tuple[Portal, ...] = ()
    divided: IntArray | None = None

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
        if self.divided is not None:
            digest.update(self.divided.tobytes())
        digest.update(repr((self.surface_names, self.has_environment, self.portals)).encode())
        return digest.hexdigest()[:24]

    def name_of(self, facet: int) -> str:
        """Return the name of the surface that a facet belongs to."""
        return self.surface_names[int(self.surface[facet])]


def check_enclosure(enclosure: Enclosure) -> None:
    """Raise on facets that make view factors meaningless; log a warning for what makes them poor.

    Raises
    ------
    EnclosureError
        There are no radiating facets, a coordinate is no number, a facet has no area, stands twice, or lies on another
        one in the same plane.

    Notes
    -----
    A warning names the surface that has most facets of less than `SLIVER` height over length.
    """
    if not enclosure.radiates.any():
        raise EnclosureError("no surface radiates: name surfaces with an emissivity, or leave out [radiation].")
    slimness = _check_shape(enclosure)
    _check_overlap(enclosure)
    slivers = np.flatnonzero(slimness < SLIVER)
    if len(slivers):
        facet = int(slimness.argmin())
        _LOG.warning(
            "surface '%s': %d facets of the model are slivers, less than %g of their length high; the worst, facet %d, "
            "%.1e. Their view factors need more rays. Mesh that part finer or with fewer sharp corners.",
            *(enclosure.name_of(facet), len(slivers), SLIVER, facet, slimness[facet]),
        )


def _check_shape(enclosure: Enclosure) -> FloatArray:
    """Raise on facets without an area; return height over length of all facets, shape (num_facets,)."""
    vertices = enclosure.vertices_m
    if not np.isfinite(vertices).all():
        facet = int(np.isfinite(vertices).all(axis=(1, 2)).argmin())
        raise EnclosureError(
            f"surface '{enclosure.name_of(facet)}': a corner of facet {facet} is no number. Mesh that part again."
        )
    sides = (vertices[:, k] - vertices[:, k - 1] for k in range(3))
    length = np.sqrt(functools.reduce(np.maximum, (np.einsum("ij,ij->i", side, side) for side in sides)))
    rounding = 4.0 * np.finfo(float).eps * float(max(vertices.max(), -vertices.min()))
    height = 2.0 * enclosure.area_m2 / np.where(length > 0.0, length, 1.0)
    if not (height > rounding).all():
        worst = int(np.argmin(height))
        raise EnclosureError(f"surface '{enclosure.name_of(worst)}': facet {worst} has no area. Mesh that part again.")
    slimness: FloatArray = height / length
    return slimness


def _check_overlap(enclosure: Enclosure) -> None:
    """Raise where facets lie on each other."""
    partner = find_overlaps(enclosure.vertices_m, enclosure.normal)
    found = np.flatnonzero(partner >= 0)
    if len(found) == 0:
        return
    facet, other = int(found[0]), int(partner[found[0]])
    where = f"surface '{enclosure.name_of(facet)}': facet {facet}"
    also = f" ({len(found)} facets of the model lie on others.)" if len(found) > 2 else ""
    that = f"facet {other} of surface '{enclosure.name_of(other)}'"
    apart = float(np.linalg.norm(np.ptp(enclosure.vertices_m[[facet, other]].mean(axis=1), axis=0)))
    same_way = float(enclosure.normal[facet] @ enclosure.normal[other]) > 0.0
    if apart > OVERLAP_TOLERANCE * np.sqrt(enclosure.area_m2[facet]):
        raise EnclosureError(
            f"{where} overlaps {that} in one plane (surfaces of two bodies that touch with different meshes, or a "
            f"part that stands in another). Fragment the parts so that they share facets, or leave a gap.{also}"
        )
    if same_way:
        raise EnclosureError(f"{where} stands twice: {that} is the same one. Remove the copy.{also}")
    raise EnclosureError(
        f"{where} stands twice: {that} is the same one, turned round (coincident surfaces of two bodies, or a sheet "
        f"given by both of its sides). Fragment the bodies so that they share the facet, or leave a gap; give a sheet "
        f"by one side and let it radiate on both.{also}"
    )


__all__ = ["SLIVER", "Enclosure", "Portal", "check_enclosure"]
