"""The effective temperature by a second method: paths followed from the ion to where the light was emitted.

It shares with the first method the triangles, the ray caster and the finishes, but no view factor, no closure and no
radiosity; it agrees within statistics or one of them is wrong.
"""

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.field import EffectiveView
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.radiation.paths import PathSettings, PointSource, diffuse_optics, trace_weights
from bbrmodel.solution import CrossCheck
from bbrmodel.typing import FloatArray


def check_by_paths(
    position_m: tuple[float, float, float],
    exchange: LightExchange,
    enclosure: Enclosure,
    *,
    view: EffectiveView,
    settings: PathSettings,
) -> CrossCheck:
    """Return T_eff by path tracing, beside that of `view`.

    Each class of light is followed separately with its own absorptivities; `settings.paths` is the number for each.

    Raises
    ------
    EnclosureError
        More paths are lost than rounding explains.
    """
    fourth, variance = 0.0, 0.0
    for light in exchange.lights:
        mirror = 1.0 - light.solver.areas.kept
        absorptivity = np.where(enclosure.radiates, light.absorptivity, light.solver.areas.kept)
        optics = diffuse_optics(absorptivity, mirror if mirror.any() else None)
        found = trace_weights(enclosure, optics, source=PointSource(position_m), settings=settings)
        emitted: FloatArray = light.share * exchange.fourth_power
        mean, error = found.mean(emitted, light.environment / STEFAN_BOLTZMANN)
        fourth += mean
        variance += error**2
    temperature = float(fourth**0.25)
    std = float(np.sqrt(variance)) / (4.0 * temperature**3)
    common = max(float(np.hypot(std, view.temperature_std_K)), 1e-300)
    return CrossCheck(settings.paths, temperature, std, (temperature - view.temperature_K) / common)


__all__ = ["check_by_paths"]
