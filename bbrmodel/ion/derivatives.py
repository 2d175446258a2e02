r"""How the ion's temperature depends on every facet's temperature and absorptivity: all of it from one adjoint solve.

With the gain g of a facet (what the ion gets of a flux that leaves it diffusely, reflections included), its irradiance
H, its absorptivity :math:`\alpha` and the share x of its emission that is in a class of light,

.. math:: \frac{\partial T_{eff}^4}{\partial \alpha_j} = g_j\,(x_j T_j^4 - H_j / \sigma), \qquad
   \frac{\partial T_{eff}^4}{\partial T_j} = \alpha_j g_j\,(4 x_j T_j^3 + x_j' T_j^4):

a facet that absorbs more emits more and reflects less.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.field import EffectiveView
from bbrmodel.radiation.light_exchange import LightExchange, LightState
from bbrmodel.typing import BoolArray, FloatArray


@dataclass(frozen=True)
class TemperatureDerivatives:
    """Derivatives of T_eff; facet arrays of shape (num_facets,).

    Attributes
    ----------
    by_temperature
        [K/K], by the temperature of each facet at fixed absorptivities; all other temperatures fixed. Their sum and
        `by_environment` is 1 in an isothermal model.
    by_temperature_with_optics
        The same with the absorptivities that follow the facet's temperature.
    by_absorptivity
        [K], by the absorptivity of each facet in each class of light, at fixed mirror-like reflection. NaN where light
        is followed by paths and what a facet does not absorb is not all reflected diffusely.
    by_environment
        [K/K], by the temperature outside.
    """

    by_temperature: FloatArray
    by_temperature_with_optics: FloatArray
    by_absorptivity: Mapping[str, FloatArray]
    by_environment: float


def temperature_derivatives(
    exchange: LightExchange, view: EffectiveView, *, diffuse: Mapping[str, BoolArray] | None = None
) -> TemperatureDerivatives:
    """Return the derivatives of the effective temperature of `view` in a converged exchange.

    Parameters
    ----------
    diffuse
        For each class of light that is followed by paths: which facets reflect diffusely all that they do not absorb,
        shape (num_facets,); none if omitted. `bbrmodel.ion.field.is_diffuse` tells from their optics.

    Notes
    -----
    No further solve. The light that arrives at a facet is that of `exchange`, so temperatures of the facets are
    independent variables here: how one follows from another by conduction is not part of this.
    """
    to_kelvin = 1.0 / (4.0 * view.temperature_K**3)
    T, fourth = exchange.facet_temperature_K, exchange.fourth_power
    by_temperature = np.zeros(len(T))
    through_optics = np.zeros(len(T))
    by_absorptivity = {}
    for light in exchange.lights:
        weight = view.by_light[light.name]
        by_temperature += weight * (4.0 * light.share * T**3 + light.share_slope * fourth)
        gain = _gain(light, view, (diffuse or {}).get(light.name))
        slope = gain * (light.share * fourth - light.irradiance / STEFAN_BOLTZMANN)
        by_absorptivity[light.name] = to_kelvin * np.where(exchange.surfaces.radiates, slope, 0.0)
        changes = light.absorptivity_slope != 0.0
        through_optics[changes] += (slope * light.absorptivity_slope)[changes]
    return TemperatureDerivatives(
        by_temperature=to_kelvin * by_temperature,
        by_temperature_with_optics=to_kelvin * (by_temperature + through_optics),
        by_absorptivity=by_absorptivity,
        by_environment=to_kelvin * _by_environment(exchange, view),
    )


def _gain(light: LightState, view: EffectiveView, diffuse: BoolArray | None) -> FloatArray:
    """Return what the ion gets of a flux that leaves each facet diffusely; NaN where that is not known."""
    if light.name in view.gain_by_light:
        return view.gain_by_light[light.name]
    known = light.absorptivity > 0.0
    if diffuse is not None:
        known &= diffuse
    else:
        known &= False
    gain: FloatArray = np.full(len(known), np.nan)
    gain[known] = view.by_light[light.name][known] / light.absorptivity[known]
    return gain


def _by_environment(exchange: LightExchange, view: EffectiveView) -> float:
    """Return d T_eff^4 / d T of the surroundings [K3]."""
    outside = exchange.surfaces.environment_temperature_K
    if outside is None:
        return 0.0
    total = 0.0
    for name, weight in view.environment_by_light.items():
        share, slope = exchange.surfaces.optics.share(name, np.array([outside]))
        total += weight * (4.0 * float(share[0]) * outside**3 + float(slope[0]) * outside**4)
    return total


__all__ = ["TemperatureDerivatives", "temperature_derivatives"]
