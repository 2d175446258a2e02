"""The ion's temperature and shift while the temperatures change: the radiosity that it sees, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.clocks import Clock, clock
from bbrmodel.ion.look import Looks, look
from bbrmodel.ion.mixture import Weights, shift_in, weights_of
from bbrmodel.model.light import Light
from bbrmodel.model.transient import MakeWatch
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.spec import Case
from bbrmodel.typing import FloatArray


@dataclass(frozen=True)
class ViewWatch:
    """Measures the light at the ion as the exchange has it.

    The irradiance follows from the radiosity of the moment. Two small things are kept from the beginning: `correction`,
    the factor on T^4 for the mean effect of noise and the size of facets, and the `weights` of the emitters, by which
    their temperatures of the moment enter the dynamic part of the shift (a thousandth of it at room temperature). With
    bands these are the weights of each band, which do not change with temperature.
    """

    exchange: LightExchange
    view: Looks
    clock: Clock
    correction: float
    weights: Weights

    def measure(self) -> dict[str, float]:
        """Return temperature and shift at the ion."""
        fourth = self.correction * irradiance(self.exchange, self.view) / STEFAN_BOLTZMANN
        mixture_shift, mixture_fourth = shift_in(self.clock, self.exchange, self.weights)
        shift = fourth * mixture_shift / mixture_fourth
        return {
            "ion:effective_temperature_K": fourth**0.25,
            "ion:shift_Hz": shift,
            "ion:fractional_shift": shift / self.clock.frequency_Hz,
        }

    def saved(self) -> dict[str, FloatArray]:
        """Return what a watch of the same run needs that goes on later."""
        return {
            "ion_correction": np.append(self.correction, self.weights.environment),
            "ion_weight": self.weights.facets,
        }


def irradiance(exchange: LightExchange, view: Looks) -> float:
    """Return the mean radiosity of all that the ion sees [W/m2]; sigma T_eff^4."""
    total = 0.0
    for light in exchange.lights:
        if light.name in view.paths:
            found = view.paths[light.name]
            emitted = light.share * STEFAN_BOLTZMANN * exchange.fourth_power
            total += float(found.weight @ emitted) + found.environment * light.environment
        else:
            seen = view.direct[light.name]
            total += float(seen.arrival @ light.radiosity) + seen.environment * light.environment
    return total


def watch_maker(case: Case) -> MakeWatch | None:
    """Return what makes the watch of a case's ion, None where there is no ion."""
    spec, radiation = case.ion, case.radiation
    if spec is None or radiation is None:
        return None

    def make(light: Light, saved: Mapping[str, FloatArray] | None) -> ViewWatch:
        view = look(spec.position_m, light, rays=spec.rays, seed=radiation.seed)
        if saved is not None:
            correction, *sky = saved["ion_correction"].tolist()
            weights = Weights(np.atleast_2d(saved["ion_weight"]), np.array(sky))
            return ViewWatch(light.exchange, view, clock(spec.clock), correction, weights)
        begin = view.view(light.exchange)
        correction = begin.fourth_power / begin.emitted_fourth_power
        return ViewWatch(light.exchange, view, clock(spec.clock), correction, weights_of(light.exchange, begin))

    return make


__all__ = ["ViewWatch", "irradiance", "watch_maker"]
