r"""Errors of the effective weights, facet by facet with all correlations: random outcomes of what rays may have found.

An outcome changes the exchange areas by :math:`\epsilon` and the direct view by :math:`\delta d`. To first order the
weight of every facet changes by :math:`\alpha (\delta d + a + S z)` with

.. math:: a = \epsilon y, \qquad (A - \rho S)\,z = \rho\,(\delta d + a - \tfrac{g}{A}\,(\epsilon\,k + \delta s)),

y the adjoint state, g = d + S y the gain, k the part that mirrors keep and s the areas with the environment: the last
term closes the rows. One adjoint solve for each outcome gives the errors of all weights and of all their sums.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bbrmodel.ion.direct import DirectView
from bbrmodel.ion.look import Looks
from bbrmodel.radiation.light_exchange import LightExchange, LightState
from bbrmodel.radiation.noise import OUTCOMES, noisy_products
from bbrmodel.radiation.paths import PathWeights
from bbrmodel.typing import FloatArray

_TOLERANCE = 1e-4  # of an adjoint solve for an error, which is known to a fifth


@dataclass(frozen=True)
class WeightErrors:
    """Possible deviations of the weights at the actual mixture, shape (OUTCOMES, num_facets), and of the environment.

    `environment` (OUTCOMES,) is the deviation of `EffectiveView.environment`.
    """

    facets: FloatArray
    environment: FloatArray

    def std_of_sums(self, group: FloatArray) -> FloatArray:
        """Return standard errors of sums of weights; `group` (num_facets, num_sums) says what is added up."""
        error: FloatArray = np.sqrt(((self.facets @ group) ** 2).mean(axis=0))
        return error

    @property
    def environment_std(self) -> float:
        """Standard error of the environment's weight."""
        return float(np.sqrt((self.environment**2).mean()))


def weight_errors(exchange: LightExchange, looks: Looks) -> WeightErrors:
    """Return possible deviations of all effective weights from the statistics of rays and paths.

    Notes
    -----
    Costs `OUTCOMES` adjoint solves of low accuracy for each class of light. What the size of facets does is not known
    facet by facet and is left out.
    """
    facets = np.zeros((OUTCOMES, len(exchange.fourth_power)))
    environment = np.zeros(OUTCOMES)
    outside = exchange.surfaces.environment_temperature_K
    for light in exchange.lights:
        change, sky = _in_class(light, looks.direct, looks.paths)
        facets += light.share * change
        if outside is not None:
            environment += sky * float(exchange.surfaces.optics.share(light.name, np.array([outside]))[0][0])
    return WeightErrors(facets, environment)


def _in_class(
    light: LightState, direct: Mapping[str, DirectView], paths: Mapping[str, PathWeights]
) -> tuple[FloatArray, FloatArray]:
    """Return deviations of one class's weights, shapes (OUTCOMES, num_facets) and (OUTCOMES,)."""
    if light.name in paths:
        found = paths[light.name]
        return _outcomes_of(found.replicas), _outcomes_of(found.environment_replicas)
    seen, areas = direct[light.name], light.solver.areas
    first, first_sky = _outcomes_of(seen.replicas), _outcomes_of(seen.environment_replicas)
    y = light.solver.adjoint_state(seen.arrival)
    gain = seen.arrival + areas.apply(y)
    products, escape = noisy_products(areas, (y, areas.kept))
    weights, sky = np.zeros_like(first), np.zeros(OUTCOMES)
    for k, (along, kept) in enumerate(products):
        received = first[k] + along
        z = light.solver.adjoint_state(received - gain / areas.area_m2 * (kept + escape[k]), tolerance=_TOLERANCE)
        weights[k] = light.absorptivity * (received + areas.apply(z))
        sky[k] = first_sky[k] + float(y @ escape[k]) + float(z @ areas.escape)
    return weights, sky


def _outcomes_of(replicas: FloatArray) -> FloatArray:
    """Return possible deviations of the mean of independent estimates, shape (OUTCOMES, ...)."""
    number = len(replicas)
    deviation = replicas - replicas.mean(axis=0)
    signs = np.random.default_rng(2).choice([-1.0, 1.0], (OUTCOMES, number))
    change: FloatArray = np.tensordot(signs, deviation, axes=1) / np.sqrt(number * max(number - 1, 1))
    return change


__all__ = ["WeightErrors", "weight_errors"]
