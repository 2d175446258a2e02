"""Conduction against manufactured solutions: the error falls with a power of the mesh size.

Rationale: closed forms of one dimension do not show whether sources, curved temperatures, k(T), films, radiation and
joints are of the order of the elements together. Setup: a smooth temperature is chosen, and the source, the ambient
temperatures and the temperature step that make it a solution are computed from it. Expected: order 2 within 0.1 for
linear temperatures, from 12 to 24 cells along an edge, and order 3 within 0.1 for quadratic ones, from 6 to 12.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from bbrmodel.conduction.newton import SteadyProblem, solve_steady
from bbrmodel.conduction.solid import Solid, cell_volumes, quadratic_shapes
from bbrmodel.conduction.terms import FacetTerm, JointTerm, SourceTerm, Term, facet_pieces
from bbrmodel.constants import STEFAN_BOLTZMANN
from bbrmodel.materials import constant_curve
from bbrmodel.materials.custom import property_curve
from bbrmodel.mesh.split import JointFacets, SplitMesh, add_middles
from bbrmodel.radiation.exchange_areas import from_upper
from bbrmodel.radiation.light_classes import SourceOptics
from bbrmodel.radiation.light_exchange import LightExchange, RadiatingSurfaces
from bbrmodel.spec import Property
from bbrmodel.typing import BoolArray, FloatArray, IntArray
from tests.verification.shapes import bar_cells

pytestmark = pytest.mark.fenics

Field = Callable[[FloatArray], FloatArray]  # of points (num, 3)
LEVELS = {1: (12, 24), 2: (6, 12)}  # cells along an edge, by the degree of the temperatures
LARGEST_ERROR = {1: 0.02, 2: 0.002}  # K, of 60 K, on the finer mesh
# Points of a tetrahedron in barycentric coordinates and their weights; the rule is exact to degree 7.
_GAUSS, _WEIGHT = np.polynomial.legendre.leggauss(4)


def _collapsed_rule() -> tuple[FloatArray, FloatArray]:
    x, y, z = (g.ravel() for g in np.meshgrid(*[(_GAUSS + 1.0) / 2.0] * 3, indexing="ij"))
    wx, wy, wz = (g.ravel() for g in np.meshgrid(*[_WEIGHT / 2.0] * 3, indexing="ij"))
    first, second = x, (1.0 - x) * y
    third = (1.0 - x) * (1.0 - y) * z
    places = np.stack([first, second, third, 1.0 - first - second - third], axis=1)
    return places, 6.0 * wx * wy * wz * (1.0 - x) ** 2 * (1.0 - y)


PLACES, WEIGHTS = _collapsed_rule()


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


def shapes(mesh: SplitMesh) -> FloatArray:
    return PLACES if mesh.degree == 1 else quadratic_shapes(PLACES)


def load_of(source: Field, mesh: SplitMesh, mine: BoolArray | None = None) -> FloatArray:
    """Return the heat of a source density [W/m3] into each node, of all cells or of some."""
    chosen = np.ones(len(mesh.cells), dtype=bool) if mine is None else mine
    places = np.einsum("qk,ckd->cqd", PLACES, mesh.points_m[mesh.cells[chosen]])
    density = source(places.reshape(-1, 3)).reshape(len(places), -1)
    load = np.einsum("c,q,cq,qk->ck", cell_volumes(mesh)[chosen], WEIGHTS, density, shapes(mesh), optimize=True)
    return np.bincount(mesh.cell_nodes[chosen].ravel(), weights=load.ravel(), minlength=len(mesh.points_m))


def norm(T: FloatArray, exact: Field, mesh: SplitMesh, mine: BoolArray | None = None) -> float:
    """Return the L2 norm [K m^1.5] of the error of nodal temperatures, over all cells or over some."""
    chosen = np.ones(len(mesh.cells), dtype=bool) if mine is None else mine
    places = np.einsum("qk,ckd->cqd", PLACES, mesh.points_m[mesh.cells[chosen]])
    error = T[mesh.cell_nodes[chosen]] @ shapes(mesh).T - exact(places.reshape(-1, 3)).reshape(len(places), -1)
    return float(np.sqrt(cell_volumes(mesh)[chosen] @ (error**2 @ WEIGHTS)))


def mesh_of(points: FloatArray, cells: IntArray, triangles: IntArray, degree: int) -> SplitMesh:
    """Return one body whose facets are given triangles."""
    mesh = SplitMesh(points, cells, np.zeros(len(cells), dtype=np.int64), triangles, ())
    return mesh if degree == 1 else add_middles(mesh)


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


@pytest.mark.parametrize("degree", [1, 2])
def test_k_of_T_with_source_film_and_radiation_is_of_the_order_of_the_elements(degree: int) -> None:
    slope, h, factor = 0.01, 5.0, 0.8 * STEFAN_BOLTZMANN
    table = Property(temperatures_K=(100.0, 300.0), values=(1.0, 1.0 + 200.0 * slope))
    curve = property_curve(table, owner="test", quantity="k")

    def source(p: FloatArray) -> FloatArray:
        return -slope * (gradient(p) ** 2).sum(axis=1) - curve(temperature(p)) * laplacian(p)

    def flux(p: FloatArray, axis: int) -> FloatArray:
        return curve(temperature(p)) * gradient(p)[:, axis]

    errors = []
    for num in LEVELS[degree]:
        box = Box(*bar_cells(np.zeros(3), np.ones(3), (num, num, num)))
        mesh = mesh_of(box.points, box.cells, box.triangles, degree)
        film, light = box.face(0, 1.0), box.face(1, 1.0)
        terms: list[Term] = [SourceTerm("source", load_of(source, mesh))]
        nodes, area, _ = facet_pieces(mesh.facet_nodes[film], box.area[film])
        there = mesh.points_m[nodes].mean(axis=1)
        ambient = temperature(there) + flux(there, 0) / h
        terms.append(FacetTerm("film", nodes, area, lambda T, a=ambient: (h * (a - T), np.full_like(T, -h))))
        nodes, area, _ = facet_pieces(mesh.facet_nodes[light], box.area[light])
        over = mesh.points_m[nodes].mean(axis=1)
        around4 = temperature(over) ** 4 + flux(over, 1) / factor
        terms.append(FacetTerm("light", nodes, area, lambda T, a=around4: (factor * (a - T**4), -4.0 * factor * T**3)))
        fixed = np.zeros(len(mesh.points_m), dtype=bool)
        fixed[mesh.facet_nodes[~(film | light)].ravel()] = True
        start = np.where(fixed, temperature(mesh.points_m), 200.0)
        result = solve_steady(SteadyProblem(Solid(mesh, (curve,)), terms, fixed, start), tolerance=1e-10)
        errors.append(norm(result.T, temperature, mesh))
    assert orders(errors)[-1] == pytest.approx(degree + 1.0, abs=0.1)
    assert errors[-1] < LARGEST_ERROR[degree]


def outward_light(mesh: SplitMesh, faces: BoolArray, area: FloatArray, emissivity: float) -> LightExchange:
    """Return the exchange of facets that see nothing but surroundings of 250 K."""
    num = len(area)
    nothing = csr_matrix((num, num))
    areas = from_upper(nothing, np.empty(0), escape=area, escape_variance=np.zeros(num), area_m2=area)
    nodes, alike = mesh.facet_nodes[faces], np.full(num, emissivity)
    surfaces = RadiatingSurfaces(
        areas={"all": areas},
        traced=frozenset(),
        area_m2=area,
        optics=SourceOptics(alike, alike, alike),
        patch=np.zeros(num, dtype=np.int64),
        nodes=nodes[:, -3:],
        shell_temperature_K=np.full(num, np.nan),
        surface=np.zeros(num, dtype=np.int64),
        surface_names=("side",),
        radiates=np.ones(num, dtype=bool),
        environment_temperature_K=250.0,
        corners=nodes[:, :3] if mesh.degree == 2 else None,
    )
    return LightExchange(surfaces, len(mesh.points_m))


@pytest.mark.parametrize("degree", [1, 2])
def test_the_exchange_of_light_is_of_the_order_of_the_elements(degree: int) -> None:
    """One side radiates by the exchange itself to 250 K, at 181 to 249 K; a given flux makes up for the rest."""
    k, emissivity = 1.0, 0.8

    def source(p: FloatArray) -> FloatArray:
        return -k * laplacian(p)

    errors = []
    for num in LEVELS[degree]:
        box = Box(*bar_cells(np.zeros(3), np.ones(3), (num, num, num)))
        mesh = mesh_of(box.points, box.cells, box.triangles, degree)
        side = box.face(1, 1.0)
        nodes, area, _ = facet_pieces(mesh.facet_nodes[side], box.area[side])
        there = mesh.points_m[nodes].mean(axis=1)
        light = emissivity * STEFAN_BOLTZMANN * (250.0**4 - temperature(there) ** 4)
        rest = k * gradient(there)[:, 1] - light
        terms: list[Term] = [SourceTerm("source", load_of(source, mesh))]
        terms.append(FacetTerm("flux", nodes, area, lambda T, q=rest: (q, np.zeros_like(T))))
        fixed = np.zeros(len(mesh.points_m), dtype=bool)
        fixed[mesh.facet_nodes[~side].ravel()] = True
        start = np.where(fixed, temperature(mesh.points_m), 200.0)
        exchange = outward_light(mesh, side, box.area[side], emissivity)
        problem = SteadyProblem(Solid(mesh, (constant_curve(k),)), terms, fixed, start, exchange)
        errors.append(norm(solve_steady(problem, tolerance=1e-10).T, temperature, mesh))
    assert orders(errors)[-1] == pytest.approx(degree + 1.0, abs=0.1)
    assert errors[-1] < LARGEST_ERROR[degree]


@pytest.mark.parametrize("degree", [1, 2])
def test_a_joint_between_curved_temperatures_is_of_the_order_of_the_elements(degree: int) -> None:
    """In the second half T is larger by (k / h) dT/dx at the joint, so that both fluxes agree."""
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
    for num in LEVELS[degree]:
        mesh, outer = halves(num, degree)
        joint = mesh.joints[0]
        here = mesh.cell_body == 0
        load = load_of(source_first, mesh, here) + load_of(source_second, mesh, ~here)
        contact = JointTerm("joint", joint.nodes_first, joint.nodes_second, joint.area_m2, h)
        fixed = np.zeros(len(mesh.points_m), dtype=bool)
        fixed[mesh.facet_nodes[outer].ravel()] = True
        exact = temperature(mesh.points_m)
        ours = np.unique(mesh.cell_nodes[~here])
        exact[ours] = second(mesh.points_m[ours])
        solid = Solid(mesh, (constant_curve(k), constant_curve(k)))
        problem = SteadyProblem(solid, [contact, SourceTerm("source", load)], fixed, np.where(fixed, exact, 200.0))
        T = solve_steady(problem, tolerance=1e-10).T
        errors.append(np.hypot(norm(T, temperature, mesh, here), norm(T, second, mesh, ~here)))
    assert orders(errors)[-1] == pytest.approx(degree + 1.0, abs=0.1)
    assert errors[-1] < LARGEST_ERROR[degree]


def halves(num: int, degree: int) -> tuple[SplitMesh, BoolArray]:
    """Return two halves of a cube with a joint between them, and which of their facets are outside."""
    first, other = (
        Box(*bar_cells(np.array([x, 0.0, 0.0]), np.array([0.5, 1.0, 1.0]), (num // 2, num, num))) for x in (0.0, 0.5)
    )
    offset = len(first.points)
    inside = first.face(0, 0.5)
    place = {tuple(np.round(p, 9)): n + offset for n, p in enumerate(other.points)}
    facing = np.array([[place[tuple(np.round(first.points[n], 9))] for n in t] for t in first.triangles[inside]])
    mesh = SplitMesh(
        points_m=np.concatenate([first.points, other.points]),
        cells=np.concatenate([first.cells, other.cells + offset]),
        cell_body=np.repeat([0, 1], [len(first.cells), len(other.cells)]),
        facet_nodes=np.concatenate([first.triangles, other.triangles + offset]),
        joints=(JointFacets((0, 1), first.triangles[inside], facing, first.area[inside]),),
    )
    outer = ~np.concatenate([inside, other.face(0, 0.5)])
    return (mesh if degree == 1 else add_middles(mesh)), outer
