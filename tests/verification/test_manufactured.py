"""Conduction against manufactured solutions: the error falls with the square of the mesh size.

Rationale: closed forms of one dimension do not show whether sources, curved temperatures, k(T), films, radiation and
joints are of second order together. Setup: a smooth temperature is chosen, and the source, the ambient temperatures and
the temperature step that make it a solution are computed from it. Expected: order 2 within 0.1, from 12 to 24 cells
along an edge.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.materials import constant_curve
from bbrmodel.materials.custom import property_curve
from bbrmodel.mesh.split import SplitMesh
from bbrmodel.spec import Property
from bbrmodel.typing import FloatArray, IntArray
from tests.verification.shapes import bar_cells

pytestmark = pytest.mark.fenics

Field = Callable[[FloatArray], FloatArray]  # of points (num, 3)
LEVELS = (6, 12, 24)
# Points of a tetrahedron in barycentric coordinates; the rule is exact for quadratic functions.
_A, _B = 0.5854101966249685, 0.1381966011250105
QUADRATURE = np.full((4, 4), _B) + np.eye(4) * (_A - _B)


@dataclass(frozen=True)
class Box:
    """A box of tetrahedra with its boundary triangles, their areas and centres."""

    points: FloatArray
    cells: IntArray
    triangles: IntArray

    @property
    def area(self) -> FloatArray:
        corners = self.points[self.triangles]
        return 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)

    @property
    def centre(self) -> FloatArray:
        return self.points[self.triangles].mean(axis=1)

    def face(self, axis: int, value: float) -> FloatArray:
        """Return which triangles lie on a side of the box."""
        return np.abs(self.points[self.triangles][:, :, axis] - value).max(axis=1) < 1e-9


def load_of(source: Field, points: FloatArray, cells: IntArray) -> FloatArray:
    """Return the heat of a source density [W/m3] into each node."""
    corners = points[cells]
    volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / 6.0
    places = np.einsum("qk,ckd->cqd", QUADRATURE, corners)
    density = source(places.reshape(-1, 3)).reshape(len(cells), 4)
    load = np.einsum("c,cq,qk->ck", volume / 4.0, density, QUADRATURE)
    return np.bincount(cells.ravel(), weights=load.ravel(), minlength=len(points))


def norm(error: FloatArray, points: FloatArray, cells: IntArray) -> float:
    """Return the L2 norm [K m^1.5] of an error that is linear in each cell."""
    corners = points[cells]
    volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / 6.0
    return float(np.sqrt(volume / 4.0 @ ((error[cells] @ QUADRATURE.T) ** 2).sum(axis=1)))


def orders(errors: list[float]) -> FloatArray:
    return np.log2(np.array(errors[:-1]) / np.array(errors[1:]))


def temperature(p: FloatArray) -> FloatArray:
    x, y, z = p.T
    return 200.0 + 40.0 * np.sin(1.5 * x + 0.3) * np.cos(y) + 20.0 * z**2


def gradient(p: FloatArray) -> FloatArray:
    x, y, z = p.T
    return np.stack(
        [60.0 * np.cos(1.5 * x + 0.3) * np.cos(y), -40.0 * np.sin(1.5 * x + 0.3) * np.sin(y), 40.0 * z], axis=1
    )


def laplacian(p: FloatArray) -> FloatArray:
    x, y, _ = p.T
    return -40.0 * (1.5**2 + 1.0) * np.sin(1.5 * x + 0.3) * np.cos(y) + 40.0


def test_k_of_T_with_source_film_and_radiation_is_of_second_order() -> None:
    from bbrmodel.conduction.newton import SteadyProblem, solve_steady
    from bbrmodel.conduction.solid import Solid
    from bbrmodel.conduction.terms import FacetTerm, SourceTerm

    slope, h, factor = 0.01, 5.0, 0.8 * STEFAN_BOLTZMANN
    table = Property(temperatures_K=(100.0, 300.0), values=(1.0, 1.0 + 200.0 * slope))
    curve = property_curve(table, owner="test", quantity="k")

    def source(p: FloatArray) -> FloatArray:
        return -slope * (gradient(p) ** 2).sum(axis=1) - curve(temperature(p)) * laplacian(p)

    errors = []
    for num in LEVELS:
        box = Box(*bar_cells(np.zeros(3), np.ones(3), (num, num, num)))
        film, light = box.face(0, 1.0), box.face(1, 1.0)
        there = box.centre[film]
        ambient = temperature(there) + curve(temperature(there)) * gradient(there)[:, 0] / h
        over = box.centre[light]
        flux = curve(temperature(over)) * gradient(over)[:, 1]
        around4 = temperature(over) ** 4 + flux / factor
        terms = [
            SourceTerm("source", load_of(source, box.points, box.cells)),
            FacetTerm(
                "film", box.triangles[film], box.area[film], lambda T, a=ambient: (h * (a - T), np.full_like(T, -h))
            ),
            FacetTerm(
                "light",
                box.triangles[light],
                box.area[light],
                lambda T, a=around4: (factor * (a - T**4), -4.0 * factor * T**3),
            ),
        ]
        fixed = np.zeros(len(box.points), dtype=bool)
        fixed[box.triangles[~(film | light)].ravel()] = True
        exact = temperature(box.points)
        split = SplitMesh(box.points, box.cells, np.zeros(len(box.cells), dtype=np.int64), np.empty((0, 3), int), ())
        start = np.where(fixed, exact, 200.0)
        result = solve_steady(SteadyProblem(Solid(split, (curve,)), terms, fixed, start), tolerance=1e-10)
        errors.append(norm(result.T - exact, split.points_m, split.cells))
    assert orders(errors)[-1] == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 0.02  # K, of 60 K


def test_a_joint_between_curved_temperatures_is_of_second_order() -> None:
    """In the second half T is larger by (k / h) dT/dx at the joint, so that both fluxes agree."""
    from bbrmodel.conduction.newton import SteadyProblem, solve_steady
    from bbrmodel.conduction.solid import Solid
    from bbrmodel.conduction.terms import JointTerm, SourceTerm

    k, h = 10.0, 40.0

    def at_joint(p: FloatArray) -> FloatArray:
        return np.concatenate([np.full((len(p), 1), 0.5), p[:, 1:]], axis=1)

    def second(p: FloatArray) -> FloatArray:
        return temperature(p) + k / h * gradient(at_joint(p))[:, 0]

    def source_first(p: FloatArray) -> FloatArray:
        return -k * laplacian(p)

    def source_second(p: FloatArray) -> FloatArray:
        step = k / h * gradient(at_joint(p))[:, 0]  # its second derivative by y is minus itself
        return -k * (laplacian(p) - step)

    errors = []
    for num in LEVELS:
        halves = [
            Box(*bar_cells(np.array([x, 0.0, 0.0]), np.array([0.5, 1.0, 1.0]), (num // 2, num, num)))
            for x in (0.0, 0.5)
        ]
        first, other = halves
        offset = len(first.points)
        points = np.concatenate([half.points for half in halves])
        cells = np.concatenate([first.cells, other.cells + offset])
        joint = first.triangles[first.face(0, 0.5)]
        place = {tuple(np.round(p, 9)): n + offset for n, p in enumerate(other.points)}
        facing = np.array([[place[tuple(np.round(first.points[n], 9))] for n in triangle] for triangle in joint])
        load = np.concatenate(
            [load_of(source_first, first.points, first.cells), load_of(source_second, other.points, other.cells)]
        )
        terms = [
            JointTerm("joint", joint, facing, first.area[first.face(0, 0.5)], h),
            SourceTerm("source", load),
        ]
        fixed = np.zeros(len(points), dtype=bool)
        fixed[first.triangles[~first.face(0, 0.5)].ravel()] = True
        fixed[other.triangles[~other.face(0, 0.5)].ravel() + offset] = True
        exact = np.concatenate([temperature(first.points), second(other.points)])
        body = np.repeat([0, 1], [len(first.cells), len(other.cells)])
        split = SplitMesh(points, cells, body, np.empty((0, 3), int), ())
        solid = Solid(split, (constant_curve(k), constant_curve(k)))
        result = solve_steady(SteadyProblem(solid, terms, fixed, np.where(fixed, exact, 200.0)), tolerance=1e-10)
        errors.append(norm(result.T - exact, split.points_m, split.cells))
    assert orders(errors)[-1] == pytest.approx(2.0, abs=0.1)
    assert errors[-1] < 0.02  # K, of 60 K
