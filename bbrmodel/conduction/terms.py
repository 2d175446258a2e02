"""Heat that enters or leaves the solid other than by conduction: through facets, joints, links, and inside."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from scipy.sparse import coo_matrix

from bbrmodel.errors import PropertyRangeError
from bbrmodel.typing import FloatArray, IntArray

FluxLaw = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


class Term(Protocol):
    """A heat path. All heats are in watts, positive into the solid."""

    @property
    def name(self) -> str:
        """Name in the table of heat flows."""
        ...

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node, shape (num_nodes,)."""
        ...

    def total(self, T: FloatArray) -> float:
        """Return the heat that enters the solid from outside by this path."""
        ...

    def derivative(self, T: FloatArray) -> Any:
        """Return d heat / dT as a sparse matrix that a preconditioner can factorise (may be approximate)."""
        ...

    def apply_derivative(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return d heat / dT times a direction, exactly."""
        ...


@dataclass(frozen=True)
class FacetTerm:
    """A flux through pieces of surface that depends on each piece's mean temperature: film, bath, given flux.

    `nodes` has shape (num, nodes of a piece), `area_m2` (num,); `law` maps the pieces' temperatures to flux [W/m2] and
    slope [W/m2/K]. The mean temperature is that of the nodes, which share the heat in equal parts: a piece is a facet
    with its three corners, or a third of a facet of quadratic temperatures with one middle of an edge (`facet_pieces`).
    """

    name: str
    nodes: IntArray
    area_m2: FloatArray
    law: FluxLaw

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node."""
        flux, _ = self.law(T[self.nodes].mean(axis=1))
        return spread(self.nodes, flux * self.area_m2, len(T))

    def total(self, T: FloatArray) -> float:
        """Return the heat into the solid."""
        flux, _ = self.law(T[self.nodes].mean(axis=1))
        return float(flux @ self.area_m2)

    def derivative(self, T: FloatArray) -> Any:
        """Return the exact blocks of the pieces."""
        _, slope = self.law(T[self.nodes].mean(axis=1))
        num = self.nodes.shape[1]
        block = np.repeat(slope * self.area_m2 / num**2, num**2)
        rows, columns = np.repeat(self.nodes, num, axis=1).ravel(), np.tile(self.nodes, (1, num)).ravel()
        return coo_matrix((block, (rows, columns)), shape=(len(T), len(T)))

    def apply_derivative(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the change of heat into each node."""
        _, slope = self.law(T[self.nodes].mean(axis=1))
        return spread(self.nodes, slope * direction[self.nodes].mean(axis=1) * self.area_m2, len(T))


# Integrals of products of shape functions over a triangle of area 1: three corners; six nodes, corners first.
_LINEAR_MASS = (np.ones((3, 3)) + np.eye(3)) / 12.0
_QUADRATIC_MASS = (
    np.array(
        [
            [6, -1, -1, 0, -4, 0],
            [-1, 6, -1, 0, 0, -4],
            [-1, -1, 6, -4, 0, 0],
            [0, 0, -4, 32, 16, 16],
            [-4, 0, 0, 16, 32, 16],
            [0, -4, 0, 16, 16, 32],
        ]
    )
    / 180.0
)


@dataclass(frozen=True)
class JointTerm:
    """A thermal contact: the flux is conductance x temperature step, node by node over matching facets.

    `first` and `second` have shape (num, 3), or (num, 6) where temperatures are quadratic.
    """

    name: str
    first: IntArray
    second: IntArray
    area_m2: FloatArray
    conductance_W_m2_K: float

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node."""
        step = T[self.second] - T[self.first]
        load = self._load(step)
        return _collect(self.first, load, len(T)) - _collect(self.second, load, len(T))

    def total(self, T: FloatArray) -> float:
        """Return zero: a joint only passes heat on."""
        return 0.0

    def flow(self, T: FloatArray) -> float:
        """Return the heat [W] from the first body to the second."""
        return -float(self._load(T[self.second] - T[self.first]).sum())

    def step(self, T: FloatArray) -> float:
        """Return the area mean of T(first) - T(second) [K]."""
        flux_nodes = T[self.first[:, -3:]] - T[self.second[:, -3:]]  # their mean is the facet's
        return float(flux_nodes.mean(axis=1) @ self.area_m2 / self.area_m2.sum())

    def largest_step(self, T: FloatArray) -> float:
        """Return T(first) - T(second) [K] at the node where its size is largest."""
        steps = (T[self.first] - T[self.second]).ravel()
        return float(steps[np.abs(steps).argmax()])

    def derivative(self, T: FloatArray) -> Any:
        """Return the exact matrix."""
        num = self.first.shape[1]
        block = (self.conductance_W_m2_K * self.area_m2)[:, None, None] * self._mass
        data, rows, columns = [], [], []
        for row_nodes, column_nodes, sign in (
            (self.first, self.first, -1.0),
            (self.first, self.second, 1.0),
            (self.second, self.second, -1.0),
            (self.second, self.first, 1.0),
        ):
            data.append(sign * block.ravel())
            rows.append(np.repeat(row_nodes, num, axis=1).ravel())
            columns.append(np.tile(column_nodes, (1, num)).ravel())
        entries = (np.concatenate(data), (np.concatenate(rows), np.concatenate(columns)))
        return coo_matrix(entries, shape=(len(T), len(T)))

    def apply_derivative(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the change of heat into each node (the term is linear)."""
        return self.heat(direction)

    @property
    def _mass(self) -> FloatArray:
        """The mass matrix of a facet of area 1."""
        mass: FloatArray = _LINEAR_MASS if self.first.shape[1] == 3 else _QUADRATIC_MASS
        return mass

    def _load(self, step: FloatArray) -> FloatArray:
        """Return nodal loads of steps that are linear or quadratic over the facets, both (num, nodes of a facet)."""
        load: FloatArray = (self.conductance_W_m2_K * self.area_m2)[:, None] * (step @ self._mass)
        return load


class LinkCurve(Protocol):
    """What a link needs of its material."""

    @property
    def range_K(self) -> tuple[float, float]:
        """Lowest and highest temperature."""
        ...

    def __call__(self, T: FloatArray) -> FloatArray:
        """Return k [W/m/K]."""
        ...

    def integral(self, T0: float, T1: float) -> float:
        """Return the integral of k from T0 to T1 [W/m]."""
        ...


@dataclass(frozen=True)
class LinkTerm:
    """A thin conductor from a surface to another surface or to a fixed temperature.

    `weights_from` and `weights_to` are node averages (num_nodes,) that sum to 1; `weights_to` is None for a fixed
    temperature. `section_per_length_m` is the total cross-section over the length.
    """

    name: str
    weights_from: FloatArray
    weights_to: FloatArray | None
    temperature_K: float
    section_per_length_m: float
    curve: LinkCurve

    def flow(self, T: FloatArray) -> float:
        """Return the heat [W] that arrives at the surface where the link starts."""
        here, there = self.ends(T)
        ends = np.array([here, there])
        inside = np.clip(ends, *self.curve.range_K)  # an iterate may leave the range
        beyond = float(np.diff((ends - inside) * self.curve(inside))[0])
        return self.section_per_length_m * (self.curve.integral(*map(float, inside)) + beyond)

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node."""
        flow = self.flow(T)
        heat = flow * self.weights_from
        return heat if self.weights_to is None else heat - flow * self.weights_to

    def total(self, T: FloatArray) -> float:
        """Return the heat from outside: none when both ends are on the solid."""
        return self.flow(T) if self.weights_to is None else 0.0

    def derivative(self, T: FloatArray) -> Any:
        """Return the lumped diagonal; the exact rank-one matrix would be dense."""
        here, there = self.slopes(T)
        diagonal = here * self.weights_from
        if self.weights_to is not None:
            diagonal = diagonal - there * self.weights_to
        index = np.flatnonzero(diagonal)
        return coo_matrix((diagonal[index], (index, index)), shape=(len(T), len(T)))

    def apply_derivative(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the exact change of heat into each node."""
        here, there = self.slopes(T)
        change = here * float(self.weights_from @ direction)
        if self.weights_to is None:
            return change * self.weights_from
        change += there * float(self.weights_to @ direction)
        return change * (self.weights_from - self.weights_to)

    def ends(self, T: FloatArray) -> tuple[float, float]:
        """Return the temperatures of both ends."""
        here = float(self.weights_from @ T)
        return here, self.temperature_K if self.weights_to is None else float(self.weights_to @ T)

    def check_range(self, T: FloatArray) -> None:
        """Raise `PropertyRangeError` where an end lies outside the data of the material."""
        check_curves(self.name, np.array(self.ends(T)), self.curve)

    def slopes(self, T: FloatArray) -> tuple[float, float]:
        """Return d flow / dT of both ends [W/K]."""
        k = self.curve(np.clip(self.ends(T), *self.curve.range_K))
        return -self.section_per_length_m * float(k[0]), self.section_per_length_m * float(k[1])


@dataclass(frozen=True)
class SourceTerm:
    """A power that does not depend on temperature; `load_W` has shape (num_nodes,)."""

    name: str
    load_W: FloatArray

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node."""
        return self.load_W

    def total(self, T: FloatArray) -> float:
        """Return the power."""
        return float(self.load_W.sum())

    def derivative(self, T: FloatArray) -> Any:
        """Return zero."""
        return coo_matrix((len(T), len(T)))

    def apply_derivative(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return zero."""
        return np.zeros_like(T)


def check_curves(name: str, T: FloatArray, *curves: Callable[[FloatArray], FloatArray] | None) -> None:
    """Raise `PropertyRangeError` with the name of a heat path where temperatures [K] leave the range of a curve."""
    for curve in curves:
        try:
            if curve is not None:
                curve(T)
        except PropertyRangeError as error:
            raise PropertyRangeError(f"{name}: {error}") from None


def facet_pieces(facet_nodes: IntArray, area_m2: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
    """Return nodes, areas and facet numbers of the pieces on which a `FacetTerm` is accurate.

    Parameters
    ----------
    facet_nodes
        shape (num, 3), or (num, 6) where temperatures are quadratic. Then each middle of an edge stands for a third of
        its facet: the three are the points of a rule that is exact for quadratic functions.
    area_m2
        shape (num,), areas of the facets.
    """
    which = np.arange(len(facet_nodes))
    if facet_nodes.shape[1] == 3:
        return facet_nodes, area_m2, which
    return facet_nodes[:, 3:].reshape(-1, 1), np.repeat(area_m2 / 3.0, 3), np.repeat(which, 3)


def spread(nodes: IntArray, power_W: FloatArray, num_nodes: int) -> FloatArray:
    """Return nodal loads when each piece's power goes to its nodes in equal parts."""
    num = nodes.shape[1]
    return _collect(nodes, np.repeat(power_W[:, None] / num, num, axis=1), num_nodes)


def _collect(nodes: IntArray, load: FloatArray, num_nodes: int) -> FloatArray:
    """Return sums of loads (num, nodes of a piece) by node."""
    return np.bincount(nodes.ravel(), weights=load.ravel(), minlength=num_nodes).astype(np.float64)


__all__ = ["FacetTerm", "JointTerm", "LinkTerm", "SourceTerm", "Term", "check_curves", "facet_pieces", "spread"]
