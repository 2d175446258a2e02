"""Pairs of facets whose view is cut into too many pieces, taken in parts until every part fits or hardly counts."""

import heapq
from collections.abc import Callable
from itertools import count

import numpy as np

from bbrmodel.radiation.exact.clipping import clip
from bbrmodel.radiation.exact.contour import contour_exchange
from bbrmodel.typing import FloatArray

MAX_PARTS = 4096
# Solves two polygons to an absolute tolerance [m2]; returns exchange area and error, negative where it cannot.
PolygonSolver = Callable[[FloatArray, FloatArray, float], tuple[float, float]]


def exchange_in_parts(
    solve: PolygonSolver, a: FloatArray, b: FloatArray, *, tolerances: tuple[float, float]
) -> tuple[float, float]:
    """Return exchange area [m2] and error [m2] of two polygons that are too much for `solve` as a whole.

    Parameters
    ----------
    a, b
        shape (num_corners, 3), [m], each in front of the other's plane.
    tolerances
        relative, and absolute [m2].

    Notes
    -----
    The pair of parts that would exchange most is halved across the longer of both polygons. A part that is still open
    exchanges something between nothing and what it would exchange with nothing in between, so its value is the middle
    and its error half of that range: a bound, not an estimate. Parts are halved until these bounds sum to half of the
    tolerance, or until there are `MAX_PARTS` of them. Errors of parts add up.
    """
    whole = contour_exchange(a, len(a), b, len(b))[0]
    number = count()
    pending = [(-whole, next(number), a, b)]
    value, error, rest = 0.0, 0.0, whole
    while pending and next(number) < 4 * MAX_PARTS:
        target = max(tolerances[1], tolerances[0] * (value + 0.5 * rest))
        if 0.5 * rest <= 0.5 * target:
            break
        share, _, *polygons = heapq.heappop(pending)
        rest += share
        for first, second in _halves(*polygons):
            between = contour_exchange(first, len(first), second, len(second))[0]
            part = solve(first, second, 0.5 * target * between / whole)
            if part[0] < 0.0:
                heapq.heappush(pending, (-between, next(number), first, second))
                rest += between
            else:
                value, error = value + part[0], error + part[1]
    rest = max(rest, 0.0) if pending else 0.0  # rounding
    return value + 0.5 * rest, error + 0.5 * rest


def _halves(a: FloatArray, b: FloatArray) -> list[tuple[FloatArray, FloatArray]]:
    """Return two pairs: the longer polygon cut in half at right angles to its longest side, with the other."""
    if _longest(a)[0] >= _longest(b)[0]:
        return [(part, b) for part in _cut_in_half(a)]
    return [(a, part) for part in _cut_in_half(b)]


def _longest(polygon: FloatArray) -> tuple[float, FloatArray]:
    """Return length and vector of the longest side."""
    sides = np.roll(polygon, -1, axis=0) - polygon
    length = np.linalg.norm(sides, axis=1)
    k = int(length.argmax())
    return float(length[k]), sides[k]


def _cut_in_half(polygon: FloatArray) -> list[FloatArray]:
    """Return the parts on both sides of the plane through the middle of the polygon's extent along its longest side."""
    length, side = _longest(polygon)
    along = side / length
    reach = polygon @ along
    plane = np.array([*along, 0.5 * (reach.min() + reach.max())])
    parts = []
    for half in (plane, -plane):
        out = np.empty((len(polygon) + 2, 3))
        corners = clip(polygon, len(polygon), half, 1e-12 * length, out)
        parts.append(out[:corners].copy())
    return parts


__all__ = ["MAX_PARTS", "PolygonSolver", "exchange_in_parts"]
