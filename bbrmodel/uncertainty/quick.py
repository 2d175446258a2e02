"""Solve a variant of a solved case: light and temperatures in turn, from what the case left."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.conduction.newton import SteadyProblem, solve_steady
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.channels import QUANTITIES, Channel, Quantity
from bbrmodel.uncertainty.derivatives import Solids
from bbrmodel.uncertainty.model import Model, Setup, exchange_of

# Of the temperatures [K]: 1e-4 K is 1e-23 in the clock at 80 K.
CHANGE_K = 1e-4
LIGHT_TOLERANCE = 1e-8  # of the light that is sent out
_TURNS, _STEPS = 12, 6
_TOLERANCE = 1e-8


@dataclass(frozen=True)
class Solved:
    """Temperatures (num_nodes,) [K] and converged light of a variant."""

    T: FloatArray
    exchange: LightExchange


def solve_variant(model: Model, setup: Setup, solids: Solids | None) -> Solved:
    """Return the solution of a variant.

    Walls hardly heat each other by light where they are cold, so that light and temperatures found in turn converge
    in a few turns; where they do not, Newton's method takes over.

    Raises
    ------
    ConvergenceError
        Newton's method did not converge either.
    """
    exchange = exchange_of(model, setup, tolerance=LIGHT_TOLERANCE)
    if solids is None:
        exchange.linearise(model.solved.T)
        return Solved(model.solved.T, exchange)
    T = np.where(setup.fixed, setup.value, model.solved.T)
    solid, free = solids(setup), ~setup.fixed
    exchange.linearise(T)
    solid.set_temperature(T)
    near = csr_matrix((len(T), len(T))) + exchange.local_derivative()
    for term in setup.terms:
        near = near + term.derivative(T)
    inverse = solid.linearise().inverse(near, free)
    for turn in range(_TURNS):
        before = T
        for _ in range(_STEPS):
            solid.set_temperature(T)
            heat = exchange.linearise(T, frozen=True) - solid.heat_out_of_nodes()
            for term in setup.terms:
                heat = heat + term.heat(T)
            change = inverse(np.where(free, heat, 0.0))
            T = T + np.where(free, change, 0.0)
            if np.abs(change).max() < 0.1 * CHANGE_K:
                break
        exchange.linearise(T)
        if turn and np.abs(T - before).max() < CHANGE_K:
            return Solved(T, exchange)
    found = solve_steady(SteadyProblem(solid, setup.terms, setup.fixed, T, exchange), tolerance=_TOLERANCE)
    return Solved(found.T, exchange)


def reflected_in(model: Model, exchange: LightExchange, known: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return the adjoint state of each class: what the ion gains by way of reflections; `known` is near it."""
    return {
        light.name: light.solver.adjoint_state(
            model.looks.direct[light.name].arrival, start=known.get(light.name), tolerance=LIGHT_TOLERANCE
        )
        for light in exchange.lights
    }


def outputs_by_adjoint(
    model: Model, exchange: LightExchange, reflected: Mapping[str, FloatArray]
) -> dict[Quantity, float]:
    """Return all outputs of a solved variant from its adjoint states, without a solve for each output."""
    found: dict[Quantity, float] = {}
    for quantity in QUANTITIES:
        channel, total = Channel(quantity, model), 0.0
        psi, _ = channel.emission(exchange.fourth_power)
        for light in exchange.lights:
            seen, state, areas = model.looks.direct[light.name], reflected[light.name], light.solver.areas
            gain = seen.arrival + areas.apply(state)
            total += float(gain @ channel.source(light, psi))
            total += (seen.environment + float(state @ areas.escape)) * channel.outside(exchange, light)
        found[quantity] = channel.output(total)[0]
    return found


__all__ = ["CHANGE_K", "LIGHT_TOLERANCE", "Solved", "outputs_by_adjoint", "reflected_in", "solve_variant"]
