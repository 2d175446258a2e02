"""View factors of single pairs of polygons that nothing stands between."""

import numpy as np

from bbrmodel.errors import EnclosureError
from bbrmodel.radiation.exact.clipping import clip, plane_of
from bbrmodel.radiation.exact.contour import contour_exchange
from bbrmodel.typing import FloatArray

# Heights over a plane below this share of the pair's size are rounding.
_PLANE_TOLERANCE = 1e-13


def polygon_pair_factor(emitter: FloatArray, receiver: FloatArray) -> float:
    """Return the view factor from one plane polygon to another, with nothing in between.

    Parameters
    ----------
    emitter, receiver
        shape (num_corners, 3), [m], corners in the right-hand sense round the normal of the side that radiates. What
        lies behind the plane of the other polygon is cut off first. The polygons may share corners or edges.

    Returns
    -------
    :
        the fraction of what leaves `emitter` that reaches `receiver`, to about 1e-11 of itself.

    Raises
    ------
    EnclosureError
        A polygon has less than three corners, no area, or is not plane.

    Examples
    --------
    >>> floor = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
    >>> roof = floor[::-1] + [0.0, 0, 1]
    >>> round(polygon_pair_factor(floor, roof), 12)
    0.199824895698
    """
    a, plane_a, area_a = _checked(emitter, "emitter")
    b, plane_b, _ = _checked(receiver, "receiver")
    both = np.concatenate([a, b])
    eps = _PLANE_TOLERANCE * float(np.ptp(both, axis=0).max()) + 1e-15 * float(np.abs(both).max())
    cut_a, cut_b = np.empty((2 * len(a), 3)), np.empty((2 * len(b), 3))
    num_a, num_b = clip(a, len(a), plane_b, eps, cut_a), clip(b, len(b), plane_a, eps, cut_b)
    if num_a == 0 or num_b == 0:
        return 0.0
    exchange, _ = contour_exchange(cut_a, num_a, cut_b, num_b)
    return float(exchange / area_a)


def triangle_pair_factor(emitter: FloatArray, receiver: FloatArray) -> float:
    """Return the view factor from one triangle to another, each of shape (3, 3); see `polygon_pair_factor`."""
    return polygon_pair_factor(np.reshape(emitter, (3, 3)), np.reshape(receiver, (3, 3)))


def _checked(polygon: FloatArray, role: str) -> tuple[FloatArray, FloatArray, float]:
    """Return corners, plane and area of a polygon that can radiate."""
    corners = np.array(polygon, dtype=np.float64)
    if corners.ndim != 2 or corners.shape[0] < 3 or corners.shape[1] != 3:
        raise EnclosureError(
            f"{role}: a polygon needs at least three corners of three coordinates, not {corners.shape}."
        )
    plane = np.zeros(4)
    area = float(plane_of(corners, len(corners), plane))
    size = float(np.ptp(corners, axis=0).max())
    if not area > 1e-14 * size**2:
        raise EnclosureError(f"{role}: the polygon has no area. Give corners that do not lie on one line.")
    worst = float(np.abs(corners @ plane[:3] - plane[3]).max())
    if worst > 1e-9 * size:
        raise EnclosureError(f"{role}: a corner lies {worst:.3g} m off the polygon's plane. Split it into triangles.")
    return corners, plane, area


__all__ = ["polygon_pair_factor", "triangle_pair_factor"]
