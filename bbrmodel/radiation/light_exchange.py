r"""Radiation of all surfaces in any number of classes of light, as heat for the solid and as radiosity for the ion.

A facet at temperature T emits :math:`\alpha_b x_b(T)\,\sigma T^4` in the class b, with the shares x and the
absorptivities of `bbrmodel.radiation.light_classes`. Each class bounces with its own absorptivity until it is absorbed;
the classes never mix, so their irradiances add. In an isothermal enclosure every class is isotropic, whatever the
finishes, and their sum is sigma T^4.

A class comes with exchange areas of one of two kinds. *Geometric* ones join what lines join, by way of mirrors too; a
radiosity solve adds diffuse reflection. *Traced* ones come from whole paths (`bbrmodel.radiation.paths`) and hold all
reflections and passages: facets count as black with the area (area x emissivity). In both, H is the irradiance of which
a facet absorbs :math:`\alpha_b H`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.radiation.exchange_areas import ExchangeAreas
from bbrmodel.radiation.fourth_power import (
    fourth_power_gradient,
    mean_fourth_power,
    sampled_fourth_power,
    sampled_gradient,
)
from bbrmodel.radiation.light_classes import LightClasses
from bbrmodel.radiation.radiosity import RadiositySolver
from bbrmodel.typing import BoolArray, FloatArray, IntArray

_ALIKE = 0.1  # relative change of absorptivities for which a coarse space still serves
# Of the light that is sent out; far below the energy residual that a solve may leave.
TOLERANCE = 1e-11

_ByFacet = Callable[[FloatArray], FloatArray]  # of the temperatures of three nodes of every facet (num, 3) [K]


@dataclass(frozen=True)
class RadiatingSurfaces:
    """Facets, what is behind them and how they look.

    Attributes
    ----------
    areas
        Exchange areas for each class of light (`light_names` of the optics); they may be the same object.
    traced
        Classes whose areas come from paths: all reflections are in them, and emissivities are fixed.
    area_m2
        shape (num_facets,), area that emits; a sheet has two sides.
    nodes
        shape (num_facets, 3), nodes of the solid behind a facet; -1 where `shell_temperature_K` holds. Corners, or the
        middles of edges where temperatures are quadratic: in both a uniform flux goes to them in equal parts.
    corners
        shape (num_facets, 3), the corners if `nodes` are middles of edges, else None.
    shell_temperature_K
        shape (num_facets,), temperature of facets without a body behind them; NaN elsewhere.
    """

    areas: Mapping[str, ExchangeAreas]
    traced: frozenset[str]
    area_m2: FloatArray
    optics: LightClasses
    patch: IntArray
    nodes: IntArray
    shell_temperature_K: FloatArray
    surface: IntArray
    surface_names: tuple[str, ...]
    radiates: BoolArray
    environment_temperature_K: float | None = None
    corners: IntArray | None = None


@dataclass(frozen=True)
class LightState:
    """One class of light at one temperature field; arrays of shape (num_facets,), slopes by temperature [1/K]."""

    name: str
    absorptivity: FloatArray
    absorptivity_slope: FloatArray
    share: FloatArray  # of a facet's emission that is in this class
    share_slope: FloatArray
    emitted: FloatArray  # W/m2
    environment: float  # W/m2
    irradiance: FloatArray  # W/m2
    solver: RadiositySolver
    is_traced: bool

    @property
    def strength(self) -> FloatArray:
        """Return the emissivity that the solver sees: 1 where the areas hold it already."""
        return np.ones_like(self.absorptivity) if self.is_traced else self.absorptivity

    @property
    def weight(self) -> FloatArray:
        """Return heat per area of a facet over flux in the solver."""
        return self.absorptivity if self.is_traced else np.ones_like(self.absorptivity)

    @property
    def source(self) -> FloatArray:
        """Return what a facet sends out before reflection, as the solver sees it [W/m2]."""
        if not self.is_traced:
            return self.emitted
        black: FloatArray = np.divide(
            self.emitted, self.absorptivity, out=np.zeros_like(self.emitted), where=self.absorptivity > 0.0
        )
        return black

    @property
    def radiosity(self) -> FloatArray:
        """Return J = e + (kept - absorptivity) H of the solver's facets; what a mirror passes on is not part of it."""
        return self.source + (self.solver.areas.kept - self.solver.absorptivity) * self.irradiance


class LightExchange:
    """Radiative heat of the solid's nodes and its derivative; keeps the state of the last linearisation.

    `tolerance` is that of irradiances, of the light that is sent out; it may be changed between calls. With
    `keep_coarse` coarse spaces serve again while absorptivities change little: quicker, but then the last digits depend
    on what was solved before.
    """

    def __init__(
        self,
        surfaces: RadiatingSurfaces,
        num_nodes: int,
        *,
        tolerance: float = TOLERANCE,
        keep_coarse: bool = False,
    ) -> None:
        self.surfaces = surfaces
        self.tolerance = tolerance
        self._keep_coarse = keep_coarse
        self._num_nodes = num_nodes
        self._solid = np.flatnonzero((surfaces.nodes[:, 0] >= 0) & surfaces.radiates)
        self._nodes = surfaces.nodes[self._solid]
        self._area = surfaces.area_m2
        self._mean_fourth: _ByFacet = sampled_fourth_power if surfaces.corners is not None else mean_fourth_power
        self._fourth_gradient: _ByFacet = sampled_gradient if surfaces.corners is not None else fourth_power_gradient
        self.lights: tuple[LightState, ...] = ()
        self._solvers: dict[str, RadiositySolver] = {}
        self._frozen = False
        self.facet_temperature_K = surfaces.shell_temperature_K.copy()
        self.fourth_power = np.zeros(len(self._area))
        self.net_absorbed_W = np.zeros(len(self._area))

    def at_corners(self, num_nodes: int) -> "LightExchange":
        """Return the same exchange for linear temperatures, whose nodes are the corners of the solid."""
        corners = self.surfaces.corners
        nodes = self.surfaces.nodes if corners is None else corners
        return LightExchange(replace(self.surfaces, nodes=nodes, corners=None), num_nodes)

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
        fourth[self._solid] = self._mean_fourth(corner)
        self.fourth_power = fourth
        self.facet_temperature_K = fourth**0.25
        self._mean, self._corner = mean, corner
        self._frozen = frozen and bool(self.lights)
        previous = {light.name: light.irradiance for light in self.lights}
        self.lights = tuple(self._solve_light(name, previous.get(name)) for name in self.surfaces.optics.light_names)
        self.net_absorbed_W = self._area * sum(li.absorptivity * li.irradiance - li.emitted for li in self.lights)
        return self._collect(self.loads_of_solid()[1])

    def _solve_light(self, name: str, start: FloatArray | None) -> LightState:
        """Return the state of one class of light."""
        surfaces, optics, traced = self.surfaces, self.surfaces.optics, name in self.surfaces.traced
        areas = surfaces.areas[name]
        given, slope = optics.absorptivity(name, self._mean)
        # A mirror passes on what it did not absorb when the light was traced; that bounds its absorptivity.
        absorptivity = np.minimum(given, areas.kept)
        share, share_slope = optics.share(name, self._mean)
        black = share * STEFAN_BOLTZMANN * self.fourth_power
        outside = surfaces.environment_temperature_K
        environment = 0.0
        if outside is not None:
            environment = float(optics.share(name, np.array([outside]))[0][0]) * STEFAN_BOLTZMANN * outside**4
        in_solver = np.ones_like(absorptivity) if traced else np.where(surfaces.radiates, absorptivity, areas.kept)
        state = LightState(
            name=name,
            absorptivity=absorptivity,
            absorptivity_slope=np.where(given == absorptivity, slope, 0.0),
            share=share,
            share_slope=share_slope,
            emitted=absorptivity * black,
            environment=environment,
            irradiance=np.zeros_like(black) if start is None else start,
            solver=self._solver(name, areas, in_solver),
            is_traced=traced,
        )
        if start is not None and self._frozen:
            return state
        irradiance = state.solver.solve_irradiance(
            state.source, environment=environment, start=start, tolerance=self.tolerance
        )
        return replace(state, irradiance=irradiance)

    def _solver(self, name: str, areas: ExchangeAreas, absorptivity: FloatArray) -> RadiositySolver:
        """Return the solver of a class of light, the last one where absorptivities have not changed."""
        last = self._solvers.get(name)
        if last is None or not np.array_equal(last.absorptivity, absorptivity):
            near = last if self._keep_coarse and last is not None and _alike(last.absorptivity, absorptivity) else None
            similar = near.similar or near if near is not None else None
            last = self._solvers[name] = RadiositySolver(areas, absorptivity, self.surfaces.patch, similar)
        return last

    def apply_derivative(self, direction: FloatArray, *, tolerance: float = 1e-7) -> FloatArray:
        """Return the change of nodal heat for a change of nodal temperatures, exact to `tolerance`."""
        change_mean = np.zeros(len(self._area))
        change_fourth = np.zeros(len(self._area))
        step = direction[self._nodes]
        change_mean[self._solid] = step.mean(axis=1)
        change_fourth[self._solid] = np.einsum("ij,ij->i", self._fourth_gradient(self._corner), step)
        absorbed = np.zeros(len(self._area))
        for light in self.lights:
            source = _emission_change(light, change_mean, (change_fourth, self.fourth_power))
            absorbed -= light.weight * source
            if not self._frozen:
                absorbed += light.absorptivity * light.solver.solve_irradiance(source, tolerance=tolerance)
        load = np.repeat((self._area * absorbed)[self._solid, None] / 3.0, 3, axis=1)
        return self._collect(load + self._uneven_change(step) if self.surfaces.corners is not None else load)

    def apply_transposed(self, direction: FloatArray, *, tolerance: float = 1e-7) -> FloatArray:
        """Return the transpose of `apply_derivative` times nodal values: what the adjoint of the heat balance needs.

        With symmetric exchange areas the irradiance that a facet gets of another's emission, times its area, equals
        the converse, so that the transposed exchange is solved as the exchange is.
        """
        received = self.heat_potential(direction, tolerance=tolerance)
        change_mean, change_fourth = np.zeros(len(self._area)), np.zeros(len(self._area))
        for light in self.lights:
            mean, fourth = _emission_transposed(light, received[light.name], self.fourth_power)
            change_mean += mean
            change_fourth += fourth
        return self.spread_to_nodes(change_mean, change_fourth)

    def heat_potential(self, direction: FloatArray, *, tolerance: float = 1e-7) -> dict[str, FloatArray]:
        """Return for each class how sum(direction * nodal heat) grows with the light a facet sends out [m2 x unit].

        Parameters
        ----------
        direction
            shape (num_nodes,).

        Returns
        -------
        :
            shape (num_facets,) each, by the flux that `LightState.source` holds: minus what the facet itself loses,
            plus what the others absorb of it, reflections included.
        """
        mine = self._area * self.facet_mean(direction)
        found = {}
        for light in self.lights:
            own = light.solver.areas.area_m2
            arriving = light.solver.solve_irradiance(light.absorptivity * mine / own, tolerance=tolerance)
            found[light.name] = own * arriving - light.weight * mine
        return found

    def facet_mean(self, nodal: FloatArray) -> FloatArray:
        """Return the mean of nodal values over each facet's nodes, zero where no solid is behind it."""
        mean = np.zeros(len(self._area))
        mean[self._solid] = nodal[self._nodes].mean(axis=1)
        return mean

    def facet_temperature_change(self, nodal: FloatArray) -> FloatArray:
        """Return the change of each facet's (mean T^4)^(1/4) for a small change of nodal temperatures [K]."""
        change = np.zeros(len(self._area))
        fourth = np.einsum("ij,ij->i", fourth_power_gradient(self._corner), nodal[self._nodes])
        change[self._solid] = fourth / (4.0 * self.facet_temperature_K[self._solid] ** 3)
        return change

    def spread_to_nodes(self, by_mean: FloatArray, by_fourth: FloatArray) -> FloatArray:
        """Return derivatives by nodal temperatures from those by each facet's mean of T and of T^4."""
        load = by_fourth[self._solid, None] * fourth_power_gradient(self._corner) + by_mean[self._solid, None] / 3.0
        nodal: FloatArray = np.bincount(self._nodes.ravel(), weights=load.ravel(), minlength=self._num_nodes).astype(
            np.float64
        )
        return nodal

    def local_derivative(self) -> Any:
        """Return minus the emission's slope on each facet's nodes; reabsorption is left to `apply_derivative`."""
        strength = -STEFAN_BOLTZMANN * (self.emissivity() * self._area)[self._solid, None]
        slope = strength * self._fourth_gradient(self._corner)
        if self.surfaces.corners is not None:  # each third of a facet has its own emission
            rows = columns = self._nodes.ravel()
            data = slope.ravel()
        else:
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

    def loads_of_solid(self) -> tuple[IntArray, FloatArray]:
        """Return the facets that have a body behind them, and the net heat of their three nodes (num, 3) [W]."""
        load = np.repeat(self.net_absorbed_W[self._solid, None] / 3.0, 3, axis=1)
        if self.surfaces.corners is not None:  # thirds of a facet emit by their own temperatures, not by their mean
            strength = STEFAN_BOLTZMANN / 3.0 * (self.emissivity() * self._area)[self._solid, None]
            load = load + strength * (self.fourth_power[self._solid, None] - self._corner**4)
        return self._solid, load

    def _uneven_change(self, step: FloatArray) -> FloatArray:
        """Return the change of what thirds emit beyond the mean of their facet, for steps of their nodes (num, 3)."""
        slopes = [li.absorptivity_slope * li.share + li.absorptivity * li.share_slope for li in self.lights]
        gain = np.sum(slopes, axis=0)[self._solid] * step.mean(axis=1)
        fourth = 4.0 * self._corner**3 * step
        change = gain[:, None] * (self.fourth_power[self._solid, None] - self._corner**4)
        change += self.emissivity()[self._solid, None] * (fourth.mean(axis=1, keepdims=True) - fourth)
        load: FloatArray = STEFAN_BOLTZMANN / 3.0 * self._area[self._solid, None] * change
        return load

    def _collect(self, load: FloatArray) -> FloatArray:
        """Return sums by node of loads of the facets' nodes (num, 3)."""
        num = self._num_nodes
        heat: FloatArray = np.bincount(self._nodes.ravel(), weights=load.ravel(), minlength=num).astype(np.float64)
        return heat


def _alike(one: FloatArray, other: FloatArray) -> bool:
    """Tell whether all absorptivities are nearly equal."""
    return bool((np.abs(one - other) <= _ALIKE * np.minimum(one, other)).all())


def _emission_change(light: LightState, change_mean: FloatArray, fourth: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Return the change of the solver's source minus newly absorbed flux [W/m2].

    `fourth` holds the change of T^4 and T^4 itself, `change_mean` the change of T.
    """
    change_fourth, fourth_power = fourth
    gain = light.absorptivity_slope * change_mean
    emission = STEFAN_BOLTZMANN * (
        light.strength * light.share * change_fourth
        + (gain * light.share + light.strength * light.share_slope * change_mean) * fourth_power
    )
    change: FloatArray = emission - gain * light.irradiance
    return change


def _emission_transposed(
    light: LightState, received: FloatArray, fourth_power: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the transpose of `_emission_change`: derivatives by the facet's mean T and by its mean T^4."""
    by_fourth = STEFAN_BOLTZMANN * light.strength * light.share * received
    gain = light.absorptivity_slope * (STEFAN_BOLTZMANN * light.share * fourth_power - light.irradiance)
    by_mean = (gain + STEFAN_BOLTZMANN * light.strength * light.share_slope * fourth_power) * received
    return by_mean, by_fourth


__all__ = [
    "LightExchange",
    "LightState",
    "RadiatingSurfaces",
]
