"""Conduction spread over several processes: each owns some nodes, and assembles and keeps their rows.

The nodes are cut into boxes of equally many. A rank takes the cells that touch its nodes, one layer beyond its box
included, as a mesh of its own, so that its rows are whole without a word from the others, and the same numbers come out
as in one process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bbrmodel.conduction.fenicsx import Factorization
from bbrmodel.conduction.linearised import Conduction, Inverse
from bbrmodel.conduction.solid import ConductivityCurve, Solid
from bbrmodel.mesh.split import SplitMesh
from bbrmodel.parallel import Kept, team
from bbrmodel.typing import AnyArray, BoolArray, FloatArray, IntArray


def make_solid(mesh: SplitMesh, curves: Sequence[ConductivityCurve]) -> Conduction:
    """Return the conduction inside the bodies, spread over all processes that compute together."""
    return Solid(mesh, curves) if team().size == 1 else SpreadSolid(mesh, curves)


@dataclass(frozen=True)
class Layout:
    """Who owns which nodes.

    `nodes` are the nodes of each rank in ascending order; rank after rank they number the rows of the matrix, which
    `row` (num_nodes,) gives for every node.
    """

    nodes: tuple[IntArray, ...]
    row: IntArray


def lay_out(points_m: FloatArray, ranks: int) -> Layout:
    """Return nodes shared out by halving boxes along their longest side."""
    parts = _halve(points_m, np.arange(len(points_m)), ranks)
    row = np.empty(len(points_m), dtype=np.int64)
    row[np.concatenate(parts)] = np.arange(len(points_m))
    return Layout(tuple(parts), row)


def _halve(points: FloatArray, members: IntArray, ranks: int) -> list[IntArray]:
    """Return `ranks` groups of members of about equal size."""
    if ranks == 1:
        return [np.sort(members)]
    mine = points[members]
    axis = int((mine.max(axis=0) - mine.min(axis=0)).argmax()) if len(members) else 0
    order = np.argsort(mine[:, axis], kind="stable")
    first = ranks // 2
    cut = len(members) * first // ranks
    return [*_halve(points, members[order[:cut]], first), *_halve(points, members[order[cut:]], ranks - first)]


@dataclass(frozen=True)
class _Cut:
    """The cells that touch the nodes of one rank.

    `nodes` are those of `mesh`, `row` their numbers in the matrix, `own` the places of those that the rank owns.
    """

    mesh: SplitMesh
    nodes: IntArray
    row: IntArray
    own: IntArray


@dataclass(frozen=True)
class _Piece:
    """What one rank has; names as in `_Cut`."""

    solid: Solid
    own: IntArray
    row: IntArray
    rows_in_all: int


def _make_piece(curves: Sequence[ConductivityCurve], rows_in_all: int, cut: _Cut) -> _Piece:
    return _Piece(Solid(cut.mesh, curves), cut.own, cut.row, rows_in_all)


def _set_temperature(piece: _Piece, T: FloatArray) -> None:
    piece.solid.set_temperature(T)


def _check_range(piece: _Piece, T: FloatArray) -> None:
    piece.solid.check_range(T)


def _heat_out(piece: _Piece) -> FloatArray:
    return piece.solid.heat_out_of_nodes()[piece.own]


def _linearise(piece: _Piece) -> Any:
    """Return the rows of this rank, columns by node of its mesh."""
    return piece.solid.jacobian()[piece.own]


def _diagonal(piece: _Piece, rows: Any) -> FloatArray:
    """Return the largest entry of the diagonal, and their sum."""
    entries = np.abs(np.asarray(rows[np.arange(len(piece.own)), piece.own]).reshape(-1))
    return np.array([entries.max(initial=0.0), entries.sum()])


def _multiply(rows: Any, direction: FloatArray) -> FloatArray:
    image: FloatArray = rows @ direction
    return image


def _factorise(piece: _Piece, own_rows: Any, terms: Any, free: BoolArray) -> Factorization:
    """Factorise the whole matrix together; `terms` are this rank's rows, columns by row of the matrix."""
    rows, columns = np.repeat(np.arange(len(piece.own)), np.diff(own_rows.indptr)), own_rows.indices
    conduction = csr_matrix((own_rows.data, (rows, piece.row[columns])), shape=(len(piece.own), piece.rows_in_all))
    both = (conduction - terms).tocoo()
    own_free = free[piece.row[piece.own]]
    kept = own_free[both.row] & free[both.col]
    held = np.flatnonzero(~own_free)
    entries = (
        np.concatenate([both.data[kept], np.ones(len(held))]),
        (np.concatenate([both.row[kept], held]), np.concatenate([both.col[kept], piece.row[piece.own][held]])),
    )
    return Factorization(csr_matrix(entries, shape=both.shape), together=True)


def _solve(factor: Factorization, right: FloatArray) -> FloatArray:
    return factor.solve(right)


class SpreadSolid:
    """A `Conduction` whose rows are spread over all processes."""

    def __init__(self, mesh: SplitMesh, curves: Sequence[ConductivityCurve]) -> None:
        self.num_nodes = len(mesh.points_m)
        self.layout = lay_out(mesh.points_m, team().size)
        cuts = [_cut(mesh, self.layout, nodes) for nodes in self.layout.nodes]
        Solid(_cut(mesh, self.layout, mesh.cells[0, :1]).mesh, curves)  # forms are compiled by one, for all
        self.nodes = [cut.nodes for cut in cuts]
        self.pieces = team().keep(_make_piece, tuple(curves), self.num_nodes, parts=[(cut,) for cut in cuts])

    def set_temperature(self, T: FloatArray) -> None:
        """Set nodal temperatures (num_nodes,) [K]."""
        team().call(_set_temperature, self.pieces, parts=self.of_pieces(T))

    def check_range(self, T: FloatArray) -> None:
        """Raise `PropertyRangeError` when a cell's temperature lies outside its material's data."""
        team().call(_check_range, self.pieces, parts=self.of_pieces(T))

    def heat_out_of_nodes(self) -> FloatArray:
        """Return the heat [W] that conduction takes from each node, shape (num_nodes,)."""
        return self.together(team().call(_heat_out, self.pieces))

    def linearise(self) -> "SpreadJacobian":
        """Return the derivative of that; the ranks keep their rows."""
        return SpreadJacobian(self, team().keep(_linearise, self.pieces))

    def together(self, owned: Sequence[FloatArray]) -> FloatArray:
        """Return values of all nodes from those of each rank."""
        values = np.empty(self.num_nodes)
        for nodes, part in zip(self.layout.nodes, owned, strict=True):
            values[nodes] = part
        return values

    def of_pieces(self, values: AnyArray) -> list[tuple[AnyArray]]:
        """Return values of all nodes as each rank wants them."""
        return [(values[nodes],) for nodes in self.nodes]


def _cut(mesh: SplitMesh, layout: Layout, own: IntArray) -> _Cut:
    """Return the mesh of the cells that touch some nodes."""
    mine = np.zeros(len(mesh.points_m), dtype=bool)
    mine[own] = True
    cell_nodes = mesh.cell_nodes
    cells = np.flatnonzero(mine[cell_nodes].any(axis=1))
    nodes = np.unique(cell_nodes[cells])  # corners first, and middles in the order of their edges
    place = np.full(len(mesh.points_m), -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    none = np.empty((0, 3), dtype=np.int64)
    edges = place[mesh.edges[nodes[nodes >= mesh.num_corners] - mesh.num_corners]]
    piece = SplitMesh(mesh.points_m[nodes], place[mesh.cells[cells]], mesh.cell_body[cells], none, (), edges)
    return _Cut(piece, nodes, layout.row[nodes], place[own])


@dataclass(frozen=True)
class SpreadJacobian:
    """A `Linearised` whose rows are spread."""

    solid: SpreadSolid
    rows: Kept

    def multiply(self, direction: FloatArray) -> FloatArray:
        """Return the product with a change of temperatures."""
        return self.solid.together(team().call(_multiply, self.rows, parts=self.solid.of_pieces(direction)))

    def largest_diagonal(self) -> float:
        """Return the largest entry of the diagonal."""
        return float(max(found[0] for found in team().call(_diagonal, self.solid.pieces, self.rows)))

    def diagonal_sum(self) -> float:
        """Return the sum of the diagonal."""
        return float(sum(found[1] for found in team().call(_diagonal, self.solid.pieces, self.rows)))

    def inverse(self, terms: Any, free: BoolArray) -> Inverse:
        """Return a solve by all ranks together, with rows and columns of fixed nodes replaced by the identity."""
        solid, layout = self.solid, self.solid.layout
        entries = terms.tocoo()
        by_row = csr_matrix((entries.data, (entries.row, layout.row[entries.col])), shape=entries.shape)
        free_rows = np.empty_like(free)
        free_rows[layout.row] = free
        terms_of_ranks = [(by_row[nodes], free_rows) for nodes in layout.nodes]
        factor = team().keep(_factorise, solid.pieces, self.rows, parts=terms_of_ranks, together=True)

        def solve(right: FloatArray) -> FloatArray:
            parts = [(right[nodes],) for nodes in layout.nodes]
            return solid.together(team().call(_solve, factor, parts=parts, together=True))

        return solve


__all__ = ["Layout", "SpreadJacobian", "SpreadSolid", "lay_out", "make_solid"]
