"""Cases of shells written as mesh and case file, for optics by band."""

from collections.abc import Mapping
from pathlib import Path

import meshio
import numpy as np

from bbrmodel.materials.spectral import planck_fraction
from bbrmodel.typing import FloatArray

SIGMA = 5.670374419e-8  # W/m2/K4


def write_shells(path: Path, shells: Mapping[str, FloatArray]) -> Path:
    """Write named triangles, each shape (n, 3, 3), as a mesh without bodies."""
    corners = np.concatenate(list(shells.values())).reshape(-1, 3)
    points, index = np.unique(np.round(corners, 12), axis=0, return_inverse=True)
    number = np.repeat(np.arange(len(shells)) + 1, [len(t) for t in shells.values()])
    names = {name: np.array([k, 2]) for k, name in enumerate(shells, start=1)}
    data = {"gmsh:physical": [number], "gmsh:geometrical": [number]}
    mesh = meshio.Mesh(points, [("triangle", index.reshape(-1, 3))], cell_data=data, field_data=names)
    meshio.write(path, mesh, file_format="gmsh22", binary=False)
    return path


def case_text(surfaces: Mapping[str, tuple[float | None, str]], radiation: str, ion: str = "") -> str:
    """Return a case on `mesh.msh`; `surfaces` maps a name to its temperature [K] (None: free) and its optics."""
    lines = ["schema_version = 1", 'name = "bands"', "[geometry]", 'mesh_file = "mesh.msh"', "[radiation]", radiation]
    for name, (temperature, optics) in surfaces.items():
        lines += [f'[surfaces."{name}"]', optics]
        if temperature is not None:
            lines += ["[[boundary_conditions]]", f'surface = "{name}"', f"temperature_K = {temperature!r}"]
    return "\n".join([*lines, *(["[ion]", ion] if ion else []), ""])


def band_power(edges_m: tuple[float, ...], T: float) -> FloatArray:
    """Return sigma T^4 in each band [W/m2]."""
    below = np.array([0.0, *(float(planck_fraction(edge, T)) for edge in edges_m), 1.0])
    power: FloatArray = np.diff(below) * SIGMA * T**4
    return power
