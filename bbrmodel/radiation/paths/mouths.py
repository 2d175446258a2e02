"""Where probes are aimed: the mouth of a bore, not its middle.

A portal may stand anywhere in the bore that it declares. Light that meets the bore's wall before the portal has passed
the opening unnoticed; only at the mouth on the side of the receiver does all of it pass the disc.
"""

import numpy as np

from bbrmodel.radiation.enclosure import Enclosure, Portal
from bbrmodel.radiation.scene import RayScene
from bbrmodel.typing import FloatArray, IntArray

MAX_OPENINGS = 62  # bits of a signed 64-bit word; what is beyond gets no probes
_LONGEST = 10.0  # of a bore that is looked along to each side, in radii
_STEPS_PER_RADIUS = 50
_SPOKES = 12
_AROUND = 1.05  # walls all round within so many radii make a bore,
_ALONG = 0.5  # if their normals have at most this component along the axis: no hole in a thin wall


def find_openings(
    enclosure: Enclosure, scene: RayScene, source_m: tuple[float, float, float] | None = None
) -> FloatArray:
    """Return the discs that probes are sent to, shape (num, 8): centre, unit normal, radius [m] and area [m2].

    Parameters
    ----------
    source_m
        Of two mouths of a bore the one nearer to this point is taken; both if omitted.
    """
    rows = []
    for portal in enclosure.portals[: MAX_OPENINGS // 2]:
        axis = np.array(portal.normal) / np.linalg.norm(portal.normal)
        centres = [np.array(portal.center_m) + shift * axis for shift in _mouths(enclosure, portal, axis, scene)]
        if source_m is not None:
            centres = [min(centres, key=lambda centre: float(np.linalg.norm(centre - np.array(source_m))))]
        rows += [(*centre, *axis, portal.radius_m, portal.area_m2) for centre in centres]
    return np.array(rows, dtype=np.float64).reshape(-1, 8)


def _mouths(enclosure: Enclosure, portal: Portal, axis: FloatArray, scene: RayScene) -> list[float]:
    """Return where along the axis [m] the bore that a portal stands in ends; [0] if it stands in the open."""
    step = portal.radius_m / _STEPS_PER_RADIUS
    number = int(_LONGEST * _STEPS_PER_RADIUS)
    places = step * np.arange(-number, number + 1)
    side = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    side /= np.linalg.norm(side)
    angle = 2.0 * np.pi * (np.arange(_SPOKES) + 0.5) / _SPOKES
    spokes = np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(axis, side)
    origins = np.repeat(np.array(portal.center_m) + places[:, None] * axis, _SPOKES, axis=0)
    found = scene.intersect(origins.astype(np.float32), np.tile(spokes, (len(places), 1)).astype(np.float32))
    facet: IntArray = found["primID"]
    near = (facet >= 0) & (found["tfar"] < _AROUND * portal.radius_m)
    near &= np.abs(enclosure.normal[facet] @ axis) < _ALONG
    closed = near.reshape(-1, _SPOKES).all(axis=1)
    if not closed[number]:
        return [0.0]
    above = np.flatnonzero(~closed[number:])
    below = np.flatnonzero(~closed[number::-1])
    if not len(above) or not len(below):
        return [0.0]  # no end in sight: a long tube, whose mouths are no portals
    return [-step * float(below[0]), step * float(above[0])]


__all__ = ["MAX_OPENINGS", "find_openings"]
