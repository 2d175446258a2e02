"""The solution as a labelled dataset; units travel with every column."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bbrmodel.solution import Anisotropy, IonField, Solution, Spectrum, TimeSeries

if TYPE_CHECKING:
    import xarray as xr

_UNIT_BY_SUFFIX = {
    "_J_m3_Hz": "J/m3/Hz",
    "_J_m3": "J/m3",
    "_V_m": "V/m",
    "_K": "K",
    "_s": "s",
    "_m2": "m2",
    "_m": "m",
    "_sr": "sr",
    "_Hz": "Hz",
    "_W": "W",
    "_L_per_day": "L/day",
}

# Tables of the ion that are no scalars; the rows of bodies are sums of rows of surfaces.
_ION_TABLES = ("surfaces", "clock", "cross_check", "near_field", "anisotropy", "spectrum", "points", "bodies")


def to_dataset(solution: Solution) -> "xr.Dataset":
    """Return nodes, facets, bodies, surfaces and sensors of a solution as one dataset with `units` attributes.

    Notes
    -----
    Dimensions: `node`, `cell`, `facet`, `body`, `sensor`, `surface` (as the ion sees them, if there is one), `light`,
    `point` (further points of the ion), `frequency`; of a run in time `time` with `path`, `bath`, `level`, `schedule`.
    Scalars of the ion are variables without dimension.
    """
    import xarray as xr  # a second with pandas, which commands that only read a result do without

    dataset = xr.Dataset(attrs={"title": f"bbrmodel: {solution.case_name}", "case": solution.case_name})
    _add_fields(dataset, solution)
    _add_columns(dataset, "body", rows=solution.thermal.bodies)
    _add_columns(dataset, "sensor", rows=solution.thermal.sensors)
    if solution.ion is not None:
        _add_columns(dataset, "surface", rows=solution.ion.surfaces)
        _add_ion(dataset, solution.ion)
    if solution.time is not None:
        _add_time(dataset, solution.time)
    return dataset


def _add_time(dataset: "xr.Dataset", series: TimeSeries) -> None:
    """Add the series of a run in time, over its times and what they belong to."""
    dataset.coords["time"] = ("time", np.array(series.times_s))
    dataset.coords["time"].attrs["units"] = "s"
    for name in ("step_s", "step_error_K", "energy_balance", "effective_temperature_K", "shift_Hz"):
        values = getattr(series, name)
        if values is not None:
            _add(dataset, f"time_{name}", dimensions=("time",), values=np.array(values))
    tables = (
        ("sensor", "time_sensor_temperature_K", series.sensors_K),
        ("body", "time_body_mean_K", series.bodies_K),
        ("path", "time_heat_flow_W", series.heat_flows_W),
        ("bath", "time_boil_off_L_per_day", series.boil_off_L_per_day),
        ("level", "time_level_m", series.levels_m),
        ("schedule", "time_scheduled", series.schedules),
    )
    for dimension, name, found in tables:
        if found:
            dataset.coords[dimension] = (dimension, list(found))
            _add(dataset, name, dimensions=("time", dimension), values=np.array(list(found.values())).T)


def _add_fields(dataset: "xr.Dataset", solution: Solution) -> None:
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
    for name in ("weight_at_ion", "seen_at_ion", "slope_at_ion"):
        if (values := getattr(facets, name)) is not None:
            _add(dataset, f"facet_{name}", dimensions=("facet",), values=values)
    if facets.weight_at_ion_by_light:
        weights = np.stack(list(facets.weight_at_ion_by_light.values()), axis=1)
        dataset.coords["light"] = ("light", list(facets.weight_at_ion_by_light))
        _add(dataset, "facet_weight_at_ion_by_light", dimensions=("facet", "light"), values=weights)


def _add_columns(dataset: "xr.Dataset", dimension: str, *, rows: tuple[object, ...]) -> None:
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
        values = np.array([np.nan if record[key] is None else record[key] for record in records])
        dimensions = (dimension,) if values.ndim == 1 else (dimension, "axis")
        _add(dataset, f"{dimension}_{key}", dimensions=dimensions, values=values)


def _add_by_light(dataset: "xr.Dataset", name: str, dimension: str, rows: list[Mapping[str, float]]) -> None:
    """Add numbers that each row has for every class of light; NaN where one has none."""
    if "light" not in dataset.coords:
        dataset.coords["light"] = ("light", list(rows[0]))
    lights = [str(light) for light in dataset.coords["light"].values]
    values = np.array([[row.get(light, np.nan) for light in lights] for row in rows])
    _add(dataset, name, dimensions=(dimension, "light"), values=values)


def _add_ion(dataset: "xr.Dataset", ion: IonField) -> None:
    """Add the scalars of the ion, the field at further points and the spectrum."""
    values = {key: value for key, value in asdict(ion).items() if key not in _ION_TABLES and value is not None}
    for part in ("cross_check", "near_field"):
        record = getattr(ion, part)
        named = {} if record is None else asdict(record)
        values |= {f"{part}_{key}": value for key, value in named.items() if key != "surfaces"}
    for key, value in values.items():
        dimensions = ("axis",) if key == "position_m" else ()
        _add(dataset, f"ion_{key}", dimensions=dimensions, values=np.asarray(value))
    dataset.attrs["clock"] = ion.clock
    _add_columns(dataset, "point", rows=ion.points)
    if ion.anisotropy is not None:
        _add_anisotropy(dataset, ion.anisotropy)
    if ion.spectrum is not None:
        _add_spectrum(dataset, ion.spectrum)


def _add_anisotropy(dataset: "xr.Dataset", found: Anisotropy) -> None:
    """Add the field tensor and the anisotropy along the axis of quantisation, if there is one."""
    _add(dataset, "ion_field_tensor", dimensions=("axis", "second_axis"), values=np.array(found.field_tensor))
    if found.value is not None:
        _add(dataset, "ion_anisotropy", dimensions=(), values=np.asarray(found.value))


def _add_spectrum(dataset: "xr.Dataset", spectrum: Spectrum) -> None:
    """Add the spectral energy density at the ion."""
    dataset.coords["frequency_Hz"] = ("frequency", np.array(spectrum.frequency_Hz), {"units": "Hz"})
    density = np.array(spectrum.energy_density_J_m3_Hz)
    _add(dataset, "ion_energy_density_J_m3_Hz", dimensions=("frequency",), values=density)


def _add(dataset: "xr.Dataset", name: str, *, dimensions: tuple[str, ...], values: npt.NDArray[Any]) -> None:
    dataset[name] = (dimensions, values)
    if values.dtype.kind == "f":
        dataset[name].attrs["units"] = unit_of(name)


def unit_of(name: str) -> str:
    """Return the unit that the end of a column's name states, "1" where it has none."""
    return next((unit for suffix, unit in _UNIT_BY_SUFFIX.items() if name.endswith(suffix)), "1")


def write_dataset(path: Path, dataset: "xr.Dataset") -> None:
    """Write a dataset as netCDF with 64-bit offsets.

    Not netCDF-4: that is HDF5, and the HDF5 that comes with the Python package crashes beside the one of dolfinx.
    """
    dataset.to_netcdf(path, format="NETCDF3_64BIT", engine="scipy")


__all__ = ["to_dataset", "unit_of", "write_dataset"]
