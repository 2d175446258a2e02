"""The heat path of a wire that is more than a resistance: fastened part way, radiating, or heated by a current."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix

from bbrmodel.conduction.solid import ConductivityCurve
from bbrmodel.conduction.terms import check_curves
from bbrmodel.conduction.wire import Wire, WireState, solve_wire
from bbrmodel.errors import ConvergenceError
from bbrmodel.typing import FloatArray


@dataclass(frozen=True)
class WirePort:
    """What a wire is fastened to: the mean over nodes of the solid (weights that sum to 1), or a temperature."""

    weights: FloatArray | None
    temperature_K: float = np.nan

    def value(self, T: FloatArray) -> float:
        """Return its temperature [K]."""
        return self.temperature_K if self.weights is None else float(self.weights @ T)


@dataclass(frozen=True)
class WireTerm:
    """Equal wires in parallel between ports; port 0 is where they start, port 1 where they end.

    The temperature along the wire is found anew for each set of temperatures of the ports.
    """

    name: str
    wire: Wire
    ports: tuple[WirePort, ...]
    count: int
    resistivity: ConductivityCurve | None = None  # that of its current
    _last: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def state(self, T: FloatArray) -> WireState:
        """Return temperatures and flows of one wire."""
        port_K = np.array([port.value(T) for port in self.ports])
        known = self._last.get("state")
        if known is not None and np.array_equal(port_K, self._last["port_K"]):
            state: WireState = known
            return state
        try:
            state = solve_wire(self.wire, port_K, None if known is None else known.T)
        except ConvergenceError as error:
            raise ConvergenceError(f"{self.name}: {error}") from None
        self._last.update(state=state, port_K=port_K)
        return state

    def flow(self, T: FloatArray) -> float:
        """Return the heat [W] that arrives at the surface where the wires start."""
        return float(self.count * self.state(T).flow_W[0])

    def heat(self, T: FloatArray) -> FloatArray:
        """Return the heat into each node."""
        return self._spread(self.count * self.state(T).flow_W, len(T))

    def total(self, T: FloatArray) -> float:
        """Return the heat that enters the solid by all wires."""
        flow = self.state(T).flow_W
        return float(self.count * sum(q for q, port in zip(flow, self.ports, strict=True) if port.weights is not None))

    def derivative(self, T: FloatArray) -> Any:
        """Return the lumped diagonal; the exact matrix of low rank would be dense."""
        slope = self.count * np.diag(self.state(T).slope_W_K)
        diagonal = self._spread(slope, len(T))
        index = np.flatnonzero(diagonal)
        return coo_matrix((diagonal[index], (index, index)), shape=(len(T), len(T)))

    def apply_derivative(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the exact change of heat into each node."""
        moved = np.array([0.0 if port.weights is None else float(port.weights @ direction) for port in self.ports])
        return self._spread(self.count * self.state(T).slope_W_K @ moved, len(T))

    def apply_transposed(self, T: FloatArray, direction: FloatArray) -> FloatArray:
        """Return the transposed derivative of the nodal heat times nodal values."""
        met = np.array([0.0 if port.weights is None else float(port.weights @ direction) for port in self.ports])
        return self._spread(self.count * self.state(T).slope_W_K.T @ met, len(T))

    def ends(self, T: FloatArray) -> tuple[float, float]:
        """Return the temperatures of both ends; of a free end, that of the wire."""
        along = self.state(T).T
        return float(along[0]), float(along[-1])

    def check_range(self, T: FloatArray) -> None:
        """Raise `PropertyRangeError` where the wire is hotter or colder than the data of its material reach."""
        along = self.state(T).T
        check_curves(self.name, along, self.wire.curve, self.resistivity)

    def _spread(self, port_values: FloatArray, num_nodes: int) -> FloatArray:
        """Return nodal values of what belongs to the ports on the solid."""
        result = np.zeros(num_nodes)
        for value, port in zip(port_values, self.ports, strict=True):
            if port.weights is not None:
                result += value * port.weights
        return result


__all__ = ["WirePort", "WireTerm"]
