r"""Radiation of all surfaces in two classes of light, as heat for the solid and as radiosity for the ion.

A facet at temperature T emits :math:`x\,\alpha_w\,\sigma T^4` of warm and :math:`(1-x)\,\alpha_c\,\sigma T^4` of cold
light, with the warm share x and the absorptivities of `bbrmodel.materials.optics`. Each class bounces with its own
absorptivity until it is absorbed; the classes never mix, so their irradiances add. In an isothermal enclosure both
classes are isotropic, whatever the finishes, and their sum is sigma T^4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.materials.finishes import COLD_K, WARM_K
from bbrmodel.materials.optics import warm_share
from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.radiation.radiosity import RadiositySolver
from bbrmodel.typing import BoolArray, FloatArray, IntArray

# Of the light that is sent out; far below the energy residual that a solve may leave.
TOLERANCE = 1e-11


@dataclass(frozen=True)
class FacetOptics:
    """Finish data of every facet, each of shape (num_facets,), [-]: see `bbrmodel.materials.finishes.Finish`."""

    e77: FloatArray
    e293: FloatArray
    a77_293: FloatArray

    @property
    def is_grey(self) -> bool:
        """True when emissivity depends neither on temperature nor on the kind of light."""
        return bool((self.e77 == self.e293).all() and (self.e77 == self.a77_293).all())

    @property
    def light_names(self) -> tuple[str, ...]:
        """Classes of light that must be followed separately."""
        return ("all",) if self.is_grey else ("warm", "cold")

    def absorptivity(self, name: str, T: FloatArray | float) -> tuple[FloatArray, FloatArray]:
        """Return absorptivity for a class of light at facet temperatures [K], and its slope [1/K]."""
        if name != "warm":
            return self.e77, np.zeros_like(self.e77)
        rise = self.e293 - self.a77_293
        return self.a77_293 + warm_share(T) * rise, _warm_slope(np.asarray(T)) * rise


@dataclass(frozen=True)
class RadiatingSurfaces:
    """Facets, what is behind them and how they look.

    Attributes
    ----------
    areas
        Exchange areas for each class of light (`light_names` of the optics); where there are mirrors they differ.
    nodes
        shape (num_facets, 3), nodes of the solid behind a facet; -1 where `shell_temperature_K` holds.
    shell_temperature_K
        shape (num_facets,), temperature of facets without a body behind them; NaN elsewhere.
    """

    areas: Mapping[str, ExchangeAreas]
    optics: FacetOptics
    patch: IntArray
    nodes: IntArray
    shell_temperature_K: FloatArray
    surface: IntArray
    surface_names: tuple[str, ...]
    radiates: BoolArray
    environment_temperature_K: float | None = None


@dataclass(frozen=True)
class LightState:
    """One class of light at one temperature field; arrays of shape (num_facets,)."""

    name: str
    absorptivity: FloatArray
    share: FloatArray  # of a facet's emission that is in this class
    emitted: FloatArray  # W/m2
    environment: float  # W/m2
    irradiance: FloatArray  # W/m2
    solver: RadiositySolver

    @property
    def radiosity(self) -> FloatArray:
        """Return the diffuse radiosity J = e + (kept - absorptivity) H; what a mirror passes on is not part of it."""
        return self.emitted + (self.solver.areas.kept - self.absorptivity) * self.irradiance


class LightExchange:
    """Radiative heat of the solid's nodes and its derivative; keeps the state of the last linearisation."""

    def __init__(self, surfaces: RadiatingSurfaces, num_nodes: int) -> None:
        self.surfaces = surfaces
        self._num_nodes = num_nodes
        self._solid = np.flatnonzero((surfaces.nodes[:, 0] >= 0) & surfaces.radiates)
        self._nodes = surfaces.nodes[self._solid]
        self._area = next(iter(surfaces.areas.values())).area_m2
        self.lights: tuple[LightState, ...] = ()
        self._frozen = False
        self.facet_temperature_K = surfaces.shell_temperature_K.copy()
        self.fourth_power = np.zeros(len(self._area))
        self.net_absorbed_W = np.zeros(len(self._area))

    def linearise(self, T: FloatArray, *, frozen: bool = False) -> FloatArray:
        """Return the net radiative heat into each node [W] and keep the state for derivatives and the ion.

        With `frozen` the light that arrives stays that of the last call: cheap, and near the solution when surfaces
        exchange little of their own light.
        """
        mean = self.surfaces.shell_temperature_K.copy()
        corner = T[self._nodes]
        mean[self._solid] = corner.mean(axis=1)
        mean = np.where(self.surfaces.radiates, mean, 0.0)
        fourth = mean**4
        fourth[self._solid] = mean_fourth_power(corner)
        self.fourth_power = fourth
        self.facet_temperature_K = fourth**0.25
        self._mean, self._corner = mean, corner
        self._frozen = frozen and bool(self.lights)
        previous = {light.name: light.irradiance for light in self.lights}
        self.lights = tuple(self._solve_light(name, previous.get(name)) for name in self.surfaces.optics.light_names)
        self.net_absorbed_W = self._area * sum(li.absorptivity * li.irradiance - li.emitted for li in self.lights)
        return self._to_nodes(self.net_absorbed_W)

    def _share(self, name: str, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of emission in a class of light and its slope by temperature."""
        if name == "all":
            return np.ones_like(T), np.zeros_like(T)
        share, slope = warm_share(T), _warm_slope(T)
        return (share, slope) if name == "warm" else (1.0 - share, -slope)

    def _solve_light(self, name: str, start: FloatArray | None) -> LightState:
        """Return the state of one class of light."""
        surfaces = self.surfaces
        areas = surfaces.areas[name]
        # A mirror passes on what it did not absorb when the light was traced; that bounds its absorptivity.
        absorptivity = np.minimum(surfaces.optics.absorptivity(name, self._mean)[0], areas.kept)
        share, _ = self._share(name, self._mean)
        emitted = absorptivity * share * STEFAN_BOLTZMANN * self.fourth_power
        outside = surfaces.environment_temperature_K
        environment = 0.0
        if outside is not None:
            environment = float(self._share(name, np.array([outside]))[0][0]) * STEFAN_BOLTZMANN * outside**4
        solver = RadiositySolver(areas, np.where(surfaces.radiates, absorptivity, areas.kept), surfaces.patch)
        if start is not None and self._frozen:
            irradiance = start
        else:
            irradiance = solver.solve_irradiance(emitted, environment=environment, start=start, tolerance=TOLERANCE)
        return LightState(name, absorptivity, share, emitted, environment, irradiance, solver)

    def apply_derivative(self, direction: FloatArray, *, tolerance: float = 1e-7) -> FloatArray:
        """Return the change of nodal heat for a change of nodal temperatures, exact to `tolerance`."""
        change_mean = np.zeros(len(self._area))
        change_fourth = np.zeros(len(self._area))
        step = direction[self._nodes]
        change_mean[self._solid] = step.mean(axis=1)
        change_fourth[self._solid] = np.einsum("ij,ij->i", fourth_power_gradient(self._corner), step)
        absorbed = np.zeros(len(self._area))
        for light in self.lights:
            source = self._emission_change(light, change_mean, change_fourth)
            absorbed -= source
            if not self._frozen:
                absorbed += light.absorptivity * light.solver.solve_irradiance(source, tolerance=tolerance)
        return self._to_nodes(self._area * absorbed)

    def _emission_change(self, light: LightState, change_mean: FloatArray, change_fourth: FloatArray) -> FloatArray:
        """Return the change of emitted minus newly absorbed flux [W/m2]."""
        given, slope = self.surfaces.optics.absorptivity(light.name, self._mean)
        absorptivity_slope = np.where(given == light.absorptivity, slope, 0.0)
        _, share_slope = self._share(light.name, self._mean)
        gain = absorptivity_slope * change_mean
        emission = STEFAN_BOLTZMANN * (
            light.absorptivity * light.share * change_fourth
            + (gain * light.share + light.absorptivity * share_slope * change_mean) * self.fourth_power
        )
        change: FloatArray = emission - gain * light.irradiance
        return change

    def local_derivative(self) -> Any:
        """Return minus the emission's slope on each facet's nodes; reabsorption is left to `apply_derivative`."""
        emissivity = self.emissivity()[self._solid]
        slope = (
            -STEFAN_BOLTZMANN * (emissivity * self._area[self._solid])[:, None] * fourth_power_gradient(self._corner)
        )
        rows = np.repeat(self._nodes, 3, axis=1).ravel()
        columns = np.tile(self._nodes, (1, 3)).ravel()
        data = np.tile(slope / 3.0, (1, 3)).ravel()
        return coo_matrix((data, (rows, columns)), shape=(self._num_nodes, self._num_nodes))

    def largest_flow(self) -> float:
        """Return the largest net heat of a surface [W]."""
        net = np.bincount(
            self.surfaces.surface, weights=self.net_absorbed_W, minlength=len(self.surfaces.surface_names)
        )
        return float(np.abs(net).max())

    def emitted_power(self) -> float:
        """Return the power that all facets emit [W]."""
        return float(sum(light.emitted @ self._area for light in self.lights))

    def heat_into_solid(self) -> float:
        """Return the net radiative heat that all bodies take together [W]."""
        return float(self.net_absorbed_W[self._solid].sum())

    def emissivity(self) -> FloatArray:
        """Return the total emissivity of every facet at its own temperature."""
        total: FloatArray = np.sum([light.absorptivity * light.share for light in self.lights], axis=0)
        return total

    def _to_nodes(self, facet_heat: FloatArray) -> FloatArray:
        """Return nodal heat when each facet's heat goes to its three nodes in equal parts."""
        load = np.repeat(facet_heat[self._solid] / 3.0, 3)
        heat: FloatArray = np.bincount(self._nodes.ravel(), weights=load, minlength=self._num_nodes).astype(np.float64)
        return heat


def _warm_slope(T: FloatArray) -> FloatArray:
    """Return d warm_share / dT [1/K]."""
    slope: FloatArray = np.where((T > COLD_K) & (T < WARM_K), 1.0 / (WARM_K - COLD_K), 0.0)
    return slope


def _complete_homogeneous(values: Sequence[FloatArray], degree: int) -> FloatArray:
    """Return h_degree(values): the sum of all monomials of that degree."""
    table = [np.ones_like(values[0])] + [np.zeros_like(values[0]) for _ in range(degree)]
    for value in values:
        for k in range(1, degree + 1):
            table[k] = table[k] + value * table[k - 1]
    return table[degree]


def mean_fourth_power(corner: FloatArray) -> FloatArray:
    """Return the exact mean of T^4 over triangles with linear T; `corner` has shape (num, 3), [K]."""
    mean: FloatArray = _complete_homogeneous([corner[:, k] for k in range(3)], 4) / 15.0
    return mean


def fourth_power_gradient(corner: FloatArray) -> FloatArray:
    """Return the derivative of `mean_fourth_power` by the corner temperatures, shape (num, 3), [K3]."""
    columns = [corner[:, k] for k in range(3)]
    gradient: FloatArray = np.stack([_complete_homogeneous([*columns, columns[k]], 3) for k in range(3)], axis=1) / 15.0
    return gradient


__all__ = [
    "FacetOptics",
    "LightExchange",
    "LightState",
    "RadiatingSurfaces",
    "fourth_power_gradient",
    "mean_fourth_power",
]
