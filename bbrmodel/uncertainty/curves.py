"""What one input does to a set of numbers, over the whole range of its coordinate: tabulated, then interpolated."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.inputs import Input

# Of a normal coordinate; beyond lie 7e-6 of all samples, which are kept at the end.
REACH = 4.5
_KINKED = ("factors",)
_SMOOTH_NODES, _HALF_NODES = 9, 5


@dataclass(frozen=True)
class InputCurve:
    """Numbers over the coordinate z of one input.

    Attributes
    ----------
    pieces
        One spline, or one on either side of the nominal value where the slope jumps.
    start
        Where they meet.
    reach
        Lowest and highest z.
    """

    pieces: tuple[CubicSpline, ...]
    start: float
    reach: tuple[float, float]

    def __call__(self, z: FloatArray) -> FloatArray:
        """Return the numbers at coordinates z, shape (num, ...)."""
        inside = np.clip(z, *self.reach)
        low: FloatArray = np.asarray(self.pieces[0](inside), dtype=np.float64)
        if len(self.pieces) == 1:
            return low
        shape = (-1,) + (1,) * (low.ndim - 1)
        return np.where((inside < self.start).reshape(shape), low, self.pieces[1](inside))


def has_kink(one: Input) -> bool:
    """Tell whether the slope of an input's values jumps at the nominal one."""
    return one.is_level or one.first.kind in _KINKED


def nodes_of(one: Input) -> FloatArray:
    """Return the coordinates at which an input is tabulated; the nominal one is among them."""
    reach = REACH if one.first.is_unbounded else 1.0
    start = min(max(one.first.start, -reach), reach)
    if has_kink(one) and abs(start) < reach:
        lower, upper = np.linspace(-reach, start, _HALF_NODES), np.linspace(start, reach, _HALF_NODES)
        return np.concatenate([lower, upper[1:]])
    return np.asarray(np.linspace(-reach, reach, _SMOOTH_NODES))


def curve_through(one: Input, values: FloatArray) -> InputCurve:
    """Return the curve through values at the nodes of an input, shape (num_nodes, ...)."""
    nodes, start = nodes_of(one), one.first.start
    if has_kink(one) and len(nodes) == 2 * _HALF_NODES - 1:
        halves: Sequence[slice] = (slice(None, _HALF_NODES), slice(_HALF_NODES - 1, None))
        pieces = tuple(CubicSpline(nodes[part], values[part]) for part in halves)
    else:
        pieces = (CubicSpline(nodes, values),)
    return InputCurve(pieces, start, (float(nodes[0]), float(nodes[-1])))


__all__ = ["REACH", "InputCurve", "curve_through", "has_kink", "nodes_of"]
