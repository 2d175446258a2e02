"""The one seam for differences between dolfinx releases (0.5 to 0.11).

Everything that was renamed, reordered or retyped between releases is decided here, by what the installed release
offers, so that no other module asks for a version.
"""

import contextlib
import logging
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from bbrmodel.errors import MissingDependencyError
from bbrmodel.typing import AnyArray, FloatArray, IntArray

_LOG = logging.getLogger(__name__)
SUPPORTED = "0.5 to 0.11"
# Rows up to which a factorization serves; with 27 000 it takes 1.5 s where multigrid takes 0.2 s, with 87 000 15 s and
# 0.6 s (benchmarks/parallel.py, one core), but it never fails.
MOST_FACTORISED = 40_000
# What this leaves of the last, small step of Newton's method is far below 1e-9 of a temperature, so that the number of
# processes, on which multigrid depends, does not show.
INNER_TOLERANCE = 1e-5
_MOST_CYCLES = 100
_PREFIX = "bbrmodel_"
_MULTIGRID = {
    "pc_hypre_boomeramg_strong_threshold": 0.5,
    "pc_hypre_boomeramg_coarsen_type": "HMIS",
    "pc_hypre_boomeramg_interp_type": "ext+i",
    "pc_hypre_boomeramg_agg_nl": 1,
    "pc_hypre_boomeramg_P_max": 4,
}


def require_dolfinx() -> ModuleType:
    """Return the dolfinx package.

    Raises
    ------
    MissingDependencyError
        dolfinx is not importable.
    """
    try:
        import dolfinx
    except ImportError as error:
        raise MissingDependencyError(
            f"dolfinx ({SUPPORTED}) is missing ({error}): run scripts/setup, or install fenics-dolfinx from "
            "conda-forge or python3-dolfinx-real from Debian."
        ) from error
    return dolfinx  # type: ignore[no-any-return]


# Corners of the edges of a tetrahedron in the order in which basix puts their degrees of freedom after the corners'.
_EDGES = np.array([[2, 3], [1, 3], [1, 2], [0, 3], [0, 2], [0, 1]])


@dataclass(frozen=True)
class Space:
    """Temperatures and properties of the cells as functions on a mesh, with the way back to our numbering.

    Attributes
    ----------
    mesh
        dolfinx mesh.
    temperature
        dolfinx space of continuous functions, linear or quadratic in each cell.
    coefficient
        dolfinx space of functions constant in each cell, or linear in each cell if temperatures are quadratic.
    node_of_dof
        shape (num_dofs,), our node number of each degree of freedom of a temperature.
    cell_of_local
        shape (num_cells,), our cell number of each local cell.
    corners
        shape (num_cells, 4), our nodes at the corners of each local cell, in the order of its degrees of freedom.
    """

    mesh: Any
    temperature: Any
    coefficient: Any
    node_of_dof: IntArray
    cell_of_local: IntArray
    corners: IntArray


def build_space(
    points_m: FloatArray, cells: IntArray, *, middles: Callable[[IntArray], IntArray] | None = None
) -> Space:
    """Return function spaces on a mesh of tetrahedra; each process holds the whole mesh.

    Parameters
    ----------
    middles
        Gives the nodes in the middle of edges whose two corners (..., 2) it gets. Temperatures are then quadratic.
    """
    require_dolfinx()
    from dolfinx import fem
    from mpi4py import MPI

    make_space = getattr(fem, "functionspace", None) or fem.FunctionSpace
    degree = 1 if middles is None else 2
    with _quiet_compiler():
        mesh = _create_mesh(MPI.COMM_SELF, np.ascontiguousarray(cells, dtype=np.int64), np.ascontiguousarray(points_m))
        temperature = make_space(mesh, ("Lagrange", degree))
        coefficient = make_space(mesh, ("DG", degree - 1))
    num_cells = len(cells)
    given = np.asarray(_input_indices(mesh.geometry), dtype=np.int64)
    corners = given[_table(_geometry_dofmap(mesh.geometry), num_cells)]
    nodes = corners if middles is None else np.concatenate([corners, middles(corners[:, _EDGES])], axis=1)
    dofs = _table(temperature.dofmap.list, num_cells)
    node_of_dof = np.empty(int(dofs.max()) + 1, dtype=np.int64)
    node_of_dof[dofs.ravel()] = nodes.ravel()
    local = np.asarray(mesh.topology.original_cell_index, dtype=np.int64)
    return Space(mesh, temperature, coefficient, node_of_dof, local, corners)


def _create_mesh(comm: Any, cells: IntArray, points: FloatArray) -> Any:
    """Return a dolfinx mesh of linear tetrahedra."""
    import inspect

    import ufl
    from dolfinx.mesh import create_mesh

    names = list(inspect.signature(create_mesh).parameters)
    try:
        import basix.ufl

        element = basix.ufl.element("Lagrange", "tetrahedron", 1, shape=(3,))
    except ImportError:  # before 0.6
        element = ufl.VectorElement("Lagrange", ufl.Cell("tetrahedron", geometric_dimension=3), 1)
    domain = ufl.Mesh(element)
    # 0.10 turned (cells, x, domain) into (cells, domain, x).
    arguments = (points, domain) if names[2] == "x" else (domain, points)
    return create_mesh(comm, cells, *arguments)


def _input_indices(geometry: Any) -> Any:
    """Return the input number of each geometry node (a method before some release, a property since)."""
    indices = geometry.input_global_indices
    return indices() if callable(indices) else indices


def _geometry_dofmap(geometry: Any) -> Any:
    """Return the nodes of each cell; since 0.11 there is one table for each kind of cell and `dofmap` is deprecated."""
    tables = getattr(geometry, "dofmaps", None)
    return geometry.dofmap if tables is None or callable(tables) else tables[0]


def _table(dofmap: Any, num_cells: int) -> AnyArray:
    """Return a cell-to-node table as an array; early releases wrap it in an adjacency list."""
    array = getattr(dofmap, "array", dofmap)
    return np.asarray(array).reshape(num_cells, -1)


def dofs_of_cells(space: Any, num_cells: int) -> IntArray:
    """Return the degrees of freedom of each local cell."""
    return np.asarray(_table(space.dofmap.list, num_cells), dtype=np.int64)


def new_function(space: Any) -> Any:
    """Return a zero function of a space."""
    from dolfinx import fem

    return fem.Function(space)


def compile_form(expression: Any) -> Any:
    """Return a compiled form."""
    from dolfinx import fem

    with _quiet_compiler():
        return fem.form(expression)


@contextlib.contextmanager
def _quiet_compiler() -> Iterator[None]:
    """Keep what the form compiler says while it builds out of the log; elements and forms are built when first used."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


def assemble_csr(form: Any) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Return data, column indices and row pointers of an assembled matrix, in dof numbering."""
    from dolfinx import fem

    matrix = fem.assemble_matrix(form)
    finish = getattr(matrix, "scatter_reverse", None) or matrix.finalize
    finish()
    return np.asarray(matrix.data), np.asarray(matrix.indices), np.asarray(matrix.indptr)


def assemble_array(form: Any) -> FloatArray:
    """Return an assembled vector in dof numbering."""
    from dolfinx import fem

    vector = fem.assemble_vector(form)
    values: FloatArray = np.array(vector if isinstance(vector, np.ndarray) else vector.array)
    return values


class Factorization:
    """A sparse solve by PETSc: direct (MUMPS) up to `MOST_FACTORISED` rows, else iterative with multigrid (hypre).

    Parameters
    ----------
    matrix
        scipy sparse, square; with `together` the rows of this process, which follow those of the rank before.
    together
        All processes solve one system, in step.
    """

    def __init__(self, matrix: Any, *, together: bool = False) -> None:
        from petsc4py import PETSc

        comm = PETSc.COMM_WORLD if together else PETSc.COMM_SELF
        csr = matrix.tocsr()
        csr.sort_indices()
        index = PETSc.IntType
        rows, columns = csr.shape
        self._matrix = PETSc.Mat().createAIJ(
            ((rows, columns), (rows if together else columns, columns)),
            csr=(csr.indptr.astype(index), csr.indices.astype(index), csr.data),
            comm=comm,
        )
        self._solver = PETSc.KSP().create(comm)
        self._solver.setOperators(self._matrix)
        self.is_direct = False
        if columns <= MOST_FACTORISED:
            self._set_direct()
        else:
            self._set_multigrid()
        self._right, self._left = self._matrix.createVecs()
        if not together:
            # petsc4py would keep the factors, tens of megabytes, until all processes clean up together.
            kept = (self._solver, self._matrix, self._right, self._left)
            weakref.finalize(self, _destroy, kept).atexit = False

    def _set_multigrid(self) -> None:
        """Choose GMRES with one multigrid cycle a step: the derivative of k makes the matrix slightly unsymmetric."""
        from petsc4py import PETSc

        self._solver.setOptionsPrefix(_PREFIX)
        options = PETSc.Options()
        for name, value in _MULTIGRID.items():
            options[_PREFIX + name] = value
        self._solver.setType("gmres")
        self._solver.setPCSide(PETSc.PC.Side.RIGHT)  # the residual is then that of the heat flows
        self._solver.setTolerances(rtol=INNER_TOLERANCE, atol=0.0, max_it=_MOST_CYCLES)
        preconditioner = self._solver.getPC()
        preconditioner.setType("hypre")
        preconditioner.setHYPREType("boomeramg")
        self._solver.setFromOptions()
        self._solver.setUp()

    def solve(self, right: FloatArray) -> FloatArray:
        """Return the solution for one right-hand side (with `together`: this process's rows of both)."""
        self._right.setArray(right)
        self._solver.solve(self._right, self._left)
        if not self.is_direct and self._solver.getConvergedReason() < 0:
            _LOG.info("multigrid stopped after %d cycles: factorising instead", self._solver.getIterationNumber())
            self._set_direct()
            self._solver.solve(self._right, self._left)
        solution: FloatArray = self._left.getArray().copy()
        return solution

    def _set_direct(self) -> None:
        """Choose a factorization."""
        self.is_direct = True
        self._solver.setType("preonly")
        preconditioner = self._solver.getPC()
        preconditioner.setType("lu")
        preconditioner.setFactorSolverType("mumps")
        self._solver.setUp()


def _destroy(things: tuple[Any, ...]) -> None:
    """Give back the memory of PETSc's objects."""
    for thing in things:
        thing.destroy()


__all__ = [
    "SUPPORTED",
    "Factorization",
    "Space",
    "assemble_array",
    "assemble_csr",
    "build_space",
    "dofs_of_cells",
    "require_dolfinx",
]
