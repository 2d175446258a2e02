r"""Heat that the solid stores: enthalpy by node, so that what is stored is exactly what flowed in.

Every cell gives a quarter of its mass to each of its corners, which holds the enthalpy of that mass at its own
temperature. Like the consistent form this is of second order, and it lets no node overshoot. Where temperatures are
quadratic a corner has 1/36 and the middle of an edge 4/27: positive too, and exact for linear temperatures, so that
storage remains of second order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.sparse import diags
from scipy.special import roots_legendre

from bbrmodel.conduction.solid import cell_volumes
from bbrmodel.mesh.split import SplitMesh
from bbrmodel.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from scipy.interpolate import CubicHermiteSpline

_LOWEST_K, _HIGHEST_K = 1.0, 2000.0  # no temperature of a case lies outside
_PANEL_RATIO = 1.001  # of temperatures; the cubic between two points is then exact to rounding for smooth c(T)
_SHARES = {1: np.full(4, 0.25), 2: np.repeat([1.0 / 36.0, 4.0 / 27.0], [4, 6])}  # of a cell's mass, by degree
_GAUSS_POINTS, _GAUSS_WEIGHTS = roots_legendre(4)


class HeatCapacityCurve(Protocol):
    """What storage needs of a material: c(T) and where it is known."""

    @property
    def range_K(self) -> tuple[float, float]:
        """Lowest and highest temperature."""
        ...

    def __call__(self, T: FloatArray) -> FloatArray:
        """Return c [J/kg/K]."""
        ...


@dataclass(frozen=True)
class Enthalpy:
    """The integral of a heat capacity curve; outside its range that of its nearest end."""

    curve: HeatCapacityCurve
    kinks_K: tuple[float, ...] = ()

    @cached_property
    def _table(self) -> "tuple[CubicHermiteSpline, CubicHermiteSpline, FloatArray]":
        """Return h(T), its derivative, and the values of c at both ends."""
        from scipy.interpolate import CubicHermiteSpline  # a sixth of a second to load, for runs in time only

        low, high = max(self.curve.range_K[0], _LOWEST_K), min(self.curve.range_K[1], _HIGHEST_K)
        panels = int(np.ceil(np.log(high / low) / np.log(_PANEL_RATIO)))
        inner = [kink for kink in self.kinks_K if low < kink < high]
        edges = np.unique(np.clip(np.concatenate([np.geomspace(low, high, panels + 1), inner]), low, high))
        half = 0.5 * np.diff(edges)
        points = np.clip(edges[:-1, None] + half[:, None] * (1.0 + _GAUSS_POINTS), low, high)
        steps = half * (self.curve(points) @ _GAUSS_WEIGHTS)
        h = CubicHermiteSpline(edges, np.concatenate([[0.0], np.cumsum(steps)]), self.curve(edges))
        return h, h.derivative(), np.asarray(self.curve(edges[[0, -1]]), dtype=np.float64)

    def value(self, T: FloatArray) -> FloatArray:
        """Return h [J/kg] at T [K], any shape."""
        h, _, ends = self._table
        inside = np.clip(T, h.x[0], h.x[-1])
        beyond = np.where(inside < T, ends[1], ends[0]) * (T - inside)
        return np.asarray(h(inside) + beyond, dtype=np.float64)

    def slope(self, T: FloatArray) -> FloatArray:
        """Return dh/dT [J/kg/K], exactly that of `value`."""
        h, slope, _ = self._table
        return np.asarray(slope(np.clip(T, h.x[0], h.x[-1])), dtype=np.float64)


@dataclass(frozen=True)
class _Share:
    """The part of a body in the nodes: `mass_kg` at `nodes`."""

    nodes: IntArray
    mass_kg: FloatArray
    enthalpy: Enthalpy


class Storage:
    """Stored heat of all nodes."""

    def __init__(self, mesh: SplitMesh, curves: Sequence[HeatCapacityCurve], density_kg_m3: Sequence[float]) -> None:
        self.num_nodes = len(mesh.points_m)
        volume, cell_nodes, part = cell_volumes(mesh), mesh.cell_nodes, _SHARES[mesh.degree]
        known: dict[int, Enthalpy] = {}
        shares = []
        for body, (curve, density) in enumerate(zip(curves, density_kg_m3, strict=True)):
            mine = mesh.cell_body == body
            load = (density * volume[mine])[:, None] * part
            sums = np.bincount(cell_nodes[mine].ravel(), weights=load.ravel(), minlength=self.num_nodes)
            mass: FloatArray = sums.astype(np.float64)
            nodes: IntArray = np.flatnonzero(mass).astype(np.int64)
            enthalpy = known.setdefault(id(curve), Enthalpy(curve, _kinks(curve)))
            shares.append(_Share(nodes, mass[nodes], enthalpy))
        self._shares = tuple(shares)

    def energy(self, T: FloatArray) -> FloatArray:
        """Return the enthalpy of every node [J], from an origin of its own; `T` in K, shape (num_nodes,)."""
        energy = np.zeros(self.num_nodes)
        for share in self._shares:
            energy[share.nodes] += share.mass_kg * share.enthalpy.value(T[share.nodes])
        return energy

    def capacity(self, T: FloatArray) -> FloatArray:
        """Return the heat capacity of every node [J/K]."""
        capacity = np.zeros(self.num_nodes)
        for share in self._shares:
            capacity[share.nodes] += share.mass_kg * share.enthalpy.slope(T[share.nodes])
        return capacity

    def check_range(self, T: FloatArray) -> None:
        """Raise `PropertyRangeError` when a node's temperature lies outside its material's data."""
        for share in self._shares:
            share.enthalpy.curve(T[share.nodes])


@dataclass(frozen=True)
class StorageTerm:
    """The heat that the free nodes take up between `before_J` and now, per `step_s`; a heat path like others."""

    storage: Storage
    before_J: FloatArray
    step_s: float
    free: BoolArray
    name: str = "storage"

    def rate(self, T: FloatArray) -> FloatArray:
        """Return the heat that each node stores [W]; zero at nodes of given temperature."""
        stored: FloatArray = np.where(self.free, (self.storage.energy(T) - self.before_J) / self.step_s, 0.0)
        return stored

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node: what is stored is missing from the balance."""
        return -self.rate(T)

    def total(self, T: FloatArray) -> float:
        """Return the heat that storage gives the solid."""
        return -float(self.rate(T).sum())

    def derivative(self, T: FloatArray) -> Any:
        """Return the diagonal matrix [W/K]."""
        return diags(np.where(self.free, -self.storage.capacity(T) / self.step_s, 0.0))

    def apply_derivative(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the change of heat into each node."""
        change: FloatArray = np.where(self.free, -self.storage.capacity(T) / self.step_s * direction, 0.0)
        return change


@dataclass(frozen=True)
class StoredRate:
    """What is stored at a moment, for the table of heat flows."""

    rate_W: FloatArray
    name: str = "storage"

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node."""
        return -self.rate_W

    def total(self, T: FloatArray) -> float:
        """Return the heat that storage gives the solid."""
        return -float(self.rate_W.sum())

    def derivative(self, T: FloatArray) -> Any:
        """Return zero."""
        return diags(np.zeros(len(T)))

    def apply_derivative(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return zero."""
        return np.zeros_like(T)


def _kinks(curve: HeatCapacityCurve) -> tuple[float, ...]:
    """Return where the slope of a curve jumps."""
    form = getattr(curve, "form", None)
    limits = getattr(curve, "form_range_K", ())
    return (*getattr(form, "kinks_K", ()), *limits)


__all__ = ["Enthalpy", "HeatCapacityCurve", "Storage", "StorageTerm", "StoredRate"]
