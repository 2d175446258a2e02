"""Models of round tubes and covered vents for molecular flow, built from their outline."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bbrmodel.errors import GeometryError
from bbrmodel.radiation.api import enclosure_of_triangles
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.flow import FlowSettings, trace_transmission
from bbrmodel.radiation.flow_gas import Conductance, Gas, conductances
from bbrmodel.typing import FloatArray

SEGMENTS = 64  # sides of the polygon of equal area: below 1e-6 of error in a tube, which falls as their fourth power

Corner = tuple[float, float]


@dataclass(frozen=True)
class CoveredVent:
    """A round hole in a wall with a plate before it; dimensions in metres.

    Molecules enter the far end of the hole and leave through the gap at the rim of the cover. What holds the cover is
    left out, and what has passed the rim does not come back.

    Attributes
    ----------
    hole_diameter_m
        Diameter of the hole.
    wall_thickness_m
        Length of the hole.
    cover_diameter_m
        Diameter of the cover, not less than the hole's.
    gap_m
        Distance between wall and cover.

    Raises
    ------
    GeometryError
        A length is not positive, or the cover is smaller than the hole.
    """

    hole_diameter_m: float
    wall_thickness_m: float
    cover_diameter_m: float
    gap_m: float

    def __post_init__(self) -> None:
        """Check all lengths."""
        for name in ("hole_diameter_m", "wall_thickness_m", "cover_diameter_m", "gap_m"):
            _check_length(name, getattr(self, name))
        if self.cover_diameter_m < self.hole_diameter_m:
            raise GeometryError(
                f"cover_diameter_m = {self.cover_diameter_m:g} is less than hole_diameter_m = "
                f"{self.hole_diameter_m:g}: the cover must span the hole. Enlarge the cover."
            )


def _check_length(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0.0):
        raise GeometryError(f"{name} = {value:g} is not a length. Give a positive number of metres.")


def revolve(start: Corner, end: Corner, *, segments: int = SEGMENTS, size_m: float = math.inf) -> FloatArray:
    """Return the triangles of a line (radius, height) turned about the z axis, shape (num, 3, 3) [m].

    The normal points to the left of the way from `start` to `end`, with the radius to the right and the height
    upward. The circles become polygons of the same area; `size_m` is the largest step along the line.
    """
    steps = max(1, math.ceil(math.dist(start, end) / size_m))
    line = np.linspace(start, end, steps + 1)
    angle = 2.0 * np.pi / segments * np.arange(segments + 1)
    radius = line[:, :1] * math.sqrt(2.0 * np.pi / segments / math.sin(2.0 * np.pi / segments))
    height = np.broadcast_to(line[:, 1:], (steps + 1, segments + 1))
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=-1)
    points[:, -1] = points[:, 0]
    a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
    triangles = np.stack([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)], axis=2).reshape(-1, 3, 3)
    edge = triangles[:, 1:] - triangles[:, :1]
    twice_area = np.linalg.norm(np.cross(edge[:, 0], edge[:, 1]), axis=1)
    kept: FloatArray = triangles[twice_area > 1e-12 * twice_area.max(initial=0.0)]
    return kept


def revolved_enclosure(
    lines: Mapping[str, Sequence[Corner]], *, segments: int = SEGMENTS, size_m: float = math.inf
) -> Enclosure:
    """Return the enclosure of named lines (corners of radius and height, the gas at the left of each way)."""
    surfaces = {}
    for name, corners in lines.items():
        legs = [(a, b) for a, b in pairwise(corners) if a != b]
        if legs:
            surfaces[name] = np.concatenate([revolve(a, b, segments=segments, size_m=size_m) for a, b in legs])
    return enclosure_of_triangles(surfaces)


def tube_enclosure(
    radius_m: float, length_m: float, *, segments: int = SEGMENTS, size_m: float = math.inf
) -> Enclosure:
    """Return a straight tube: `opening_in`, `wall`, `opening_out`.

    Raises
    ------
    GeometryError
        A length is not positive.
    """
    _check_length("radius_m", radius_m)
    _check_length("length_m", length_m)
    lines = {
        "opening_in": ((0.0, 0.0), (radius_m, 0.0)),
        "wall": ((radius_m, 0.0), (radius_m, length_m)),
        "opening_out": ((radius_m, length_m), (0.0, length_m)),
    }
    return revolved_enclosure(lines, segments=segments, size_m=size_m)


def vent_enclosure(vent: CoveredVent, *, segments: int = SEGMENTS, size_m: float = math.inf) -> Enclosure:
    """Return a covered vent: `opening_in`, `bore`, `wall`, `opening_out` (the gap at the rim), `cover`."""
    hole, rim = 0.5 * vent.hole_diameter_m, 0.5 * vent.cover_diameter_m
    lines = {
        "opening_in": ((0.0, -vent.wall_thickness_m), (hole, -vent.wall_thickness_m)),
        "bore": ((hole, -vent.wall_thickness_m), (hole, 0.0)),
        "wall": ((hole, 0.0), (rim, 0.0)),
        "opening_out": ((rim, 0.0), (rim, vent.gap_m)),
        "cover": ((rim, vent.gap_m), (0.0, vent.gap_m)),
    }
    return revolved_enclosure(lines, segments=segments, size_m=size_m)


def vent_conductance(vent: CoveredVent, of_gas: Gas, *, settings: FlowSettings | None = None) -> Conductance:
    """Return the conductance of a covered vent for a gas.

    Examples
    --------
    >>> from bbrmodel.radiation.flow_gas import gas
    >>> vent = CoveredVent(hole_diameter_m=0.005, wall_thickness_m=0.005, cover_diameter_m=0.015, gap_m=0.005)
    >>> found = vent_conductance(vent, gas("N2", 80.0), settings=FlowSettings(molecules=4096))
    >>> bool(found.conductance_L_s < found.orifice_L_s)
    True
    """
    found = trace_transmission(vent_enclosure(vent), "opening_in", targets=("opening_out",), settings=settings)
    return conductances(found, of_gas)[0]


__all__ = [
    "SEGMENTS",
    "CoveredVent",
    "revolve",
    "revolved_enclosure",
    "tube_enclosure",
    "vent_conductance",
    "vent_enclosure",
]
