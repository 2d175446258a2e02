"""The one way in which this package compiles its loops."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def njit_nogil(function: Function) -> Function:
    """Return the function compiled, cached on disk and free of the interpreter lock; division by zero gives inf."""
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast(Function, compiled)


__all__ = ["njit_nogil"]
