"""What the pictures are made of, read from a result directory into plain arrays."""

import ctypes.util
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.errors import ConfigError, MeshError, MissingDependencyError
from bbrmodel.typing import FloatArray, IntArray

_VTK_TRIANGLE = 5
_VTK_TETRA = 10


@dataclass(frozen=True)
class SolidField:
    """Tetrahedra and their temperatures."""

    points_m: FloatArray  # (num_nodes, 3)
    cells: IntArray  # (num_cells, 4)
    temperature_K: FloatArray  # (num_nodes,)
    body: IntArray  # (num_cells,), index into the body names


@dataclass(frozen=True)
class FacetField:
    """Radiating triangles, among them those of shells that belong to no body."""

    vertices_m: FloatArray  # (num_facets, 3, 3)
    temperature_K: FloatArray  # (num_facets,)
    surface: IntArray  # (num_facets,), index into the surface names
    weight: FloatArray | None  # (num_facets,), effective solid angle / 4 pi

    @property
    def area_m2(self) -> FloatArray:
        """Areas of the triangles, shape (num_facets,)."""
        a, b, c = self.vertices_m[:, 0], self.vertices_m[:, 1], self.vertices_m[:, 2]
        return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)


@dataclass(frozen=True)
class PlotData:
    """One result: fields, names and the `ion` block of result.json."""

    case: str
    solid: SolidField
    facets: FacetField
    body_names: tuple[str, ...]
    surface_names: tuple[str, ...]
    ion: Mapping[str, Any] | None

    @property
    def ion_position_m(self) -> FloatArray | None:
        """Position of the ion, shape (3,), or None where the case has none."""
        if self.ion is None:
            return None
        return np.asarray(self.ion["position_m"], dtype=np.float64)

    @property
    def surface_body(self) -> IntArray:
        """Body that each surface belongs to, shape (num_surfaces,); -1 for a shell such as a vacuum chamber."""
        index = {name: number for number, name in enumerate(self.body_names)}
        owners = [index.get(name.split("__")[0], -1) for name in self.surface_names]
        return np.asarray(owners, dtype=np.int64)

    @property
    def facet_body(self) -> IntArray:
        """Body that each facet belongs to, shape (num_facets,); -1 for shells."""
        if not len(self.surface_names):
            return np.full(len(self.facets.surface), -1, dtype=np.int64)
        return self.surface_body[self.facets.surface]


def require_pyvista() -> Any:
    """Return the module pyvista, set up to draw without a display."""
    try:
        _choose_window()
        import pyvista
    except ImportError as error:
        raise MissingDependencyError(
            f"pyvista cannot be imported ({error}); pictures of temperatures need it. Install it: pip install pyvista"
        ) from error
    pyvista.OFF_SCREEN = True
    return pyvista


def _choose_window() -> None:
    """Have VTK draw by EGL where there is no display: left to itself it tries X first and complains."""
    if sys.platform == "linux" and not os.environ.get("DISPLAY") and ctypes.util.find_library("EGL"):
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")


def read_plot_data(directory: Path) -> PlotData:
    """Read result.json, temperatures.vtu and facets.vtu of a result directory.

    Raises
    ------
    ConfigError
        `directory` holds no result.json.
    MeshError
        The directory holds neither temperatures nor facets, or a file lacks an array.
    MissingDependencyError
        pyvista is not installed.
    """
    record = read_record(directory)
    solid = _read_solid(directory / "temperatures.vtu")
    facets = _read_facets(directory / "facets.vtu")
    if not len(solid.cells) and not len(facets.surface):
        raise MeshError(f"{directory}: neither temperatures.vtu nor facets.vtu holds a cell; nothing can be drawn.")
    return PlotData(
        case=_case_name(record, directory),
        solid=solid,
        facets=facets,
        body_names=_names(_body_names(record), solid.body, "body"),
        surface_names=_names(record.get("facets", {}).get("surface_names"), facets.surface, "surface"),
        ion=record.get("ion") or None,
    )


def read_record(directory: Path) -> dict[str, Any]:
    """Return result.json of a result directory.

    Raises
    ------
    ConfigError
        `directory` holds no result.json.
    """
    path = directory / "result.json"
    if not path.is_file():
        raise ConfigError(f"{directory}: holds no result.json. Give a directory that `bbrmodel run` wrote.")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _case_name(record: Mapping[str, Any], directory: Path) -> str:
    case = record.get("case")
    if isinstance(case, Mapping):
        case = case.get("name")
    return str(case or directory.name)


def _body_names(record: Mapping[str, Any]) -> Any:
    return record.get("solid", {}).get("body_names") or record.get("mesh", {}).get("body_names")


def _names(names: Any, index: IntArray, kind: str) -> tuple[str, ...]:
    """Return the names of a result, or numbered stand-ins where a result has no names."""
    needed = int(index.max()) + 1 if len(index) else 0
    known = tuple(str(name) for name in names or ())
    return known + tuple(f"{kind}_{number}" for number in range(len(known), needed))


def _read_grid(path: Path) -> Any:
    """Return the unstructured grid of a file, or None where there is no file or no cell."""
    pyvista = require_pyvista()
    if not path.is_file():
        return None
    grid = pyvista.read(path)
    return grid if grid.n_cells else None


def _array(data: Any, path: Path, name: str) -> FloatArray:
    if name not in data:
        raise MeshError(f"{path}: has no array '{name}' (found: {', '.join(sorted(data.keys())) or 'none'}).")
    return np.asarray(data[name], dtype=np.float64).ravel()


def _read_solid(path: Path) -> SolidField:
    grid = _read_grid(path)
    if grid is None:
        empty = np.zeros(0)
        return SolidField(np.zeros((0, 3)), np.zeros((0, 4), dtype=np.int64), empty, np.zeros(0, dtype=np.int64))
    tetrahedra = grid.celltypes == _VTK_TETRA
    cells = np.asarray(grid.cells_dict.get(_VTK_TETRA, np.zeros((0, 4))), dtype=np.int64)
    body = _array(grid.cell_data, path, "body_index" if "body_index" in grid.cell_data else "body")[tetrahedra]
    temperature = _array(grid.point_data, path, "temperature_K")
    points = np.asarray(grid.points, dtype=np.float64)
    return SolidField(points, _oriented(points, cells), temperature, body.astype(np.int64))


def _oriented(points_m: FloatArray, cells: IntArray) -> IntArray:
    """Return the tetrahedra with positive volumes; else neighbours in one plane would look like a sharp edge."""
    corner, edges = points_m[cells[:, 0]], points_m[cells[:, 1:]]
    inverted = np.linalg.det(edges - corner[:, None]) < 0
    return np.where(inverted[:, None], cells[:, [0, 2, 1, 3]], cells)


def _read_facets(path: Path) -> FacetField:
    grid = _read_grid(path)
    if grid is None:
        return FacetField(np.zeros((0, 3, 3)), np.zeros(0), np.zeros(0, dtype=np.int64), None)
    triangles = grid.celltypes == _VTK_TRIANGLE
    cells = np.asarray(grid.cells_dict.get(_VTK_TRIANGLE, np.zeros((0, 3))), dtype=np.int64)
    weight = None
    if "weight_at_ion" in grid.cell_data:
        weight = np.nan_to_num(_array(grid.cell_data, path, "weight_at_ion")[triangles])
    return FacetField(
        vertices_m=np.asarray(grid.points, dtype=np.float64)[cells],
        temperature_K=_array(grid.cell_data, path, "temperature_K")[triangles],
        surface=_array(grid.cell_data, path, "surface_index")[triangles].astype(np.int64),
        weight=weight,
    )


__all__ = ["FacetField", "PlotData", "SolidField", "read_plot_data", "require_pyvista"]
