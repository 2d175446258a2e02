"""Tables of the ion as CSV files; the unit is in each column's name."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.constants import SPEED_OF_LIGHT
from bbrmodel.ion.planck import planck_energy_density
from bbrmodel.solution import FieldPoint, Spectrum, SurfaceAtIon

BLACK_BODIES_K = (293.0, 77.0)


def write_surfaces_csv(path: Path, surfaces: tuple[SurfaceAtIon, ...]) -> None:
    """Write the surfaces as the ion sees them, one per line."""
    _write_rows(path, [field.name for field in fields(SurfaceAtIon)], surfaces)


def write_points_csv(path: Path, points: tuple[FieldPoint, ...]) -> None:
    """Write the field at further points, one per line; the distance is empty for points that are not on the line."""
    _write_rows(path, [field.name for field in fields(FieldPoint)], points)


def write_spectrum_csv(path: Path, spectrum: Spectrum) -> None:
    """Write the spectral energy density at the ion beside that of black bodies, one frequency per line."""
    frequency = np.array(spectrum.frequency_Hz)
    columns: dict[str, Iterable[float]] = {
        "frequency_Hz": spectrum.frequency_Hz,
        "wavelength_m": (SPEED_OF_LIGHT / frequency).tolist(),
        "energy_density_J_m3_Hz": spectrum.energy_density_J_m3_Hz,
    }
    for T in BLACK_BODIES_K:
        columns[f"black_body_{T:g}K_J_m3_Hz"] = planck_energy_density(frequency, T).tolist()
    columns |= {f"{name}_J_m3_Hz": values for name, values in spectrum.by_surface.items()}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _write_rows(path: Path, names: Sequence[str], rows: Sequence[object]) -> None:
    """Write records, mappings as one column for each of their keys."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        flat = [_flat({name: getattr(row, name) for name in names}) for row in rows]
        writer.writerow(list(flat[0]) if flat else names)
        writer.writerows(list(row.values()) for row in flat)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with one column for each class of light and for each coordinate."""
    columns: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            columns |= {f"{name}.{key}": item for key, item in value.items()}
        elif isinstance(value, tuple):
            columns |= {f"{name}.{axis}": item for axis, item in zip("xyz", value, strict=True)}
        else:
            columns[name] = value
    return columns


__all__ = ["BLACK_BODIES_K", "write_points_csv", "write_spectrum_csv", "write_surfaces_csv"]
