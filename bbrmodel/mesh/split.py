"""The nodes that temperatures live on: split where bodies meet at a joint, with the middles of edges if quadratic."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bbrmodel.mesh.bundle import MeshBundle
from bbrmodel.mesh.facets import FacetMesh, Interfaces
from bbrmodel.typing import BoolArray, FloatArray, IntArray

# Corners of the edges whose middles follow the corners in a quadratic cell or facet.
CELL_EDGES = np.array([[0, 1], [1, 2], [0, 2], [0, 3], [1, 3], [2, 3]])
FACET_EDGES = np.array([[0, 1], [1, 2], [2, 0]])


@dataclass(frozen=True)
class JointFacets:
    """The facets of one joint: node indices on the first and on the second body, each (num, 3 or 6), and areas."""

    bodies: tuple[int, int]
    nodes_first: IntArray
    nodes_second: IntArray
    area_m2: FloatArray


@dataclass(frozen=True)
class SplitMesh:
    """The mesh that temperatures live on.

    Attributes
    ----------
    points_m
        shape (num_nodes, 3); a point of the file appears once for each group of bodies bonded there. Middles of
        edges follow the corners of cells.
    cells
        shape (num_cells, 4), node indices of the corners.
    facet_nodes
        shape (num_facets, 3), node indices of the facets of `FacetMesh`, -1 for shells; shape (num_facets, 6) where
        temperatures are quadratic, the middles of edges last. The last three carry a uniform flux in equal parts, and
        the mean over the facet is theirs, whether temperatures are linear or quadratic.
    joints
        one entry for each pair of bodies that was asked for.
    edges
        shape (num_edges, 2), the two corners, lower first and in sorted order, of every edge that has a node in its
        middle; none where temperatures are linear.
    """

    points_m: FloatArray
    cells: IntArray
    cell_body: IntArray
    facet_nodes: IntArray
    joints: tuple[JointFacets, ...]
    edges: IntArray = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))

    @property
    def degree(self) -> int:
        """1 where temperatures are linear in a cell, 2 where they are quadratic."""
        return 2 if len(self.edges) else 1

    @property
    def num_corners(self) -> int:
        """Number of nodes that are corners of cells; they come first."""
        return len(self.points_m) - len(self.edges)

    @property
    def cell_nodes(self) -> IntArray:
        """All nodes of the cells, shape (num_cells, 4 or 10); middles in the order of `CELL_EDGES`."""
        if self.degree == 1:
            return self.cells
        return np.concatenate([self.cells, self.middles(self.cells[:, CELL_EDGES])], axis=1)

    @property
    def flux_nodes(self) -> IntArray:
        """The three nodes of every facet that carry a uniform flux in equal parts, shape (num_facets, 3)."""
        return self.facet_nodes[:, -3:]

    def middles(self, ends: IntArray) -> IntArray:
        """Return the nodes in the middle of edges, given by their two corners (..., 2); -1 where those are -1."""
        num = self.num_corners
        low, high = ends.min(axis=-1), ends.max(axis=-1)
        found = num + np.searchsorted(self.edges[:, 0] * num + self.edges[:, 1], low * num + high)
        nodes: IntArray = np.where(low < 0, -1, found).astype(np.int64)
        return nodes


def split_at_joints(
    bundle: MeshBundle, facets: FacetMesh, interfaces: Interfaces, *, pairs: Sequence[tuple[int, int]], degree: int = 1
) -> SplitMesh:
    """Return the mesh with separate nodes on both sides of every interface in `pairs` (body indices).

    Bodies that share a facet and are not in `pairs` stay bonded. Bodies that share only points or edges are
    separated: a contact without area conducts no heat. With `degree` 2 every edge has a node in its middle.
    """
    num_bodies = max(len(bundle.body_names), 1)
    incidence = np.unique(bundle.cells * num_bodies + bundle.cell_body[:, None])
    jointed = _is_jointed(interfaces, pairs, num_bodies)
    component = _components(incidence, interfaces, ~jointed, num_bodies)

    def node(points: IntArray, body: IntArray) -> IntArray:
        return component[np.searchsorted(incidence, points * num_bodies + body)]

    points = np.empty((int(component.max()) + 1 if len(component) else 0, 3))
    points[component] = bundle.points_m[incidence // num_bodies]
    facet_nodes = np.full(facets.points.shape, -1, dtype=np.int64)
    solid = facets.body >= 0
    facet_nodes[solid] = node(facets.points[solid], facets.body[solid][:, None])
    inner = ~facets.exposed
    if inner.any():  # a named surface inside the solid: any body that owns all its points serves
        facet_nodes[inner] = _inner_nodes(facets.points[inner], incidence, component, num_bodies)
    joints = []
    for first, second in pairs:
        low, high = min(first, second), max(first, second)
        mine = (interfaces.bodies[:, 0] == low) & (interfaces.bodies[:, 1] == high)
        triangle = interfaces.points[mine]
        joints.append(
            JointFacets(
                (first, second),
                node(triangle, np.full((len(triangle), 1), first)),
                node(triangle, np.full((len(triangle), 1), second)),
                _areas(bundle.points_m[triangle]),
            )
        )
    cells = node(bundle.cells, bundle.cell_body[:, None])
    mesh = SplitMesh(points, cells, bundle.cell_body, facet_nodes, tuple(joints))
    return mesh if degree == 1 else add_middles(mesh)


def add_middles(mesh: SplitMesh) -> SplitMesh:
    """Return a mesh of linear temperatures with a node in the middle of every edge, for quadratic ones."""
    num = len(mesh.points_m)
    ends = np.sort(mesh.cells[:, CELL_EDGES].reshape(-1, 2), axis=1)
    codes = np.unique(ends[:, 0] * num + ends[:, 1])
    edges = np.stack([codes // num, codes % num], axis=1)
    points = np.concatenate([mesh.points_m, mesh.points_m[edges].mean(axis=1)])
    whole = replace(mesh, points_m=points, edges=edges)

    def with_middles(nodes: IntArray) -> IntArray:
        return np.concatenate([nodes, whole.middles(nodes[:, FACET_EDGES])], axis=1)

    joints = tuple(
        replace(j, nodes_first=with_middles(j.nodes_first), nodes_second=with_middles(j.nodes_second))
        for j in mesh.joints
    )
    return replace(whole, facet_nodes=with_middles(mesh.facet_nodes), joints=joints)


def without_middles(mesh: SplitMesh) -> SplitMesh:
    """Return the mesh of the corners alone, for linear temperatures."""
    joints = tuple(
        replace(j, nodes_first=j.nodes_first[:, :3], nodes_second=j.nodes_second[:, :3]) for j in mesh.joints
    )
    points, facet_nodes = mesh.points_m[: mesh.num_corners], mesh.facet_nodes[:, :3]
    return SplitMesh(points, mesh.cells, mesh.cell_body, facet_nodes, joints)


def _is_jointed(interfaces: Interfaces, pairs: Sequence[tuple[int, int]], num_bodies: int) -> BoolArray:
    """Return True for the interface facets whose bodies are tied by a joint."""
    wanted = np.array([min(a, b) * num_bodies + max(a, b) for a, b in pairs], dtype=np.int64)
    return np.isin(interfaces.bodies[:, 0] * num_bodies + interfaces.bodies[:, 1], wanted)


def _components(incidence: IntArray, interfaces: Interfaces, bonded: BoolArray, num_bodies: int) -> IntArray:
    """Return the node number of every (point, body) pair: bodies bonded at a point share one node there."""
    triangle = interfaces.points[bonded]
    bodies = interfaces.bodies[bonded]
    rows = np.searchsorted(incidence, triangle * num_bodies + bodies[:, :1]).ravel()
    columns = np.searchsorted(incidence, triangle * num_bodies + bodies[:, 1:]).ravel()
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(incidence), len(incidence)))
    _, label = connected_components(graph, directed=False)
    # Number the nodes in the order of the points: labels of scipy depend on its traversal.
    first = np.full(int(label.max(initial=-1)) + 1, len(label), dtype=np.int64)
    np.minimum.at(first, label, np.arange(len(label)))
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    result: IntArray = rank[label]
    return result


def _inner_nodes(points: IntArray, incidence: IntArray, component: IntArray, num_bodies: int) -> IntArray:
    """Return nodes for triangles inside the solid, from the first body that owns all three points."""
    nodes = np.full(points.shape, -1, dtype=np.int64)
    for body in range(num_bodies):
        key = points * num_bodies + body
        slot = np.minimum(np.searchsorted(incidence, key), len(incidence) - 1)
        owns = (incidence[slot] == key).all(axis=1) & (nodes[:, 0] < 0)
        nodes[owns] = component[slot[owns]]
    return nodes


def _areas(vertices: FloatArray) -> FloatArray:
    """Return the areas of triangles of shape (num, 3, 3)."""
    cross = np.cross(vertices[:, 1] - vertices[:, 0], vertices[:, 2] - vertices[:, 0])
    areas: FloatArray = 0.5 * np.linalg.norm(cross, axis=1)
    return areas


__all__ = ["CELL_EDGES", "FACET_EDGES", "JointFacets", "SplitMesh", "add_middles", "split_at_joints", "without_middles"]
