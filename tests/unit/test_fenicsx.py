"""The seam to dolfinx: every supported release gives the same matrices, in our numbering of nodes and cells."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bbrmodel.mesh.split import SplitMesh, add_middles
from bbrmodel.typing import FloatArray

pytestmark = pytest.mark.fenics


@dataclass(frozen=True)
class LinearCurve:
    """k = start + slope T."""

    start: float
    slope: float
    range_K: tuple[float, float] = (0.0, 1000.0)

    def __call__(self, T: FloatArray) -> FloatArray:
        return self.start + self.slope * T

    def derivative(self, T: FloatArray) -> FloatArray:
        return np.full_like(T, self.slope)


def shuffled_box(divisions: int) -> SplitMesh:
    """Return a unit cube of tetrahedra with nodes and cells in random order, and two bodies that share no node."""
    rng = np.random.default_rng(1)
    side = divisions + 1
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    corners = grid[(grid < divisions).all(axis=1)]
    weights = np.array([side * side, side, 1])
    paths = [
        np.cumsum([np.zeros(3, int), *np.eye(3, dtype=int)[list(order)]], axis=0) for order in permutations(range(3))
    ]
    cells = np.concatenate([(corners[:, None, :] + path) @ weights for path in paths])
    body = (corners[:, 0] >= divisions / 2).astype(np.int64)
    cell_body = np.tile(body, len(paths))
    cells = cells + len(grid) * cell_body[:, None]  # the second body has nodes of its own: a split joint
    used, cells = np.unique(cells, return_inverse=True)
    points = np.concatenate([grid, grid])[used] / divisions
    new_number, order = rng.permutation(len(points)), rng.permutation(len(cell_body))
    shuffled = np.empty_like(points)
    shuffled[new_number] = points
    nothing = np.empty((0, 3), dtype=np.int64)
    return SplitMesh(shuffled, new_number[cells.reshape(-1, 4)][order], cell_body[order], nothing, ())


def stiffness(mesh: SplitMesh, conductivity: FloatArray) -> FloatArray:
    """Return the dense stiffness matrix of linear tetrahedra, worked out from the gradients of the hat functions."""
    matrix = np.zeros((len(mesh.points_m),) * 2)
    for cell, k in zip(mesh.cells, conductivity, strict=True):
        corners = np.column_stack([np.ones(4), mesh.points_m[cell]])
        gradients = np.linalg.inv(corners)[1:]
        volume = abs(np.linalg.det(corners)) / 6.0
        matrix[np.ix_(cell, cell)] += k * volume * gradients.T @ gradients
    return matrix


def test_assembled_conduction_equals_hand_made_matrices_in_our_node_order() -> None:
    from bbrmodel.conduction.solid import Solid

    mesh = shuffled_box(3)
    curves = (LinearCurve(2.0, 0.01), LinearCurve(50.0, -0.02))
    T = 80.0 + 100.0 * np.random.default_rng(2).random(len(mesh.points_m))
    solid = Solid(mesh, curves)
    solid.set_temperature(T)
    mean = T[mesh.cells].mean(axis=1)
    k = np.where(mesh.cell_body == 0, curves[0](mean), curves[1](mean))
    # Both are sums of the same few thousand products in another order: rounding only.
    np.testing.assert_allclose(
        solid.heat_out_of_nodes(), stiffness(mesh, k) @ T, rtol=0, atol=1e-11 * k.max() * T.max()
    )


def test_quadratic_temperatures_are_assembled_exactly_in_our_node_order() -> None:
    """T = x^2 + 2 y^2 + 3 x y + z, k = 2: k div grad T = 12 W/m3; the mean of k grad T over the cube is (5, 7, 2)."""
    from bbrmodel.conduction.solid import Solid, node_volumes

    mesh = add_middles(shuffled_box(3))
    solid = Solid(mesh, (LinearCurve(2.0, 0.0), LinearCurve(2.0, 0.0)))
    x, y, z = mesh.points_m.T
    solid.set_temperature(100.0 + x**2 + 2.0 * y**2 + 3.0 * x * y + z)
    heat = solid.heat_out_of_nodes()
    inside = (mesh.points_m > 1e-9).all(axis=1) & (mesh.points_m < 1.0 - 1e-9).all(axis=1)
    at_joint = np.isin(np.arange(len(x)), mesh.cell_nodes[mesh.cell_body == 0]) & (x > 2.0 / 3.0 - 1e-9)
    at_joint |= np.isin(np.arange(len(x)), mesh.cell_nodes[mesh.cell_body == 1]) & (x < 2.0 / 3.0 + 1e-9)
    inside &= ~at_joint
    assert inside.sum() > 50
    # Quadratic functions are represented exactly: rounding only.
    np.testing.assert_allclose(heat[inside], -12.0 * node_volumes(mesh)[inside], rtol=0, atol=1e-12)
    assert mesh.points_m.T @ heat == pytest.approx([5.0, 7.0, 2.0], abs=1e-11)


@pytest.mark.parametrize("degree", [1, 2])
def test_the_jacobian_is_the_derivative_of_the_heat_flows(degree: int) -> None:
    from bbrmodel.conduction.solid import Solid

    mesh = shuffled_box(2) if degree == 1 else add_middles(shuffled_box(2))
    solid = Solid(mesh, (LinearCurve(2.0, 0.01), LinearCurve(50.0, -0.02)))
    rng = np.random.default_rng(3)
    T, step = 80.0 + 100.0 * rng.random(len(mesh.points_m)), rng.standard_normal(len(mesh.points_m))
    solid.set_temperature(T + step)
    above = solid.heat_out_of_nodes()
    solid.set_temperature(T - step)
    below = solid.heat_out_of_nodes()
    solid.set_temperature(T)
    # k is linear in T and the flow therefore quadratic: the central difference is exact to rounding.
    np.testing.assert_allclose(solid.jacobian() @ step, (above - below) / 2.0, rtol=0, atol=1e-9 * abs(above).max())


def test_a_factorization_solves_for_several_right_hand_sides() -> None:
    from bbrmodel.conduction.fenicsx import Factorization

    rng = np.random.default_rng(4)
    matrix = csr_matrix(np.where(rng.random((50, 50)) < 0.1, rng.random((50, 50)), 0.0) + 10.0 * np.eye(50))
    factorization = Factorization(matrix)
    for _ in range(2):
        right = rng.standard_normal(50)
        # The matrix is diagonally dominant: a direct solve loses next to no digits.
        np.testing.assert_allclose(matrix @ factorization.solve(right), right, rtol=0, atol=1e-12)


def test_a_factorization_that_is_dropped_gives_its_memory_back() -> None:
    from bbrmodel.conduction.fenicsx import Factorization

    factorization = Factorization(csr_matrix(np.diag([2.0, 4.0])))
    assert factorization.solve(np.ones(2)) == pytest.approx([0.5, 0.25])
    solver = factorization._solver  # another owner, so that what is seen is not its own end
    assert solver.handle != 0
    del factorization
    assert solver.handle == 0
