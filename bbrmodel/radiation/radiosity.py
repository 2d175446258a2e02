r"""Radiosity of grey diffuse facets, forward (sources to irradiance) and adjoint (receiver to weights).

One class of light obeys, facet by facet,

.. math:: J = e + \rho H, \qquad A H = S J + s_{env} E_{env},

with emitted flux e, diffuse reflectivity rho = 1 - absorptivity (less what a mirror passes on), exchange areas S.
With u = sqrt(rho) H this is the symmetric positive definite system (A - R S R) u = R (S e + s_env E_env),
R = diag sqrt(rho), solved by conjugate gradients. Bright walls make it stiff: light bounces 1/absorptivity times. A
coarse space of patches carries these slow modes.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix

from bbrmodel.errors import ConvergenceError
from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.typing import FloatArray, IntArray

MAX_ITERATIONS = 2000
MAX_PATCHES = 400
_NOTHING = 1e-280  # W; products of such numbers underflow


def make_patches(centres_m: FloatArray, surface: IntArray, *, max_patches: int = MAX_PATCHES) -> IntArray:
    """Return a patch number for every facet: facets of one surface in one cell of space, shape (num_facets,).

    Every surface is halved along its longest side, the most populous patch first, until `max_patches` is reached.
    """
    patch = np.unique(surface, return_inverse=True)[1].astype(np.int64).reshape(-1)
    number = int(patch.max()) + 1
    target = max(1, len(patch) // max_patches)
    queue = list(range(number))
    while queue and number < max_patches:
        members = np.flatnonzero(patch == queue.pop(0))
        if len(members) <= 2 * target:
            continue
        span = np.ptp(centres_m[members], axis=0)
        axis = int(span.argmax())
        upper = centres_m[members, axis] > np.median(centres_m[members, axis])
        if not upper.any() or upper.all():
            continue
        patch[members[upper]] = number
        queue += [int(patch[members[~upper][0]]), number]
        number += 1
    return patch


@dataclass(frozen=True)
class RadiositySolver:
    """The exchange of one class of light at fixed absorptivities.

    Attributes
    ----------
    areas
        Exchange areas of all facets.
    absorptivity
        shape (num_facets,), [-], 0 < value <= 1; facets that do not radiate may hold anything in that range.
    patch
        shape (num_facets,), patch of every facet for the coarse space.
    similar
        A solver of the same areas at nearly the same absorptivities, whose coarse space serves here, too: it decides
        how many iterations there are, not where they lead.
    """

    areas: ExchangeAreas
    absorptivity: FloatArray
    patch: IntArray
    similar: "RadiositySolver | None" = None

    @cached_property
    def _root(self) -> FloatArray:
        root: FloatArray = np.sqrt(np.maximum(self.areas.kept - self.absorptivity, 0.0))
        return root

    def solve_irradiance(
        self,
        emitted: FloatArray,
        *,
        environment: float = 0.0,
        start: FloatArray | None = None,
        tolerance: float = 1e-11,
    ) -> FloatArray:
        """Return the irradiance H [W/m2] of every facet, shape (num_facets,).

        Parameters
        ----------
        emitted
            shape (num_facets,), emitted flux [W/m2].
        environment
            Emissive power of the surroundings in this class of light [W/m2].
        start
            Irradiance to start from, as that of a solution nearby.
        tolerance
            Residual in units of the right-hand side (1-norm, i.e. power).

        Raises
        ------
        ConvergenceError
            More than `MAX_ITERATIONS` iterations.
        """
        direct = self.areas.apply(emitted) + self.areas.escape * environment
        guess = None if start is None else self._root * start
        u = self._solve(self._root * direct, guess, tolerance)
        irradiance: FloatArray = (direct + self.areas.apply(self._root * u)) / self.areas.area_m2
        return irradiance

    def adjoint_state(
        self, receiver: FloatArray, *, start: FloatArray | None = None, tolerance: float = 1e-11
    ) -> FloatArray:
        """Return y of (A - rho S) y = rho receiver [1/m2]: what a receiver gains by way of reflections.

        Parameters
        ----------
        receiver
            shape (num_facets,): the receiver's value is sum_i receiver_i J_i (for an ion: solid angle / 4 pi).
        start
            State to start from, as that of other absorptivities nearby.

        Returns
        -------
        :
            shape (num_facets,). The gain per flux emitted by a facet is receiver + S y, that of the environment's
            emissive power y . escape; an exchange area S_ij acts with y_i J_j + y_j J_i.
        """
        guess = None
        if start is not None:
            guess = np.divide(start, self._root, out=np.zeros_like(start), where=self._root > 0.0)
        state: FloatArray = self._root * self._solve(self._root * receiver, guess, tolerance)
        return state

    def _operate(self, u: FloatArray) -> FloatArray:
        """Return (A - R S R) u."""
        product: FloatArray = self.areas.area_m2 * u - self._root * self.areas.apply(self._root * u)
        return product

    @cached_property
    def _coarse(self) -> tuple[Any, Any]:
        """Return the patch basis Z = R restricted to patches, and the Cholesky factor of Z^T (A - R S R) Z."""
        if self.similar is not None:
            return self.similar._coarse
        num = len(self.patch)
        basis = csr_matrix((self._root + 1e-12, (np.arange(num), self.patch)))
        exchange = self.areas.block_sums(self.patch, basis.shape[1], self._root * (self._root + 1e-12))
        matrix = np.diag(np.asarray(basis.multiply(basis).T @ self.areas.area_m2).ravel()) - exchange
        matrix[np.diag_indices_from(matrix)] += 1e-14 * np.abs(np.diag(matrix)).max()
        return basis, cho_factor(matrix)

    def _precondition(self, residual: FloatArray) -> FloatArray:
        """Return the sum of a diagonal and a coarse correction (both symmetric positive definite)."""
        basis, factor = self._coarse
        correction: FloatArray = residual / self.areas.area_m2 + basis @ cho_solve(factor, basis.T @ residual)
        return correction

    def _solve(self, right: FloatArray, start: FloatArray | None, tolerance: float) -> FloatArray:
        """Return u of (A - R S R) u = right by preconditioned conjugate gradients."""
        power = float(np.abs(right).sum())
        if power < _NOTHING:
            return np.zeros_like(right)
        limit = tolerance * power
        u = np.zeros_like(right) if start is None else start.copy()
        residual = right - self._operate(u) if start is not None else right.copy()
        if float(np.abs(residual).sum()) <= limit:
            return u
        z = self._precondition(residual)
        direction, product = z, float(residual @ z)
        for _ in range(MAX_ITERATIONS):
            image = self._operate(direction)
            step = product / float(direction @ image)
            u += step * direction
            residual -= step * image
            if float(np.abs(residual).sum()) <= limit:
                return u
            z = self._precondition(residual)
            previous, product = product, float(residual @ z)
            direction = z + (product / previous) * direction
        raise ConvergenceError(
            f"radiosity: residual {float(np.abs(residual).sum()):.2e} of {limit:.2e} wanted after {MAX_ITERATIONS} "
            f"iterations (smallest absorptivity {self.absorptivity.min():.2e}). Check the absorptivities."
        )


__all__ = ["RadiositySolver", "make_patches"]
