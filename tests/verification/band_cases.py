"""Cases of shells written as mesh and case file, for optics by band."""

from collections.abc import Mapping
from pathlib import Path

import meshio
import numpy as np

from bbrmodel.materials.spectral import planck_fraction
from bbrmodel.typing import FloatArray
from tests.verification.shapes import bar_cells, cube

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


def write_pane_box(path: Path, thickness: float, divisions: int) -> Path:
    """Write a unit box of shells (`wall`), closed on top by the body `pane` with the faces `in`, `out` and `rim`."""
    sides = cube([0, 0, 0], 1.0, divisions, inward=True)
    del sides["z_high"]
    wall = np.concatenate(list(sides.values()))
    points, cells, faces = bar_cells([-0.5, -0.5, 0.5], [1.0, 1.0, thickness], (divisions, divisions, 1))
    height = points[faces].mean(axis=1)[:, 2] - 0.5
    surface = np.where(height < 1e-9, 102, np.where(height > thickness - 1e-9, 103, 104))
    corners = np.arange(3 * len(wall)).reshape(-1, 3) + len(points)
    names = {"pane": [1, 3], "wall": [101, 2], "pane__in": [102, 2], "pane__out": [103, 2], "pane__rim": [104, 2]}
    blocks = [("tetra", cells), ("triangle", np.concatenate([faces, corners]))]
    data = {"gmsh:physical": [np.full(len(cells), 1), np.concatenate([surface, np.full(len(wall), 101)])]}
    data["gmsh:geometrical"] = data["gmsh:physical"]
    field = {name: np.array(value) for name, value in names.items()}
    mesh = meshio.Mesh(np.concatenate([points, wall.reshape(-1, 3)]), blocks, cell_data=data, field_data=field)
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
