"""Conduction inside the bodies: the weak form of div(k(T) grad T), T linear or quadratic in each tetrahedron."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.conduction import fenicsx
from bbrmodel.conduction.linearised import LocalJacobian
from bbrmodel.mesh.split import CELL_EDGES, SplitMesh
from bbrmodel.typing import BoolArray, FloatArray, IntArray


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


# Points of a tetrahedron in barycentric coordinates, all of weight 1/4; the rule is exact for quadratic functions.
_NEAR, _FAR = 0.25 + 0.15 * 5.0**0.5, 0.25 - 0.05 * 5.0**0.5
RULE = np.full((4, 4), _FAR) + np.eye(4) * (_NEAR - _FAR)


class Solid:
    """Assembles conduction.

    With linear temperatures conductivity is taken at the mean temperature of each cell (second order), with quadratic
    ones at the four points of a rule exact for quadratic functions (third order). In both the derivative is exact.
    """

    def __init__(self, mesh: SplitMesh, curves: Sequence[ConductivityCurve]) -> None:
        import ufl

        self.num_nodes = len(mesh.points_m)
        self._cell_nodes = mesh.cell_nodes
        self._cell_body = mesh.cell_body
        self._curves = tuple(curves)
        quadratic = mesh.degree == 2
        self._shape = quadratic_shapes(RULE) if quadratic else None
        corner_points = mesh.points_m[: mesh.num_corners]
        self._space = fenicsx.build_space(corner_points, mesh.cells, middles=mesh.middles if quadratic else None)
        self._to_coefficient = _coefficient_map(self._space, mesh.cells) if quadratic else None
        self._temperature = fenicsx.new_function(self._space.temperature)
        self._k = fenicsx.new_function(self._space.coefficient)
        self._slope = fenicsx.new_function(self._space.coefficient)
        trial, test = ufl.TrialFunction(self._space.temperature), ufl.TestFunction(self._space.temperature)
        dx = ufl.dx(metadata={"quadrature_degree": 2}) if quadratic else ufl.dx
        flow = self._k * ufl.inner(ufl.grad(self._temperature), ufl.grad(test)) * dx
        jacobian = (
            self._k * ufl.inner(ufl.grad(trial), ufl.grad(test))
            + self._slope * trial * ufl.inner(ufl.grad(self._temperature), ufl.grad(test))
        ) * dx
        self._flow_form = fenicsx.compile_form(flow)
        self._jacobian_form = fenicsx.compile_form(jacobian)

    def set_temperature(self, T: FloatArray) -> None:
        """Set nodal temperatures (num_nodes,) [K] and evaluate the conductivities there.

        Outside a curve's range the nearest end is used while the iteration is under way; `check_range` judges the
        solution.
        """
        self._temperature.x.array[:] = T[self._space.node_of_dof]
        places = self._at_places(T)
        k, slope = np.empty(places.shape), np.empty(places.shape)
        for body, curve in enumerate(self._curves):
            mine = self._cell_body == body
            here = places[mine]
            low, high = curve.range_K
            clipped = np.clip(here, low, high)
            k[mine] = curve(clipped)
            slope[mine] = np.where(clipped == here, curve.derivative(clipped), 0.0)
        self._k.x.array[:] = self._as_coefficient(k)
        self._slope.x.array[:] = self._as_coefficient(slope)

    def check_range(self, T: FloatArray) -> None:
        """Raise `PropertyRangeError` when a cell's temperature lies outside its material's data."""
        places = self._at_places(T)
        for body, curve in enumerate(self._curves):
            curve(places[self._cell_body == body].ravel())

    def _at_places(self, T: FloatArray) -> FloatArray:
        """Return the temperatures where conductivity is taken, shape (num_cells,) or (num_cells, 4) [K]."""
        nodal = T[self._cell_nodes]
        places: FloatArray = nodal.mean(axis=1) if self._shape is None else nodal @ self._shape.T
        return places

    def _as_coefficient(self, values: FloatArray) -> FloatArray:
        """Return the degrees of freedom of a coefficient that has these values where conductivity is taken."""
        if self._to_coefficient is None:
            return values[self._space.cell_of_local]
        cell, corner, dof = self._to_coefficient
        at_corners = values @ np.linalg.inv(RULE).T
        result = np.empty(values.size)
        result[dof] = at_corners[cell, corner]
        return result

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


def _coefficient_map(space: fenicsx.Space, cells: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return our cell, our corner in it, and the degree of freedom there of a coefficient linear in each cell."""
    ours = np.argsort(cells[space.cell_of_local], axis=1)
    theirs = np.argsort(np.argsort(space.corners, axis=1), axis=1)
    corner = np.take_along_axis(ours, theirs, axis=1)
    cell = np.repeat(space.cell_of_local, 4)
    return cell, corner.ravel(), fenicsx.dofs_of_cells(space.coefficient, len(cells)).ravel()


def quadratic_shapes(places: FloatArray) -> FloatArray:
    """Return the shape functions of the ten nodes of a cell at barycentric coordinates (..., 4), shape (..., 10)."""
    ends = places[..., CELL_EDGES]
    shapes: FloatArray = np.concatenate([places * (2.0 * places - 1.0), 4.0 * ends[..., 0] * ends[..., 1]], axis=-1)
    return shapes


def node_volumes(mesh: SplitMesh, mine: BoolArray | None = None) -> FloatArray:
    """Return the integral of every node's shape function [m3] over all cells or over some, shape (num_nodes,).

    A power that is spread evenly over a volume is spread so over the nodes, and the mean temperature is weighted so.
    With quadratic temperatures corners get -1/20 and middles of edges 1/5 of a cell.
    """
    share = np.full(4, 0.25) if mesh.degree == 1 else np.repeat([-0.05, 0.2], [4, 6])
    volumes, nodes = cell_volumes(mesh), mesh.cell_nodes
    if mine is not None:
        volumes, nodes = volumes[mine], nodes[mine]
    load = volumes[:, None] * share
    return np.bincount(nodes.ravel(), weights=load.ravel(), minlength=len(mesh.points_m)).astype(np.float64)


def cell_volumes(mesh: SplitMesh) -> FloatArray:
    """Return the volumes of the cells [m3], shape (num_cells,)."""
    corners = mesh.points_m[mesh.cells]
    edges = corners[:, 1:] - corners[:, :1]
    volumes: FloatArray = np.abs(np.einsum("ij,ij->i", edges[:, 0], np.cross(edges[:, 1], edges[:, 2]))) / 6.0
    return volumes


__all__ = ["RULE", "ConductivityCurve", "Solid", "cell_volumes", "node_volumes", "quadratic_shapes"]
