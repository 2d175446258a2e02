"""The effective temperature by a second method.

Light that lines between facets describe: paths followed from the ion to where the light was emitted share with the
first method the triangles, the ray caster and the finishes, but no view factor, no closure and no radiosity.

Light that is followed by paths from the ion anyway: the paths end at the first facet that reflects diffusely, with the
radiosity that the exchange of all facets (paths from every facet) gives it. Where nothing reflects diffusely this is
the first method with other random numbers.
"""

from dataclasses import replace

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.field import EffectiveView, is_diffuse
from bbrmodel.model.light import Light
from bbrmodel.radiation.exchange_error import exchange_variance
from bbrmodel.radiation.light_exchange import LightState
from bbrmodel.radiation.paths import PathSettings, PointSource, diffuse_optics, trace_weights
from bbrmodel.solution import CrossCheck
from bbrmodel.typing import FloatArray

Position = tuple[float, float, float]


def check_by_paths(position_m: Position, light: Light, *, view: EffectiveView, settings: PathSettings) -> CrossCheck:
    """Return T_eff by the second method, beside that of `view`.

    Each class of light is followed separately with its own absorptivities; `settings.paths` is the number for each.

    Raises
    ------
    EnclosureError
        More paths are lost than rounding explains.
    """
    irradiance, variance = 0.0, 0.0
    for state in light.exchange.lights:
        method = _from_radiosity if state.is_traced else _from_emission
        mean, error = method(position_m, light, state, settings)
        irradiance += mean
        variance += error**2
    temperature = float((irradiance / STEFAN_BOLTZMANN) ** 0.25)
    std = float(np.sqrt(variance)) / STEFAN_BOLTZMANN / (4.0 * temperature**3)
    common = max(float(np.hypot(std, view.temperature_std_K)), 1e-300)
    return CrossCheck(settings.paths, temperature, std, (temperature - view.temperature_K) / common)


def _from_emission(
    position_m: Position, light: Light, state: LightState, settings: PathSettings
) -> tuple[float, float]:
    """Return the light of one class at the ion [W/m2] by paths to where it was emitted, and its standard error."""
    kept = state.solver.areas.kept
    mirror = 1.0 - kept
    absorptivity = np.where(light.enclosure.radiates, state.absorptivity, kept)
    optics = diffuse_optics(absorptivity, mirror if mirror.any() else None)
    found = trace_weights(light.enclosure, optics, source=PointSource(position_m), settings=settings)
    black: FloatArray = state.share * light.exchange.fourth_power * STEFAN_BOLTZMANN
    return found.mean(black, state.environment)


def _from_radiosity(
    position_m: Position, light: Light, state: LightState, settings: PathSettings
) -> tuple[float, float]:
    """Return the light of one class at the ion [W/m2] by paths to the first diffuse facet, and its standard error."""
    optics = light.plan.paths[state.name]
    diffuse = is_diffuse(optics) & light.enclosure.radiates
    ending = replace(optics, absorptivity=np.where(diffuse, 1.0, optics.absorptivity))
    # Other paths than those of the first method.
    found = trace_weights(
        light.enclosure,
        ending,
        source=PointSource(position_m),
        settings=replace(settings, seed=settings.seed + 1),
    )
    reflected = np.where(diffuse, 1.0 - state.absorptivity, 0.0)
    leaving = np.where(diffuse, state.emitted + reflected * state.irradiance, state.source)
    mean, error = found.mean(leaving, state.environment)
    through = found.weight * reflected / state.solver.areas.area_m2
    return mean, float(np.hypot(error, np.sqrt(exchange_variance([(state, through)]))))


__all__ = ["check_by_paths"]
