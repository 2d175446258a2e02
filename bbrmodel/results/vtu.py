"""The two VTU files of a result: temperatures on the solid, and the radiating facets."""

from pathlib import Path
from typing import Any

import meshio
import numpy as np
import numpy.typing as npt

from bbrmodel.errors import MeshError
from bbrmodel.solution import RadiatingFacets, SolidMesh
from bbrmodel.typing import FloatArray, IntArray

TEMPERATURES_FILE = "temperatures.vtu"
FACETS_FILE = "facets.vtu"
_AT_ION = ("weight_at_ion", "seen_at_ion", "slope_at_ion")
_BY_LIGHT = "weight_at_ion_"

_EMPTY = meshio.Mesh(np.empty((0, 3)), [], point_data={"temperature_K": np.empty(0)})


def write_temperatures(path: Path, solid: SolidMesh, *, node_temperature_K: FloatArray) -> None:
    """Write tetrahedra with point data `temperature_K` and cell data `body` (index into `solid.body_names`)."""
    mesh = meshio.Mesh(
        points=solid.points_m,
        cells=[("tetra", solid.cells)],
        point_data={"temperature_K": node_temperature_K},
        cell_data={"body": [solid.cell_body]},
    )
    mesh.write(path, file_format="vtu")


def write_facets(path: Path, facets: RadiatingFacets, *, facet_temperature_K: FloatArray) -> None:
    """Write one triangle per facet, with its own three points, so that pictures show the discretisation as it is.

    Cell data: `temperature_K`, `surface_index` (into `facets.surface_names`), `area_m2` and, where an ion was
    asked for, `weight_at_ion` (effective solid angle / 4 pi; also for each class of light, `weight_at_ion_<light>`),
    `seen_at_ion` (direct solid angle / 4 pi) and `slope_at_ion` (dT_eff / dT of the facet).
    """
    num_facets = len(facets.area_m2)
    cell_data = {
        "temperature_K": [facet_temperature_K],
        "surface_index": [facets.surface],
        "area_m2": [facets.area_m2],
    }
    for name in _AT_ION:
        if (values := getattr(facets, name)) is not None:
            cell_data[name] = [values]
    cell_data |= {f"{_BY_LIGHT}{light}": [weight] for light, weight in facets.weight_at_ion_by_light.items()}
    mesh = meshio.Mesh(
        points=facets.vertices_m.reshape(3 * num_facets, 3),
        cells=[("triangle", np.arange(3 * num_facets, dtype=np.int64).reshape(num_facets, 3))],
        cell_data=cell_data,
    )
    mesh.write(path, file_format="vtu")


def read_temperatures(path: Path, body_names: tuple[str, ...]) -> tuple[SolidMesh, FloatArray]:
    """Return the solid and the node temperatures [K] that `write_temperatures` wrote."""
    mesh = _read(path) if body_names else _EMPTY  # no cells, no file: meshio cannot read an empty one
    solid = SolidMesh(
        points_m=np.asarray(mesh.points, dtype=np.float64),
        cells=_cells(mesh, "tetra", corners=4),
        cell_body=_cell_data(mesh)["body"].astype(np.int64),
        body_names=body_names,
    )
    return solid, np.asarray(mesh.point_data["temperature_K"], dtype=np.float64)


def read_facets(path: Path, surface_names: tuple[str, ...]) -> tuple[RadiatingFacets, FloatArray]:
    """Return the facets and their temperatures [K] that `write_facets` wrote."""
    mesh = _read(path) if surface_names else _EMPTY
    data = _cell_data(mesh)
    at_ion = {name: data[name].astype(np.float64) for name in _AT_ION if name in data}
    by_light = {
        name.removeprefix(_BY_LIGHT): values.astype(np.float64)
        for name, values in data.items()
        if name.startswith(_BY_LIGHT)
    }
    facets = RadiatingFacets(
        vertices_m=np.asarray(mesh.points, dtype=np.float64)[_cells(mesh, "triangle", corners=3)],
        area_m2=data["area_m2"].astype(np.float64),
        surface=data["surface_index"].astype(np.int64),
        surface_names=surface_names,
        weight_at_ion_by_light=by_light,
        **at_ion,
    )
    return facets, data["temperature_K"].astype(np.float64)


def _cells(mesh: meshio.Mesh, kind: str, *, corners: int) -> IntArray:
    """Return the corner indices of all cells of a kind, shape (num, corners)."""
    cells: IntArray = np.asarray(mesh.cells_dict.get(kind, np.empty((0, corners))), dtype=np.int64)
    return cells


def _cell_data(mesh: meshio.Mesh) -> dict[str, npt.NDArray[Any]]:
    """Return the one block of each cell array; arrays of a mesh without cells are empty."""
    data = dict.fromkeys(("body", "temperature_K", "surface_index", "area_m2"), np.empty(0))
    return data | {name: np.asarray(blocks[0]) for name, blocks in mesh.cell_data.items()}


def _read(path: Path) -> meshio.Mesh:
    try:
        return meshio.vtu.read(str(path))  # `meshio.read` would print and end the process instead of raising
    except (OSError, SyntaxError, ValueError, meshio.ReadError) as error:
        message = f"{path}: cannot be read as VTU: {error}. Run the case again; a result directory is written whole."
        raise MeshError(message) from error


__all__ = ["FACETS_FILE", "TEMPERATURES_FILE", "read_facets", "read_temperatures", "write_facets", "write_temperatures"]
