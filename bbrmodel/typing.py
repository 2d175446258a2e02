"""Array aliases used in every signature."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# Called with (work done, work in all); numerics report, only the command line draws a bar.
Progress = Callable[[int, int], None]

__all__ = ["BoolArray", "FloatArray", "IntArray", "Progress"]
