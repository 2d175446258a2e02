"""Conduction inside the bodies: the weak form of div(k(T) grad T) on linear tetrahedra."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.conduction import fenicsx
from bbrmodel.conduction.linearised import LocalJacobian
from bbrmodel.mesh.split import SplitMesh
from bbrmodel.typing import FloatArray, IntArray


class ConductivityCurve(Protocol):
    """What the solid needs of a material: k(T), its slope and where both are known."""

    @property
    def range_K(self) -> tuple[float, float]:
        """Lowest and highest temperature."""
        ...

    def __call__(self, T: FloatArray) -> FloatArray:
        """Return k [W/m/K]."""
        ...

    def derivative(self, T: FloatArray) -> FloatArray:
        """Return dk/dT [W/m/K2]."""
        ...


class Solid:
    """Assembles conduction. Conductivity is taken at the mean temperature of each cell (second order)."""

    def __init__(self, mesh: SplitMesh, curves: Sequence[ConductivityCurve]) -> None:
        import ufl

        self.num_nodes = len(mesh.points_m)
        self._mesh = mesh
        self._curves = tuple(curves)
        self._space = fenicsx.build_space(mesh.points_m, mesh.cells)
        self._temperature = fenicsx.new_function(self._space.linear)
        self._k = fenicsx.new_function(self._space.constant)
        self._slope = fenicsx.new_function(self._space.constant)
        trial, test = ufl.TrialFunction(self._space.linear), ufl.TestFunction(self._space.linear)
        flow = self._k * ufl.inner(ufl.grad(self._temperature), ufl.grad(test)) * ufl.dx
        jacobian = (
            self._k * ufl.inner(ufl.grad(trial), ufl.grad(test))
            + self._slope * trial * ufl.inner(ufl.grad(self._temperature), ufl.grad(test))
        ) * ufl.dx
        self._flow_form = fenicsx.compile_form(flow)
        self._jacobian_form = fenicsx.compile_form(jacobian)

    def set_temperature(self, T: FloatArray) -> None:
        """Set nodal temperatures (num_nodes,) [K] and evaluate the conductivities there.

        Outside a curve's range the nearest end is used while the iteration is under way; `check_range` judges the
        solution.
        """
        self._temperature.x.array[:] = T[self._space.node_of_dof]
        mean = T[self._mesh.cells].mean(axis=1)
        k, slope = np.empty(len(mean)), np.empty(len(mean))
        for body, curve in enumerate(self._curves):
            mine = self._mesh.cell_body == body
            low, high = curve.range_K
            clipped = np.clip(mean[mine], low, high)
            k[mine] = curve(clipped)
            slope[mine] = np.where(clipped == mean[mine], curve.derivative(clipped), 0.0)
        self._k.x.array[:] = k[self._space.cell_of_local]
        self._slope.x.array[:] = slope[self._space.cell_of_local]

    def check_range(self, T: FloatArray) -> None:
        """Raise `PropertyRangeError` when a cell's temperature lies outside its material's data."""
        mean = T[self._mesh.cells].mean(axis=1)
        for body, curve in enumerate(self._curves):
            curve(mean[self._mesh.cell_body == body])

    def heat_out_of_nodes(self) -> FloatArray:
        """Return the heat [W] that conduction takes from each node, shape (num_nodes,)."""
        values = np.empty(self.num_nodes)
        values[self._space.node_of_dof] = fenicsx.assemble_array(self._flow_form)[: self.num_nodes]
        return values

    def linearise(self) -> LocalJacobian:
        """Return that derivative as Newton's method takes it."""
        return LocalJacobian(self.jacobian())

    def jacobian(self) -> Any:
        """Return the derivative of `heat_out_of_nodes` by the nodal temperatures, scipy CSR [W/K]."""
        data, columns, pointers = fenicsx.assemble_csr(self._jacobian_form)
        node: IntArray = self._space.node_of_dof
        rows = np.repeat(np.arange(len(pointers) - 1), np.diff(pointers))
        size = (self.num_nodes, self.num_nodes)
        return csr_matrix((data[: pointers[-1]], (node[rows], node[columns[: pointers[-1]]])), shape=size)


def cell_volumes(mesh: SplitMesh) -> FloatArray:
    """Return the volumes of the cells [m3], shape (num_cells,)."""
    corners = mesh.points_m[mesh.cells]
    edges = corners[:, 1:] - corners[:, :1]
    volumes: FloatArray = np.abs(np.linalg.det(edges)) / 6.0
    return volumes


__all__ = ["ConductivityCurve", "Solid", "cell_volumes"]
