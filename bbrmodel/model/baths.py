"""Walls that liquid nitrogen wets below its level and its vapour touches above."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bbrmodel.conduction.terms import FacetTerm, FluxLaw, Term
from bbrmodel.materials import ln2
from bbrmodel.spec import BoundaryCondition
from bbrmodel.typing import FloatArray

# Free convection of nitrogen vapour at a vertical wall near 80 K gives 4 W/m2/K at 1 K and 8 at 10 K (turbulent,
# Nu = 0.13 Ra^(1/3)), less where the vapour is stratified. The exact value hardly matters beside a copper wall.
ASSUMED_VAPOUR_FILM_W_M2_K = 5.0


@dataclass(frozen=True)
class BathWall:
    """Facets of a wall of the bath, partly wetted.

    Attributes
    ----------
    wet
        shape (num,), [-], part of each facet's area below the level.
    boiling_K
        shape (num,), temperature of the liquid: that of boiling at the mean depth of the wetted part, or, of a mixed
        liquid, at its surface.
    vapour_film_W_m2_K, vapour_K
        What touches the rest.
    """

    wet: FloatArray
    boiling_K: FloatArray
    vapour_film_W_m2_K: float
    vapour_K: float

    def law(self) -> FluxLaw:
        """Return the flux into the wall [W/m2] and its slope, by the facets' temperatures."""

        def law(T: FloatArray) -> tuple[FloatArray, FloatArray]:
            superheat, dry = T - self.boiling_K, (1.0 - self.wet) * self.vapour_film_W_m2_K
            flux = -self.wet * ln2.boiling_heat_flux(superheat) + dry * (self.vapour_K - T)
            return flux, -self.wet * ln2.boiling_heat_flux_derivative(superheat) - dry

        return law

    def into_liquid(self, T: FloatArray) -> FloatArray:
        """Return the heat flux into the liquid, over the whole facet [W/m2]."""
        flux: FloatArray = self.wet * ln2.boiling_heat_flux(T - self.boiling_K)
        return flux

    def hottest_flux(self, T: FloatArray) -> float:
        """Return the largest flux into the liquid, over the wetted part of a facet [W/m2]."""
        return float(ln2.boiling_heat_flux(T - self.boiling_K)[self.wet > 0.0].max(initial=0.0))

    def into_vapour(self, T: FloatArray) -> FloatArray:
        """Return the heat flux into the vapour, over the whole facet [W/m2]."""
        flux: FloatArray = (1.0 - self.wet) * self.vapour_film_W_m2_K * (T - self.vapour_K)
        return flux


@dataclass(frozen=True)
class BathTerm(FacetTerm):
    """Flux between a bath and one surface."""

    wall: BathWall


def boiling_notes(terms: Iterable[Term], T: FloatArray) -> list[str]:
    """Return a note on every bath wall where the liquid would cease to wet the wall; `T` of the nodes [K]."""
    notes = []
    for term in terms:
        if isinstance(term, BathTerm):
            flux = term.wall.hottest_flux(T[term.nodes].mean(axis=1))
            if flux > ln2.CRITICAL_HEAT_FLUX:
                notes.append(
                    f"{term.name}: {flux:.3g} W/m2 exceeds the critical heat flux, {ln2.CRITICAL_HEAT_FLUX:.3g} W/m2: "
                    "a film of vapour would insulate the wall, which is then warmer than computed"
                )
    return notes


def build_wall(vertices_m: FloatArray, condition: BoundaryCondition) -> BathWall:
    """Return the wall that facets (num, 3, 3) of one surface make; z points up.

    Without a level the liquid reaches the highest point of the surface.
    """
    z = vertices_m[:, :, 2]
    level = float(z.max()) if condition.level_m is None else condition.level_m
    wet, depth = wetted(z, level)
    surface_K = float(ln2.saturation_temperature(condition.pressure_Pa))
    film = condition.vapour_film_W_m2_K
    depth = depth if condition.liquid == "boiling" else np.zeros_like(depth)
    return BathWall(
        wet=wet,
        boiling_K=ln2.saturation_temperature_at_depth(depth, condition.pressure_Pa),
        vapour_film_W_m2_K=ASSUMED_VAPOUR_FILM_W_M2_K if film is None else film,
        vapour_K=surface_K if condition.vapour_K is None else condition.vapour_K,
    )


def wetted(z_m: FloatArray, level_m: float) -> tuple[FloatArray, FloatArray]:
    """Return the part of each triangle's area below a level, and the mean depth of that part [m].

    Parameters
    ----------
    z_m
        shape (num, 3), heights of the corners.

    Returns
    -------
    :
        shapes (num,), [-] from 0 to 1, and [m]; the depth of a dry triangle is 0.
    """
    low, middle, high = np.sort(z_m, axis=1).T
    mean, level = z_m.mean(axis=1), np.clip(level_m, low, high)
    below = (level - low) ** 2 / _or_inf((middle - low) * (high - low))  # holds under the middle corner
    above = (high - level) ** 2 / _or_inf((high - middle) * (high - low))  # the dry part over it
    under = level <= middle
    part = np.where(under, below, 1.0 - above)
    part = np.where(level_m >= high, 1.0, np.where(level_m <= low, 0.0, part))
    dry_moment = above * (level - high) / 3.0  # its corners are at the level and at the highest point
    over = (level - mean - dry_moment) / np.where(part > 0.0, part, 1.0)
    depth = np.where(level_m >= high, level_m - mean, np.where(under, (level - low) / 3.0, over))
    return np.asarray(part), np.asarray(np.where(level_m <= low, 0.0, depth))


def _or_inf(values: FloatArray) -> FloatArray:
    """Return values to divide by, infinity in place of zero: level or upright edges decide nothing."""
    return np.asarray(np.where(values > 0.0, values, np.inf))


__all__ = ["ASSUMED_VAPOUR_FILM_W_M2_K", "BathTerm", "BathWall", "boiling_notes", "build_wall", "wetted"]
