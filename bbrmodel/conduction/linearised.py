"""Conduction as Newton's method sees it, wherever the matrix is kept: products, and an approximate inverse."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.sparse import diags

from bbrmodel.conduction.fenicsx import Factorization
from bbrmodel.typing import BoolArray, FloatArray

Inverse = Callable[[FloatArray], FloatArray]


class Linearised(Protocol):
    """The derivative of the heat that conduction takes from each node, at one temperature field [W/K]."""

    def multiply(self, direction: FloatArray) -> FloatArray:
        """Return its product with a change of temperatures, shape (num_nodes,)."""
        ...

    def largest_diagonal(self) -> float:
        """Return the largest entry of its diagonal."""
        ...

    def diagonal_sum(self) -> float:
        """Return the sum of its diagonal: times a temperature and the precision of numbers, what rounding may leave."""
        ...

    def inverse(self, terms: Any, free: BoolArray) -> Inverse:
        """Return what solves (derivative - terms) x = b for x at the free nodes, and returns b at the others.

        `terms` is sparse, (num_nodes, num_nodes): the part of the other heat paths that stays near a node.
        """
        ...


class Conduction(Protocol):
    """The bodies, in one process or spread over several."""

    num_nodes: int

    def set_temperature(self, T: FloatArray) -> None:
        """Set nodal temperatures (num_nodes,) [K]."""
        ...

    def check_range(self, T: FloatArray) -> None:
        """Raise `PropertyRangeError` when a temperature lies outside a material's data."""
        ...

    def heat_out_of_nodes(self) -> FloatArray:
        """Return the heat [W] that conduction takes from each node, shape (num_nodes,)."""
        ...

    def linearise(self) -> Linearised:
        """Return the derivative of `heat_out_of_nodes` by the nodal temperatures."""
        ...


@dataclass(frozen=True)
class LocalJacobian:
    """A `Linearised` whose matrix is in this process."""

    matrix: Any

    def multiply(self, direction: FloatArray) -> FloatArray:
        """Return the product with a change of temperatures."""
        image: FloatArray = self.matrix @ direction
        return image

    def multiply_transposed(self, direction: FloatArray) -> FloatArray:
        """Return the product of the transposed matrix with nodal values, for adjoint solves."""
        image: FloatArray = self.matrix.T @ direction
        return image

    def largest_diagonal(self) -> float:
        """Return the largest entry of the diagonal."""
        return float(np.abs(self.matrix.diagonal()).max())

    def diagonal_sum(self) -> float:
        """Return the sum of the diagonal."""
        return float(np.abs(self.matrix.diagonal()).sum())

    def inverse(self, terms: Any, free: BoolArray) -> Inverse:
        """Return a direct solve with rows and columns of fixed nodes replaced by the identity."""
        keep = diags(free.astype(np.float64))
        whole = keep @ (self.matrix - terms) @ keep + diags((~free).astype(np.float64))
        return Factorization(whole.tocsr()).solve


__all__ = ["Conduction", "Inverse", "Linearised", "LocalJacobian"]
