r"""Derivatives of an output by any input, from one adjoint solve for each output.

The output depends on an input directly (what facets emit and reflect) and by way of the temperatures. Both are sums
over facets and nodes of what the input changes *at fixed temperatures and fixed arriving light*, weighted with adjoint
potentials, so that an input costs two evaluations of the heat balance and no solve.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bbrmodel.conduction.adjoint import TOLERANCE, LinearBalance, linearise_balance
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


@dataclass(frozen=True)
class AtIon:
    """What one output gains at fixed temperatures, an `Adjoint` without heat, and by temperatures (num_nodes,)."""

    direct: Adjoint
    by_node: FloatArray


def at_ion(model: Model, quantity: Quantity) -> AtIon:
    """Return what one output gains of the light of every facet, and of every nodal temperature."""
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
    sky = model.view.environment_by_light
    outside = {light.name: (slope * sky[light.name], 0.0) for light in exchange.lights}
    nothing = {light.name: np.zeros(len(psi)) for light in exchange.lights}
    direct = Adjoint(channel, value, np.zeros(model.num_nodes), gains, nothing, irradiance, outside)
    return AtIon(direct, exchange.spread_to_nodes(by_mean, by_fourth))


def solve_adjoint(model: Model, quantity: Quantity, solids: Solids | None, *, tolerance: float = TOLERANCE) -> Adjoint:
    """Return the adjoint of one output; `solids` is None for shells without bodies.

    Raises
    ------
    ConvergenceError
        The linear solve stopped short.
    """
    found, exchange = at_ion(model, quantity), model.exchange
    if solids is None:
        return found.direct
    heat = -balance_of(model, solids).solve_transposed(found.by_node, tolerance=tolerance)
    seen = found.direct.outside
    return replace(
        found.direct,
        heat=heat,
        from_heat=exchange.heat_potential(heat, tolerance=0.01 * tolerance),
        outside={one.name: (seen[one.name][0], _outside_heat(exchange, one, heat)) for one in exchange.lights},
    )


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


__all__ = [
    "Adjoint",
    "AtIon",
    "Solids",
    "Trial",
    "at_ion",
    "balance_of",
    "change_of_output",
    "solid_of",
    "solve_adjoint",
    "try_out",
]
