"""Outputs at the ion as sums over what all facets send out: T_eff, and the clock shift."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.shift import shift_Hz
from bbrmodel.radiation.light_exchange import LightExchange, LightState
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.model import Model

Quantity = Literal["temperature", "shift"]
QUANTITIES: tuple[Quantity, ...] = ("temperature", "shift")
UNITS: Mapping[Quantity, str] = {"temperature": "K", "shift": "1"}
_RELATIVE_STEP = 1e-4  # of T, for the slope of the shift: its error is 1e-8 of it


@dataclass(frozen=True)
class Channel:
    """One output as the ion's sum q = sum over classes and facets of receiver x source, sources emitting psi(T).

    For the effective temperature psi is sigma T^4, for the shift it is the shift of a black body at T.
    """

    quantity: Quantity
    model: Model

    def emission(self, fourth_power: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return psi for T^4 [K4], and d psi / d T^4."""
        if self.quantity == "temperature":
            return STEFAN_BOLTZMANN * fourth_power, np.full_like(fourth_power, STEFAN_BOLTZMANN)
        T = np.maximum(fourth_power, 1.0) ** 0.25  # facets that do not radiate hold 0
        step = _RELATIVE_STEP * T
        transition = self.model.transition
        slope = (shift_Hz(transition, T + step) - shift_Hz(transition, T - step)) / (2.0 * step)
        value = np.where(fourth_power > 0.0, shift_Hz(transition, T), 0.0)
        return value, slope / (4.0 * T**3)

    def output(self, total: float) -> tuple[float, float]:
        """Return the output for the ion's sum q, and d output / dq: kelvin, or the fractional shift."""
        corrected = self.model.correction * total
        if self.quantity == "temperature":
            value = float((corrected / STEFAN_BOLTZMANN) ** 0.25)
            return value, value / (4.0 * total)
        frequency = self.model.transition.frequency_Hz
        return corrected / frequency, self.model.correction / frequency

    def source(self, light: LightState, psi: FloatArray) -> FloatArray:
        """Return what facets send out in one class before reflection, as the exchange counts it."""
        sent: FloatArray = light.strength * light.share * psi
        return sent

    def outside(self, exchange: LightExchange, light: LightState) -> float:
        """Return what the surroundings send in one class."""
        outside = exchange.surfaces.environment_temperature_K
        if outside is None:
            return 0.0
        share = float(exchange.surfaces.optics.share(light.name, np.array([outside]))[0][0])
        return share * float(self.emission(np.array([outside**4]))[0][0])

    def irradiance(self, exchange: LightExchange, light: LightState) -> FloatArray:
        """Return the irradiance of every facet in one class, in units of psi."""
        if self.quantity == "temperature":
            return light.irradiance
        psi, _ = self.emission(exchange.fourth_power)
        scale = float(np.abs(psi).max()) or 1.0
        found = light.solver.solve_irradiance(
            self.source(light, psi) / scale, environment=self.outside(exchange, light) / scale
        )
        return scale * found


def receiver(model: Model, light: LightState) -> FloatArray:
    """Return what the ion gets of a unit source on each facet in one class, in the case itself."""
    gain = model.view.gain_by_light.get(light.name)
    return model.view.by_light[light.name] if gain is None else gain


def ion_sum(model: Model, exchange: LightExchange, channel: Channel) -> float:
    """Return the ion's sum q in any converged exchange on the mesh of the model, from the light that arrives."""
    psi, _ = channel.emission(exchange.fourth_power)
    total = 0.0
    for light in exchange.lights:
        outside, source = channel.outside(exchange, light), channel.source(light, psi)
        if light.name in model.looks.paths:
            found = model.looks.paths[light.name]
            total += float(found.weight @ source) + found.environment * outside
            continue
        seen = model.looks.direct[light.name]
        arriving = channel.irradiance(exchange, light)
        reflected = (light.solver.areas.kept - light.solver.absorptivity) * arriving
        total += float(seen.arrival @ (source + reflected)) + seen.environment * outside
    return total


__all__ = ["QUANTITIES", "UNITS", "Channel", "Quantity", "ion_sum", "receiver"]
