r"""The adjoint of the heat balance: which nodal heats an output depends on, all from one linear solve.

With the residual R(T, p), the heat that piles up at each node, and an output q(T, p),

.. math:: J^T \lambda = \partial q / \partial T, \qquad
   \frac{d q}{d p} = \frac{\partial q}{\partial p} - \lambda \cdot \frac{\partial R}{\partial p}, \qquad
   J = \partial R / \partial T,

so one solve serves any number of parameters p.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import LinearOperator, gmres

from bbrmodel.conduction.linearised import Inverse, LocalJacobian
from bbrmodel.conduction.newton import RadiationCoupling
from bbrmodel.conduction.terms import LinkTerm, Term
from bbrmodel.conduction.terms_wire import WireTerm
from bbrmodel.errors import ConvergenceError
from bbrmodel.typing import BoolArray, FloatArray

TOLERANCE = 1e-9  # of the right-hand side
_INNER = 0.01  # of that: what the exchange of light may leave in each product
_RESTART, _CYCLES = 80, 5


class TransposedRadiation(RadiationCoupling, Protocol):
    """Radiation whose derivative can be transposed."""

    def apply_transposed(self, direction: FloatArray, *, tolerance: float) -> FloatArray:
        """Return the transposed derivative of the nodal heat times nodal values."""
        ...


@dataclass(frozen=True)
class LinearBalance:
    """The heat balance linearised at a temperature field: its Jacobian J and the transpose of that, by products."""

    conduction: LocalJacobian
    terms: Sequence[Term]
    free: BoolArray
    T: FloatArray
    radiation: TransposedRadiation | None
    inverse: Inverse

    def solve_transposed(self, right: FloatArray, *, tolerance: float = TOLERANCE) -> FloatArray:
        """Return lambda of J^T lambda = right at the free nodes, zero at the others.

        Parameters
        ----------
        right
            shape (num_nodes,), derivative of an output by the nodal temperatures; fixed nodes are left out.
        tolerance
            What may be left of it.

        Raises
        ------
        ConvergenceError
            The linear solve stopped short.
        """
        return self._krylov(self._transposed, np.where(self.free, -right, 0.0), tolerance)

    def solve(self, right: FloatArray, *, tolerance: float = TOLERANCE) -> FloatArray:
        """Return the change of temperatures x of J x = right at the free nodes, zero at the others.

        Raises
        ------
        ConvergenceError
            The linear solve stopped short.
        """
        return self._krylov(self._forward, np.where(self.free, -right, 0.0), tolerance)

    def _krylov(
        self, action: Callable[[FloatArray, float], FloatArray], wanted: FloatArray, tolerance: float
    ) -> FloatArray:
        """Return x with action(x) = wanted."""
        if not wanted.any():
            return wanted
        inner = _INNER * tolerance
        size = (len(self.free), len(self.free))
        operator = LinearOperator(size, matvec=lambda x: action(_flat(x), inner), dtype=np.float64)
        approximate = LinearOperator(size, matvec=lambda x: self.inverse(_flat(x)))
        found, failed = gmres(
            operator, wanted, rtol=tolerance, atol=0.0, M=approximate, restart=_RESTART, maxiter=_CYCLES
        )
        if failed:
            left = float(np.linalg.norm(wanted - action(found, inner)) / np.linalg.norm(wanted))
            raise ConvergenceError(
                f"the linearised heat balance: {left:.1e} of the right-hand side is left, {tolerance:.0e} wanted. "
                "Look for bodies that almost nothing ties to a temperature."
            )
        solution: FloatArray = np.where(self.free, found, 0.0)
        return solution

    def _transposed(self, vector: FloatArray, inner: float = _INNER * TOLERANCE) -> FloatArray:
        """Return minus the transposed Jacobian times a vector; the identity at fixed nodes."""
        direction = np.where(self.free, vector, 0.0)
        image = self.conduction.multiply_transposed(direction)
        for term in self.terms:
            image -= term_transposed(term, self.T, direction)
        if self.radiation is not None:
            image -= self.radiation.apply_transposed(direction, tolerance=inner)
        return np.where(self.free, image, vector)

    def _forward(self, vector: FloatArray, inner: float = _INNER * TOLERANCE) -> FloatArray:
        """Return minus the Jacobian times a vector; the identity at fixed nodes."""
        direction = np.where(self.free, vector, 0.0)
        image = self.conduction.multiply(direction)
        for term in self.terms:
            image -= term.apply_derivative(self.T, direction)
        if self.radiation is not None:
            image -= self.radiation.apply_derivative(direction, tolerance=inner)
        return np.where(self.free, image, vector)


def _flat(vector: Any) -> FloatArray:
    return np.asarray(vector, dtype=np.float64).ravel()


def linearise_balance(
    conduction: LocalJacobian,
    terms: Sequence[Term],
    free: BoolArray,
    *,
    T: FloatArray,
    radiation: TransposedRadiation | None,
) -> LinearBalance:
    """Return the linearised balance at T [K]; `radiation` must have been linearised there."""
    near = csr_matrix((len(T), len(T)))
    for term in terms:
        near = near + term.derivative(T)
    if radiation is not None:
        near = near + radiation.local_derivative()
    return LinearBalance(conduction, terms, free, T, radiation, conduction.inverse(near, free))


def term_transposed(term: Term, T: FloatArray, direction: FloatArray) -> FloatArray:
    """Return the transposed derivative of a term's nodal heat times nodal values.

    Links and wires carry heat between averages over surfaces; all other paths are symmetric.
    """
    if isinstance(term, LinkTerm):
        across = float(term.weights_from @ direction)
        here, there = term.slopes(T)
        if term.weights_to is None:
            return here * across * term.weights_from
        across -= float(term.weights_to @ direction)
        return across * (here * term.weights_from + there * term.weights_to)
    if isinstance(term, WireTerm):
        return term.apply_transposed(T, direction)
    return term.apply_derivative(T, direction)


__all__ = ["LinearBalance", "linearise_balance", "term_transposed"]
