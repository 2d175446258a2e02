"""The solution as a labelled dataset, and the table of surfaces as CSV; units travel with every column."""

import csv
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from bbrmodel.solution import IonField, Solution, SurfaceAtIon

_UNIT_BY_SUFFIX = {
    "_K": "K",
    "_m2": "m2",
    "_m": "m",
    "_sr": "sr",
    "_Hz": "Hz",
    "_W": "W",
    "_L_per_day": "L/day",
}


def to_dataset(solution: Solution) -> xr.Dataset:
    """Return nodes, facets, bodies, surfaces and sensors of a solution as one dataset with `units` attributes.

    Notes
    -----
    Dimensions: `node`, `cell`, `facet`, `body`, `sensor`, `surface` (as the ion sees them, if there is one), `light`.
    Scalars of the ion are variables without dimension.
    """
    dataset = xr.Dataset(attrs={"title": f"bbrmodel: {solution.case_name}", "case": solution.case_name})
    _add_fields(dataset, solution)
    _add_columns(dataset, "body", rows=solution.thermal.bodies)
    _add_columns(dataset, "sensor", rows=solution.thermal.sensors)
    if solution.ion is not None:
        _add_columns(dataset, "surface", rows=solution.ion.surfaces)
        _add_ion(dataset, solution.ion)
    return dataset


def _add_fields(dataset: xr.Dataset, solution: Solution) -> None:
    """Add the mesh and the temperatures on it."""
    solid, facets = solution.solid, solution.facets
    surface_names = np.array(facets.surface_names, dtype=object)
    body_names = np.array(solid.body_names, dtype=object)
    _add(dataset, "node_position_m", dimensions=("node", "axis"), values=solid.points_m)
    _add(dataset, "node_temperature_K", dimensions=("node",), values=solution.thermal.node_temperature_K)
    _add(dataset, "cell_nodes", dimensions=("cell", "corner"), values=solid.cells)
    _add(dataset, "cell_body", dimensions=("cell",), values=body_names[solid.cell_body].astype(str))
    _add(dataset, "facet_center_m", dimensions=("facet", "axis"), values=facets.vertices_m.mean(axis=1))
    _add(dataset, "facet_area_m2", dimensions=("facet",), values=facets.area_m2)
    _add(dataset, "facet_temperature_K", dimensions=("facet",), values=solution.thermal.facet_temperature_K)
    _add(dataset, "facet_surface", dimensions=("facet",), values=surface_names[facets.surface].astype(str))
    if facets.weight_at_ion is not None:
        _add(dataset, "facet_weight_at_ion", dimensions=("facet",), values=facets.weight_at_ion)


def _add_columns(dataset: xr.Dataset, dimension: str, *, rows: tuple[object, ...]) -> None:
    """Add one variable per field of the dataclass `rows`, labelled by their `name`."""
    records = [asdict(row) for row in rows]  # type: ignore[call-overload]
    if not records:
        return
    dataset.coords[dimension] = (dimension, [record["name"] for record in records])
    for key in records[0]:
        if key == "name":
            continue
        if isinstance(records[0][key], Mapping):
            _add_by_light(dataset, f"{dimension}_{key}", dimension, [record[key] for record in records])
            continue
        values = np.array([record[key] for record in records])
        dimensions = (dimension,) if values.ndim == 1 else (dimension, "axis")
        _add(dataset, f"{dimension}_{key}", dimensions=dimensions, values=values)


def _add_by_light(dataset: xr.Dataset, name: str, dimension: str, rows: list[Mapping[str, float]]) -> None:
    """Add numbers that each row has for every class of light."""
    dataset.coords["light"] = ("light", list(rows[0]))
    _add(dataset, name, dimensions=(dimension, "light"), values=np.array([list(row.values()) for row in rows]))


def _add_ion(dataset: xr.Dataset, ion: IonField) -> None:
    """Add the scalars of the ion."""
    values = {key: value for key, value in asdict(ion).items() if key not in ("surfaces", "clock", "cross_check")}
    checked = {} if ion.cross_check is None else asdict(ion.cross_check)
    for key, value in (values | {f"cross_check_{key}": value for key, value in checked.items()}).items():
        _add(dataset, f"ion_{key}", dimensions=("axis",) if key == "position_m" else (), values=np.asarray(value))
    dataset.attrs["clock"] = ion.clock


def _add(dataset: xr.Dataset, name: str, *, dimensions: tuple[str, ...], values: npt.NDArray[Any]) -> None:
    dataset[name] = (dimensions, values)
    if values.dtype.kind == "f":
        dataset[name].attrs["units"] = unit_of(name)


def unit_of(name: str) -> str:
    """Return the unit that the end of a column's name states, "1" where it has none."""
    return next((unit for suffix, unit in _UNIT_BY_SUFFIX.items() if name.endswith(suffix)), "1")


def write_dataset(path: Path, dataset: xr.Dataset) -> None:
    """Write a dataset as netCDF with 64-bit offsets.

    Not netCDF-4: that is HDF5, and the HDF5 that comes with the Python package crashes beside the one of dolfinx.
    """
    dataset.to_netcdf(path, format="NETCDF3_64BIT", engine="scipy")


def write_surfaces_csv(path: Path, surfaces: tuple[SurfaceAtIon, ...]) -> None:
    """Write the surfaces as the ion sees them, one per line; the unit is in each column's name."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        names = [column.name for column in fields(SurfaceAtIon)]
        flat = [_flat({name: getattr(surface, name) for name in names}) for surface in surfaces]
        writer.writerow(list(flat[0]) if flat else names)
        writer.writerows(list(row.values()) for row in flat)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with one column for each class of light."""
    columns: dict[str, Any] = {}
    for name, value in row.items():
        columns |= (
            {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, Mapping) else {name: value}
        )
    return columns


__all__ = ["to_dataset", "unit_of", "write_dataset", "write_surfaces_csv"]
