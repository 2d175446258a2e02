r"""Derivatives of an output by any input, from one adjoint solve for each output.

The output depends on an input directly (what facets emit and reflect) and by way of the temperatures. Both are sums
over facets and nodes of what the input changes *at fixed temperatures and fixed arriving light*, weighted with adjoint
potentials, so that an input costs two evaluations of the heat balance and no solve.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bbrmodel.conduction.adjoint import LinearBalance, linearise_balance
from bbrmodel.radiation.light_exchange import LightExchange, LightState
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.channels import Channel, Quantity, ion_sum, receiver
from bbrmodel.uncertainty.model import Model, Setup, exchange_of

if TYPE_CHECKING:
    from bbrmodel.conduction.solid import Solid

Solids = Callable[[Setup], "Solid"]


@dataclass(frozen=True)
class Adjoint:
    """What one output gains of a change anywhere, at the solution of the case.

    Attributes
    ----------
    value
        The output.
    heat
        shape (num_nodes,), output per watt into a node.
    from_ion
        For each class of light, shape (num_facets,): output per unit of psi that a facet sends out, as seen by the ion
        at fixed temperatures.
    from_heat
        For each class, output per W/m2 that a facet sends out, by way of the temperatures [m2 x output/W].
    irradiance
        For each class, irradiance in units of psi.
    outside
        For each class, output per unit of psi, and per W/m2, that the surroundings send.
    """

    channel: Channel
    value: float
    heat: FloatArray
    from_ion: dict[str, FloatArray]
    from_heat: dict[str, FloatArray]
    irradiance: dict[str, FloatArray]
    outside: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Trial:
    """A variant at given temperatures and given arriving light: heat that does not radiate, and the light sent out."""

    T: FloatArray  # (num_nodes,), those of the case but for nodes of given temperature
    heat_W: FloatArray  # (num_nodes,), by conduction and all heat paths but light
    exchange: LightExchange


def solid_of(model: Model) -> Solids:
    """Return what builds the conduction of a variant; most variants share that of the case."""
    from bbrmodel.conduction.solid import Solid

    known = Solid(model.solved.split, model.base.assignment.curves)

    def build(setup: Setup) -> Solid:
        curves = setup.assignment.curves
        return known if curves == model.base.assignment.curves else Solid(model.solved.split, curves)

    return build


def solve_adjoint(model: Model, quantity: Quantity, solids: Solids | None) -> Adjoint:
    """Return the adjoint of one output; `solids` is None for shells without bodies.

    Raises
    ------
    ConvergenceError
        The linear solve stopped short.
    """
    exchange, channel = model.exchange, Channel(quantity, model)
    exchange.linearise(model.solved.T)
    value, slope = channel.output(ion_sum(model, exchange, channel))
    psi, psi_slope = channel.emission(exchange.fourth_power)
    irradiance = {light.name: channel.irradiance(exchange, light) for light in exchange.lights}
    gains = {light.name: slope * receiver(model, light) for light in exchange.lights}
    by_mean, by_fourth = np.zeros(len(psi)), np.zeros(len(psi))
    for light in exchange.lights:
        gain = gains[light.name]
        absorbs = light.absorptivity_slope * (light.share * psi - irradiance[light.name])
        by_mean += gain * (absorbs + light.strength * light.share_slope * psi)
        by_fourth += gain * light.strength * light.share * psi_slope
    heat = np.zeros(model.num_nodes)
    if solids is not None:
        heat = -balance_of(model, solids).solve_transposed(exchange.spread_to_nodes(by_mean, by_fourth))
    from_heat = exchange.heat_potential(heat, tolerance=1e-11)
    sky = model.view.environment_by_light
    outside = {light.name: (slope * sky[light.name], _outside_heat(exchange, light, heat)) for light in exchange.lights}
    return Adjoint(channel, value, heat, gains, from_heat, irradiance, outside)


def balance_of(model: Model, solids: Solids) -> LinearBalance:
    """Return the heat balance linearised at the solution."""
    T, solid = model.solved.T, solids(model.base)
    solid.set_temperature(T)
    return linearise_balance(solid.linearise(), model.base.terms, ~model.base.fixed, T=T, radiation=model.exchange)


def _outside_heat(exchange: LightExchange, light: LightState, heat: FloatArray) -> float:
    """Return what one W/m2 from the surroundings in one class adds by way of the temperatures."""
    if exchange.surfaces.environment_temperature_K is None:
        return 0.0
    arriving = light.solver.solve_irradiance(np.zeros_like(light.irradiance), environment=1.0)
    return float(exchange.facet_mean(heat) @ (exchange.surfaces.area_m2 * light.absorptivity * arriving))


def try_out(model: Model, setup: Setup, solids: Solids | None) -> Trial:
    """Return a variant at the temperatures of the case, those that it gives itself replaced, and at the same light."""
    exchange = exchange_of(model, setup)
    T = np.where(setup.fixed, setup.value, model.solved.T)
    heat = np.zeros(model.num_nodes)
    if solids is not None:
        solid = solids(setup)
        solid.set_temperature(T)
        heat = -solid.heat_out_of_nodes()
        for term in setup.terms:
            heat += term.heat(T)
    exchange.linearise(T, frozen=True)
    return Trial(T, heat, exchange)


def change_of_output(adjoint: Adjoint, after: Trial, before: Trial) -> float:
    """Return the change of an output between two variants near the case, to first order."""
    channel = adjoint.channel
    total = float(adjoint.heat @ (after.heat_W - before.heat_W))
    psi = [channel.emission(trial.exchange.fourth_power)[0] for trial in (after, before)]
    for one, other in zip(after.exchange.lights, before.exchange.lights, strict=True):
        name = one.name
        less = 0.0 if one.is_traced else one.absorptivity - other.absorptivity
        sent = channel.source(one, psi[0]) - channel.source(other, psi[1])
        total += float(adjoint.from_ion[name] @ (sent - less * adjoint.irradiance[name]))
        total += float(adjoint.from_heat[name] @ (one.source - other.source - less * other.irradiance))
        seen, felt = adjoint.outside[name]
        total += seen * (channel.outside(after.exchange, one) - channel.outside(before.exchange, other))
        total += felt * (one.environment - other.environment)
    return total


@dataclass(frozen=True)
class PlaceAdjoint:
    """What the temperature at one place gains of a change anywhere; `heat` and `from_heat` as in `Adjoint`.

    `weights` (num_nodes,) give the temperature of the place, `outside` its gain from the surroundings by class.
    """

    weights: FloatArray
    heat: FloatArray
    from_heat: dict[str, FloatArray]
    outside: dict[str, float]


def solve_place(model: Model, balance: LinearBalance, weights: FloatArray, *, tolerance: float) -> PlaceAdjoint:
    """Return the adjoint of the temperature sum(weights * T)."""
    exchange = model.exchange
    heat = -balance.solve_transposed(weights, tolerance=tolerance)
    outside = {light.name: _outside_heat(exchange, light, heat) for light in exchange.lights}
    return PlaceAdjoint(weights, heat, exchange.heat_potential(heat, tolerance=0.01 * tolerance), outside)


def change_of_place(place: PlaceAdjoint, after: Trial, before: Trial) -> float:
    """Return the change of a place's temperature between two variants near the case, to first order [K]."""
    total = float(place.heat @ (after.heat_W - before.heat_W) + place.weights @ (after.T - before.T))
    for one, other in zip(after.exchange.lights, before.exchange.lights, strict=True):
        less = 0.0 if one.is_traced else one.absorptivity - other.absorptivity
        total += float(place.from_heat[one.name] @ (one.source - other.source - less * other.irradiance))
        total += place.outside[one.name] * (one.environment - other.environment)
    return total


__all__ = [
    "Adjoint",
    "PlaceAdjoint",
    "Solids",
    "Trial",
    "balance_of",
    "change_of_output",
    "change_of_place",
    "solid_of",
    "solve_adjoint",
    "solve_place",
    "try_out",
]
