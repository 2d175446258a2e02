"""Array aliases used in every signature."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
AnyArray = npt.NDArray[Any]  # compiled kernels and sparse data: several widths of number
BoolArray = npt.NDArray[np.bool_]

# Called with (work done, work in all); numerics report, only the command line draws a bar.
Progress = Callable[[int, int], None]

__all__ = ["AnyArray", "BoolArray", "FloatArray", "IntArray", "Progress"]
