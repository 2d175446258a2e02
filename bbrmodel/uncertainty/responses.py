r"""How all temperatures and the outputs answer to an input: one linear solve for each input.

With J = dR/dT the derivative of the heat balance R(T, p), an input changes the temperatures by
:math:`J\,dT/dp = -\partial R/\partial p`. That gives every place at once, where an adjoint gives every input at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bbrmodel.conduction.adjoint import LinearBalance
from bbrmodel.typing import FloatArray
from bbrmodel.uncertainty.channels import QUANTITIES, Quantity
from bbrmodel.uncertainty.derivatives import AtIon, Solids, Trial, at_ion, balance_of, change_of_output
from bbrmodel.uncertainty.model import Model

# Of the heat that an input changes: errors of 1e-4 of a sensitivity, far below what readings and widths are known to.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Balance:
    """What every response needs: the linearised heat balance, and what the outputs gain."""

    model: Model
    linear: LinearBalance
    ion: Mapping[Quantity, AtIon]


@dataclass(frozen=True)
class Response:
    """Change of temperatures (num_nodes,) [K] and of the outputs between two variants, to first order."""

    T: FloatArray
    outputs: Mapping[Quantity, float]


def make_balance(model: Model, solids: Solids) -> Balance:
    """Return the balance of a case at its solution."""
    ion = {quantity: at_ion(model, quantity) for quantity in QUANTITIES}
    return Balance(model, balance_of(model, solids), ion)


def respond(balance: Balance, after: Trial, before: Trial) -> Response:
    """Return what changes between two variants near the case.

    Raises
    ------
    ConvergenceError
        The linear solve stopped short.
    """
    model = balance.model
    heat = after.heat_W - before.heat_W + _heat_by_light(model, after, before)
    free = balance.linear.solve(-heat, tolerance=TOLERANCE)
    outputs = {
        quantity: change_of_output(found.direct, after, before) + float(found.by_node @ free)
        for quantity, found in balance.ion.items()
    }
    return Response(after.T - before.T + free, outputs)


def _heat_by_light(model: Model, after: Trial, before: Trial) -> FloatArray:
    """Return the change of each node's heat by light at the temperatures of the trials [W]."""
    exchange = model.exchange
    absorbed = np.zeros(len(exchange.fourth_power))
    for one, other in zip(after.exchange.lights, before.exchange.lights, strict=True):
        less = 0.0 if one.is_traced else one.absorptivity - other.absorptivity
        sent = one.source - other.source - less * other.irradiance
        outside = one.environment - other.environment
        if not sent.any() and outside == 0.0:
            continue
        # The solve is relative to what is sent; it may be nothing beside what comes from outside, and the reverse.
        arriving = other.solver.solve_irradiance(sent, environment=outside, tolerance=0.01 * TOLERANCE)
        absorbed += other.absorptivity * arriving - other.weight * sent
    return exchange.spread_to_nodes(exchange.surfaces.area_m2 * absorbed, np.zeros_like(absorbed))


__all__ = ["TOLERANCE", "Balance", "Response", "make_balance", "respond"]
