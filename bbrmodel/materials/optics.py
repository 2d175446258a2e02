"""Emissivity and absorptivity in two classes of light: warm (from room temperature) and cold (from 77 K).

A surface at temperature T emits the share x(T) of its light in the warm class, the rest in the cold one, with
x = 0 at 77 K, 1 at 293 K and linear between. In each class absorptivity equals emissivity (Kirchhoff), so that an
isothermal enclosure stays at its temperature whatever its finishes.
"""

from typing import Literal

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.materials.finishes import COLD_K, WARM_K, Finish
from bbrmodel.typing import FloatArray

Light = Literal["warm", "cold"]


def warm_share(T: FloatArray | float) -> FloatArray:
    """Return the part of an emitter's light that travels in the warm class.

    Parameters
    ----------
    T
        any shape, [K], temperature of the emitter.

    Returns
    -------
    :
        shape of `T`, [-], 0 up to 77 K, 1 from 293 K.
    """
    return np.clip((np.asarray(T, dtype=np.float64) - COLD_K) / (WARM_K - COLD_K), 0.0, 1.0)


def absorptivity(finish: Finish, T: FloatArray | float, light: Light) -> FloatArray:
    """Return the share of incident light of one class that a surface absorbs.

    Parameters
    ----------
    finish
        The surface's finish.
    T
        any shape, [K], temperature of the surface.
    light
        ``warm``: from `a77_293` at 77 K to `e293` at 293 K, linear in T. ``cold``: `e77` at every temperature; for
        warm surfaces this is an assumption, which matters little because cold light carries little power.

    Returns
    -------
    :
        shape of `T`, [-].

    Raises
    ------
    ConfigError
        `light` is neither class.
    """
    x = warm_share(T)
    if light == "warm":
        return finish.a77_293 + x * (finish.e293 - finish.a77_293)
    if light == "cold":
        return np.full(x.shape, finish.e77)
    raise ConfigError(f"light = '{light}': must be 'warm' or 'cold'.")


def emissivity(finish: Finish, T: FloatArray | float) -> FloatArray:
    """Return the total emissivity at the surface's own temperature.

    The mean of both absorptivities, weighted by `warm_share`: `e77` up to 77 K, `e293` from 293 K.

    Parameters
    ----------
    finish
        The surface's finish.
    T
        any shape, [K], temperature of the surface.

    Returns
    -------
    :
        shape of `T`, [-].
    """
    x = warm_share(T)
    return x * absorptivity(finish, T, "warm") + (1.0 - x) * finish.e77


__all__ = ["Light", "absorptivity", "emissivity", "warm_share"]
