r"""The thermal field at the ion: direct and effective solid angles of every facet, T_eff and its numerical error.

The ion sees radiosity J over the whole sphere, so :math:`\sigma T_{eff}^4 = \sum_i \Omega_i J_i / 4\pi`. One adjoint
radiosity solve turns the direct solid angles into the weight of every facet's own emission, reflections included.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.ion.direct import DirectView, first_seen, look_from
from bbrmodel.radiation.exchange_bias import exchange_bias
from bbrmodel.radiation.exchange_error import exchange_variance
from bbrmodel.radiation.facet_size import FacetSizes, facet_size_effect
from bbrmodel.radiation.light_exchange import LightExchange, LightState
from bbrmodel.radiation.paths import SHELL, PathOptics, PathWeights
from bbrmodel.typing import BoolArray, FloatArray

# Of the correction for the mean of the noise; what is left of it where its exact value is known is a fifth.
_BIAS_ERROR = 0.25
# Of both corrections for the size of facets, which hold to leading order: a fifth was the worst in a coarse duct.
_SIZE_ERROR = 0.25


@dataclass(frozen=True)
class EffectiveView:
    """What the ion sees with reflections; facet arrays of shape (num_facets,), fractions of 4 pi.

    `seen` is what it sees first and `open_sky` what of the sky. `by_light` maps a class of light to the weight of each
    facet's full emission in that class; these sum to 1 with `environment_by_light`. `weight` is the weight at the
    facet's actual mixture: T_eff^4 = sum weight T^4, but for the correction of noise. `gain_by_light` is what the ion
    gets of a flux that leaves a facet diffusely, in the classes that lines between facets describe.
    """

    seen: FloatArray
    open_sky: float
    by_light: dict[str, FloatArray]
    environment_by_light: dict[str, float]
    weight: FloatArray
    environment: float
    fourth_power: float  # T_eff^4, corrected for the mean effect of noise and for the size of facets, K4
    emitted_fourth_power: float  # sum weight T^4 as it is, K4
    rays_std: float  # of T_eff^4 from ray statistics, K4
    facets_std: float  # of T_eff^4 from radiosity that is constant on facets, K4
    gain_by_light: dict[str, FloatArray]

    @property
    def fourth_power_std(self) -> float:
        """Numerical standard deviation of T_eff^4 [K4]."""
        return float(np.hypot(self.rays_std, self.facets_std))

    @property
    def temperature_K(self) -> float:
        """Effective temperature."""
        return float(self.fourth_power**0.25)

    @property
    def temperature_std_K(self) -> float:
        """Numerical standard deviation of the effective temperature."""
        return self.in_kelvin(self.fourth_power_std)

    def in_kelvin(self, change_K4: float) -> float:
        """Return the change of the effective temperature [K] for a small one of its fourth power."""
        return change_K4 / (4.0 * self.temperature_K**3)

    @property
    def sum_of_weights(self) -> float:
        """Sum of all weights of the class that is furthest from 1."""
        sums = [float(w.sum()) + self.environment_by_light[k] for k, w in self.by_light.items()]
        return max(sums, key=lambda total: abs(total - 1.0))


def compute_effective_view(
    exchange: LightExchange,
    seen: tuple[FloatArray, float],
    direct: Mapping[str, DirectView],
    paths: Mapping[str, PathWeights],
    *,
    sizes: FacetSizes | None = None,
) -> EffectiveView:
    """Return effective weights and T_eff^4 from a converged exchange.

    Parameters
    ----------
    seen
        What the ion sees first, and the open sky.
    direct
        For classes of light with geometric exchange areas: what the ion sees by way of mirrors. One adjoint solve adds
        diffuse reflection. Without mirrors these are the same.
    paths
        For the other classes: weights of paths that were followed back from the ion.
    sizes
        How facets lie to each other; None: nothing is said about what their size costs.
    """
    found = {light.name: _weights_in(light, direct, paths) for light in exchange.lights}
    outside = exchange.surfaces.environment_temperature_K
    weight, environment = np.zeros(len(exchange.fourth_power)), 0.0
    for light in exchange.lights:
        weight += light.share * found[light.name].weight
        if outside is not None:
            environment += found[light.name].environment * light.environment / (STEFAN_BOLTZMANN * outside**4)
    states = [(light, state) for light in exchange.lights if (state := found[light.name].state) is not None]
    bias = exchange_bias(states)
    variance = exchange_variance(states) + _direct_variance(direct, paths, exchange) + (_BIAS_ERROR * bias) ** 2
    emitted = float(weight @ exchange.fourth_power) + environment * (outside or 0.0) ** 4
    gains = [(light, gain) for light in exchange.lights if (gain := found[light.name].gain) is not None]
    at_openings, elsewhere = 0.0, 0.0
    if sizes is not None:
        at_openings, elsewhere = facet_size_effect(gains, sizes)
    return EffectiveView(
        seen=seen[0],
        open_sky=seen[1],
        by_light={name: each.weight for name, each in found.items()},
        environment_by_light={name: each.environment for name, each in found.items()},
        weight=weight,
        environment=environment,
        fourth_power=emitted + (at_openings + elsewhere - bias) / STEFAN_BOLTZMANN,
        emitted_fourth_power=emitted,
        rays_std=float(np.sqrt(variance)) / STEFAN_BOLTZMANN,
        facets_std=_SIZE_ERROR * (abs(at_openings) + abs(elsewhere)) / STEFAN_BOLTZMANN,
        gain_by_light={name: each.gain for name, each in found.items() if each.gain is not None},
    )


@dataclass(frozen=True)
class _ClassWeights:
    """Effective weights in one class of light; gain and adjoint state where an adjoint solve gave them."""

    weight: FloatArray
    environment: float
    gain: FloatArray | None = None
    state: FloatArray | None = None


def _weights_in(light: LightState, direct: Mapping[str, DirectView], paths: Mapping[str, PathWeights]) -> _ClassWeights:
    """Return effective weights in one class of light."""
    if light.name in paths:
        return _ClassWeights(paths[light.name].weight, paths[light.name].environment)
    seen, areas = direct[light.name], light.solver.areas
    state = light.solver.adjoint_state(seen.arrival)
    gain = seen.arrival + areas.apply(state)
    return _ClassWeights(light.absorptivity * gain, seen.environment + float(state @ areas.escape), gain, state)


def is_diffuse(optics: PathOptics) -> BoolArray:
    """Return where all that is not absorbed is reflected diffusely, and enough is absorbed to know the irradiance."""
    through = (optics.transmittance > 0.0) | (optics.passage == SHELL)
    diffuse: BoolArray = (optics.n == 0.0) & (optics.specularity == 0.0) & ~through & (optics.absorptivity > 0.0)
    return diffuse


def _direct_variance(
    direct: Mapping[str, DirectView], paths: Mapping[str, PathWeights], exchange: LightExchange
) -> float:
    """Return the variance of the ion's irradiance from the rays and paths that leave the ion.

    Classes that are sampled alike share their random numbers, so their estimates are added before the scatter is taken.
    """
    by_rays = [
        direct[light.name].replicas @ light.radiosity + direct[light.name].environment_replicas * light.environment
        for light in exchange.lights
        if light.name in direct
    ]
    by_paths = [
        paths[light.name].replicas @ (light.share * STEFAN_BOLTZMANN * exchange.fourth_power)
        + paths[light.name].environment_replicas * light.environment
        for light in exchange.lights
        if light.name in paths
    ]
    estimates = [np.sum(group, axis=0) for group in (by_rays, by_paths) if group]
    return sum(float(group.var(ddof=1)) / len(group) for group in estimates)


__all__ = ["DirectView", "EffectiveView", "compute_effective_view", "first_seen", "is_diffuse", "look_from"]
