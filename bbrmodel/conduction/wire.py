"""Steady temperature along a wire that is heated by its current, exchanges heat through its side and is fastened."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import solve_banded
from scipy.special import roots_legendre

from bbrmodel.conduction.solid import ConductivityCurve
from bbrmodel.errors import ConvergenceError
from bbrmodel.typing import BoolArray, FloatArray, IntArray

# Cells of each piece between two places that are fastened. They are finest at its ends, where a wire in warm
# surroundings changes within millimetres; the error goes with the square of their size.
CELLS = 400
_MAX_STEPS = 60
_MAX_HALVINGS = 20
_TOLERANCE = 1e-12  # of the largest flow
_ROUNDING = 1e-14  # of conductance times temperature
_POINTS, _WEIGHTS = roots_legendre(4)

# Heat into one metre of wire [W/m] and its derivative [W/m/K] at temperatures [K].
HeatLaw = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class Wire:
    """One wire and the places where it is fastened.

    Attributes
    ----------
    length_m, section_m2
        Length and cross-section.
    curve
        k(T); outside its range the nearest end is used, to be judged by `WireState` afterwards.
    heat
        Heat that arises in or enters a metre of wire: all of it.
    joule
        The part that its current supplies.
    places_m
        shape (num_ports,), where the ports are along the wire.
    conductances_W_K
        shape (num_ports,), from the wire to the port; inf: they have one temperature.
    cells
        Cells between neighbouring ports.
    """

    length_m: float
    section_m2: float
    curve: ConductivityCurve
    heat: HeatLaw
    joule: HeatLaw
    places_m: FloatArray
    conductances_W_K: FloatArray
    cells: int = CELLS

    def grid(self) -> tuple[FloatArray, IntArray]:
        """Return positions of the nodes [m] and the node of each port."""
        edges = np.unique(np.concatenate([[0.0, self.length_m], self.places_m]))
        unit = 0.5 * (1.0 - np.cos(np.linspace(0.0, np.pi, self.cells + 1)))
        pieces = [a + (b - a) * unit[:-1] for a, b in pairwise(edges)]
        x = np.concatenate([*pieces, edges[-1:]])
        return x, self.cells * np.searchsorted(edges, self.places_m)


@dataclass(frozen=True)
class WireState:
    """A wire in equilibrium.

    Attributes
    ----------
    x_m, T
        shape (num_nodes,), [m], [K].
    flow_W
        shape (num_ports,), heat from the wire into each port.
    slope_W_K
        shape (num_ports, num_ports), derivative of `flow_W` (row) by the temperatures of the ports (column).
    heat_W
        Heat that arises in the wire or enters through its side; equals the sum of `flow_W`.
    joule_W
        The part of it that the current supplies.
    """

    x_m: FloatArray
    T: FloatArray
    flow_W: FloatArray
    slope_W_K: FloatArray
    heat_W: float
    joule_W: float


def solve_wire(wire: Wire, port_K: FloatArray, start_K: FloatArray | None = None) -> WireState:
    """Return the state of a wire whose ports have given temperatures.

    Parameters
    ----------
    port_K
        shape (num_ports,), [K].
    start_K
        shape (num_nodes,), temperatures to start from; a line between the ports if omitted.

    Raises
    ------
    ConvergenceError
        No steady temperature was found: the current heats the wire faster than heat can leave it.
    """
    system = _System(wire, np.asarray(port_K, dtype=np.float64))
    T = system.start() if start_K is None else start_K.copy()
    T[system.held_node] = system.port_K[system.held]
    gain = system.gain(T)
    for _ in range(_MAX_STEPS):
        if np.abs(gain).max(initial=0.0) <= system.tolerance(T):
            return system.state(T)
        T, gain = system.search(T, system.solve(T, gain), gain)
    raise ConvergenceError(
        f"a wire of {wire.length_m:g} m found no steady temperature: {np.abs(gain).max():.1e} W left in one node after "
        f"{_MAX_STEPS} steps, hottest {T.max():.0f} K. Its current may heat it faster than heat can leave."
    )


class _System:
    """Finite volumes around the nodes, heat balanced in each."""

    def __init__(self, wire: Wire, port_K: FloatArray) -> None:
        self.wire, self.port_K = wire, port_K
        self.x, self.node = wire.grid()
        self.over_length = wire.section_m2 / np.diff(self.x)
        self.share = np.zeros(len(self.x))  # length of wire that belongs to a node
        self.share[:-1] += 0.5 * np.diff(self.x)
        self.share[1:] += 0.5 * np.diff(self.x)
        self.held: BoolArray = np.isinf(wire.conductances_W_K)
        self.held_node = self.node[self.held]
        self.loose_node, self.loose = self.node[~self.held], wire.conductances_W_K[~self.held]
        self.free = np.ones(len(self.x), dtype=bool)
        self.free[self.held_node] = False

    def start(self) -> FloatArray:
        """Return temperatures on a line between the ports, free ends left out."""
        order = np.argsort(self.wire.places_m)
        order = order[self.wire.conductances_W_K[order] > 0.0]
        return np.asarray(np.interp(self.x, self.wire.places_m[order], self.port_K[order]))

    def conductivity(self, T: FloatArray) -> FloatArray:
        """Return k at temperatures that may leave the range while the iteration is under way."""
        return self.wire.curve(np.clip(T, *self.wire.curve.range_K))

    def currents(self, T: FloatArray) -> FloatArray:
        """Return the heat that flows from each node to the one before [W]; k is integrated over temperature."""
        half = 0.5 * np.diff(T)
        points = 0.5 * (T[:-1] + T[1:])[:, None] + half[:, None] * _POINTS
        result: FloatArray = self.over_length * half * (self.conductivity(points) @ _WEIGHTS)
        return result

    def balance(self, T: FloatArray) -> FloatArray:
        """Return the heat that piles up in every node, ports of one temperature with the wire left out."""
        current = self.currents(T)
        pile = self.share * self.wire.heat(T)[0]
        pile[:-1] += current
        pile[1:] -= current
        np.add.at(pile, self.loose_node, self.loose * (self.port_K[~self.held] - T[self.loose_node]))
        return pile

    def gain(self, T: FloatArray) -> FloatArray:
        """Return the heat that piles up in every free node."""
        return np.where(self.free, self.balance(T), 0.0)

    def tolerance(self, T: FloatArray) -> float:
        """Return what may pile up in a node: a part of the largest flow, or what rounding leaves."""
        flow = float(np.abs(self.currents(T)).max() + np.abs(self.share * self.wire.heat(T)[0]).sum())
        stiffness = float((self.over_length * self.conductivity(T[1:])).max())
        return max(_TOLERANCE * flow, _ROUNDING * stiffness * float(np.abs(T).max()))

    def bands(self, T: FloatArray) -> FloatArray:
        """Return the derivative of `balance` by the temperatures of the nodes, as three bands (upper, main, lower)."""
        k = self.conductivity(T)
        ahead, behind = self.over_length * k[1:], self.over_length * k[:-1]
        bands = np.zeros((3, len(T)))
        bands[0, 1:], bands[2, :-1] = ahead, behind
        bands[1] = self.share * self.wire.heat(T)[1]
        bands[1, :-1] -= behind
        bands[1, 1:] -= ahead
        np.add.at(bands[1], self.loose_node, -self.loose)
        return bands

    def solve(self, T: FloatArray, right: FloatArray) -> FloatArray:
        """Return the change of temperatures that takes `right` (num_nodes, ...) away; zero where they are held."""
        bands = self.bands(T)
        bands[1, self.held_node] = 1.0
        inner = self.held_node[self.held_node > 0]
        bands[2, inner - 1] = 0.0
        before = self.held_node[self.held_node < len(T) - 1]
        bands[0, before + 1] = 0.0
        result: FloatArray = solve_banded((1, 1), bands, -right)
        return result

    def search(self, T: FloatArray, change: FloatArray, gain: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return temperatures and what is left after the longest step of 1, 1/2, ... that leaves less."""
        length = min(1.0, 0.6 * float(T.min()) / max(float(-change.min()), 1e-300))
        before = float(np.abs(gain).sum())
        trial, left = T, gain
        for _ in range(_MAX_HALVINGS):
            trial = T + length * change
            left = self.gain(trial)
            if float(np.abs(left).sum()) < before:
                break
            length *= 0.5
        return trial, left

    def state(self, T: FloatArray) -> WireState:
        """Return flows into the ports and how they change."""
        ports = len(self.port_K)
        pile = self.balance(T)
        flow = np.empty(ports)
        flow[self.held] = pile[self.held_node]
        flow[~self.held] = self.loose * (T[self.loose_node] - self.port_K[~self.held])
        push = np.zeros((len(T), ports))
        push[self.loose_node, np.flatnonzero(~self.held)] = self.loose
        moved = np.zeros((len(T), ports))
        moved[self.held_node, np.flatnonzero(self.held)] = 1.0
        bands = self.bands(T)
        moved += self.solve(T, np.where(self.free[:, None], push + _times(bands, moved), 0.0))
        slope = np.empty((ports, ports))
        slope[self.held] = _times(bands, moved)[self.held_node]
        slope[~self.held] = self.loose[:, None] * moved[self.loose_node]
        loose = np.flatnonzero(~self.held)
        slope[loose, loose] -= self.loose
        heat, joule = (float(self.share @ law(T)[0]) for law in (self.wire.heat, self.wire.joule))
        return WireState(self.x, T, flow, slope, heat, joule)


def _times(bands: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return a matrix of three bands times vectors (num_nodes, num)."""
    result: FloatArray = bands[1][:, None] * vectors
    result[:-1] += bands[0, 1:, None] * vectors[1:]
    result[1:] += bands[2, :-1, None] * vectors[:-1]
    return result


__all__ = ["CELLS", "HeatLaw", "Wire", "WireState", "solve_wire"]
