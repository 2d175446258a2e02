"""Solve a variant of a solved case: light and temperatures in turn, from what is known of it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.conduction.linearised import Inverse
from bbrmodel.conduction.newton import SteadyProblem, solve_steady
from bbrmodel.errors import ConvergenceError, PropertyRangeError
from bbrmodel.radiation.light_exchange import TOLERANCE, LightExchange, LightState
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.channels import QUANTITIES, Channel, Quantity
from bbrmodel.uncertainty.derivatives import Solids
from bbrmodel.uncertainty.model import Model, Setup, exchange_of

_LOG = logging.getLogger(__name__)
# Of the temperatures [K]: 1e-4 K is 1e-23 in the clock at 80 K.
CHANGE_K = 1e-4
# Of the light that is sent out: outputs err by the product of the errors of light and adjoint state, 1e-5 K in T_eff.
LIGHT_TOLERANCE = 1e-5
_FIRST_TOLERANCES = (1e-3, 1e-4)  # while temperatures are far from converged
_TURNS, _STEPS, _RENEWALS = 12, 6, 4
_TOLERANCE = 1e-8
_IMBALANCE = 1e-4  # of the largest net heat of a surface


@dataclass(frozen=True)
class Guess:
    """What is known of a solution: temperatures (num_nodes,) [K], and by class irradiance and adjoint state."""

    T: FloatArray
    irradiance: Mapping[str, FloatArray]
    reflected: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Solved:
    """Temperatures (num_nodes,) [K] and converged light of a variant."""

    T: FloatArray
    exchange: LightExchange


def solve_variant(
    model: Model,
    setup: Setup,
    solids: Solids | None,
    *,
    guess: Guess | None = None,
    tolerance: float = LIGHT_TOLERANCE,
) -> Solved:
    """Return the solution of a variant.

    Walls hardly heat each other by light where they are cold, so that light and temperatures found in turn converge
    in a few turns; where they do not, Newton's method takes over.

    Parameters
    ----------
    guess
        What to start from, the case itself if omitted.
    tolerance
        Of irradiances, of the light that is sent out.

    Raises
    ------
    ConvergenceError
        Newton's method did not converge either.
    """
    exchange = exchange_of(model, setup, tolerance=tolerance, keep_coarse=True)
    T = model.solved.T
    if guess is not None:
        T = guess.T
        exchange.lights = tuple(replace(one, irradiance=guess.irradiance[one.name]) for one in exchange.lights)
    if solids is None:
        exchange.linearise(T)
        return Solved(T, exchange)
    start = np.where(setup.fixed, setup.value, T)
    try:
        found = _solve_in_turns(setup, solids, exchange, start, is_near=guess is not None)
    except (ConvergenceError, PropertyRangeError) as error:  # of a heat path, at temperatures on the way
        _LOG.info("turns of light and temperature left the range of a heat path: %s", error)
        found = None
    if found is not None:
        return found
    exchange.tolerance = TOLERANCE  # Newton's method needs exact residuals
    solid = solids(setup)
    newton = solve_steady(SteadyProblem(solid, setup.terms, setup.fixed, start, exchange), tolerance=_TOLERANCE)
    return Solved(newton.T, exchange)


def _solve_in_turns(
    setup: Setup, solids: Solids, exchange: LightExchange, T: FloatArray, *, is_near: bool
) -> Solved | None:
    """Return the solution by turns of light and temperatures, None where they do not converge."""
    balance = _Balance(setup, solids, exchange)
    final, known = exchange.tolerance, 0.0
    tolerances = [] if is_near else [value for value in _FIRST_TOLERANCES if value > final]
    exchange.tolerance = tolerances[0] if tolerances else final
    exchange.linearise(T)
    for turn in range(_TURNS):
        before = T
        T, is_settled = balance.settle(T)
        if not is_settled:
            return None
        exchange.tolerance = tolerances[turn + 1] if turn + 1 < len(tolerances) else final
        exchange.linearise(T)
        moved = float(np.abs(T - before).max())
        if turn >= len(tolerances) and _rest(moved, known) < CHANGE_K:
            return Solved(T, exchange) if balance.is_closed(T) else None
        known = moved
    return None


class _Balance:
    """The heat balance of a variant at given light, solved with a linearisation that is kept while it serves."""

    def __init__(self, setup: Setup, solids: Solids, exchange: LightExchange) -> None:
        self._terms, self._free, self._exchange = setup.terms, ~setup.fixed, exchange
        self._solid = solids(setup)
        self._inverse: Inverse | None = None

    def settle(self, T: FloatArray) -> tuple[FloatArray, bool]:
        """Return temperatures that balance the heat at the light that arrives, and whether they do."""
        for _ in range(_RENEWALS):
            inverse = self._inverse = self._inverse or self._linearise(T)
            size, best = np.inf, T
            for _ in range(_STEPS):
                change = np.where(self._free, inverse(self._missing(T)), 0.0)
                step = float(np.abs(change).max())
                if step < size:
                    size, best = step, T
                T = T + change
                if step < 0.1 * CHANGE_K:
                    return T, True
            T, self._inverse = best, None  # slopes differ too much here, as where boiling begins
        return T, False

    def is_closed(self, T: FloatArray) -> bool:
        """Tell whether the heat of all free nodes together balances."""
        return abs(float(self._missing(T).sum())) <= _IMBALANCE * self._exchange.largest_flow()

    def _missing(self, T: FloatArray) -> FloatArray:
        """Return the net heat into each free node at the light that arrives [W]."""
        self._solid.set_temperature(T)
        heat = self._exchange.linearise(T, frozen=True) - self._solid.heat_out_of_nodes()
        for term in self._terms:
            heat = heat + term.heat(T)
        return np.where(self._free, heat, 0.0)

    def _linearise(self, T: FloatArray) -> Inverse:
        """Return what solves the balance linearised at T."""
        self._solid.set_temperature(T)
        near = csr_matrix((len(T), len(T))) + self._exchange.local_derivative()
        for term in self._terms:
            near = near + term.derivative(T)
        return self._solid.linearise().inverse(near, self._free)


def _rest(moved: float, before: float) -> float:
    """Return how far temperatures still are, from what the last two turns moved: errors shrink by their ratio."""
    if moved < CHANGE_K:
        return moved
    ratio = moved / before if before > 0.0 else np.inf
    return moved * ratio / (1.0 - ratio) if ratio < 0.5 else np.inf


def reflected_in(
    model: Model, exchange: LightExchange, known: Mapping[str, FloatArray], *, tolerance: float = LIGHT_TOLERANCE
) -> dict[str, FloatArray]:
    """Return the adjoint state of each class: what the ion gains by way of reflections; `known` is near it."""
    return {
        light.name: light.solver.adjoint_state(
            model.looks.direct[light.name].arrival, start=known.get(light.name), tolerance=tolerance
        )
        for light in exchange.lights
    }


def outputs_by_adjoint(
    model: Model, exchange: LightExchange, reflected: Mapping[str, FloatArray]
) -> dict[Quantity, float]:
    """Return all outputs of a solved variant from its adjoint states, without a solve for each output.

    What the adjoint states leave of their equation, times the irradiance, is added: then an output errs by the product
    of the errors of both.
    """
    totals: dict[Quantity, float] = dict.fromkeys(QUANTITIES, 0.0)
    for light in exchange.lights:
        seen, state, areas = model.looks.direct[light.name], reflected[light.name], light.solver.areas
        sent = areas.apply(state)
        gain, sky = seen.arrival + sent, seen.environment + float(state @ areas.escape)
        missing = float(((areas.kept - light.solver.absorptivity) * gain - areas.area_m2 * state) @ light.irradiance)
        reference = float(areas.area_m2 @ light.source) + _sky_power(light)
        for quantity in QUANTITIES:
            channel = Channel(quantity, model)
            psi, _ = channel.emission(exchange.fourth_power)
            source, outside = channel.source(light, psi), channel.outside(exchange, light)
            power = float(areas.area_m2 @ source) + outside * float(areas.escape.sum())
            totals[quantity] += float(gain @ source) + sky * outside + missing * power / max(reference, 1e-300)
    return {quantity: Channel(quantity, model).output(total)[0] for quantity, total in totals.items()}


def _sky_power(light: LightState) -> float:
    """Return what the surroundings send into the exchange [W]."""
    return light.environment * float(light.solver.areas.escape.sum())


__all__ = ["CHANGE_K", "LIGHT_TOLERANCE", "Guess", "Solved", "outputs_by_adjoint", "reflected_in", "solve_variant"]
