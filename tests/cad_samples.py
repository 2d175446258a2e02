"""Geometry of one's own, meshed and measured."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.errors import ConfigError
from bbrmodel.mesh import Contact, report_contacts
from bbrmodel.mesh.facets import facet_areas_normals
from bbrmodel.model import PreparedMesh, prepare_mesh
from bbrmodel.spec.load import build_case
from bbrmodel.typing import FloatArray


class Built:
    """The mesh of a `[geometry]`, measured by names."""

    def __init__(self, mesh: PreparedMesh) -> None:
        self.mesh = mesh
        self.area_m2, self._normals = facet_areas_normals(mesh.facet_vertices_m)
        self.centres: FloatArray = mesh.facet_vertices_m.mean(axis=1)

    @property
    def bodies(self) -> set[str]:
        return set(self.mesh.bundle.body_names)

    @property
    def surfaces(self) -> set[str]:
        return set(self.mesh.facets.surface_names)

    @property
    def contacts(self) -> dict[tuple[str, str], Contact]:
        found = report_contacts(self.mesh.bundle, self.mesh.interfaces)
        return {(contact.first, contact.second): contact for contact in found}

    def area(self, surface: str) -> float:
        """Return the area of a surface, m2."""
        return float(self.area_m2[self._of(surface)].sum())

    def place(self, surface: str) -> FloatArray:
        """Return the centre of area of a surface, m."""
        mine = self._of(surface)
        centre: FloatArray = np.average(self.centres[mine], axis=0, weights=self.area_m2[mine])
        return centre

    def normal(self, surface: str) -> FloatArray:
        """Return the mean normal of a surface, out of its body or into its space."""
        mine = self._of(surface)
        mean: FloatArray = np.average(self._normals[mine], axis=0, weights=self.area_m2[mine])
        return mean

    def volume(self, body: str) -> float:
        """Return the volume of a body, m3."""
        bundle = self.mesh.bundle
        x = bundle.points_m[bundle.cells[bundle.cell_body == bundle.body_names.index(body)]]
        return float(np.abs(np.linalg.det(x[:, 1:] - x[:, :1])).sum() / 6.0)

    def _of(self, surface: str) -> Any:
        return self.mesh.facets.surface == self.mesh.facets.surface_names.index(surface)


def case_of(geometry: str, *, source: Path | None = None, more: str = "") -> Any:
    """Return the case whose `[geometry]` is a text."""
    tables = tomllib.loads(f'schema_version = 1\nname = "own"\n{more}\n[geometry]\n{geometry}')
    return build_case(tables, source=source)


def build(geometry: str, cache: Path, *, source: Path | None = None) -> Built:
    """Mesh a `[geometry]`."""
    return Built(prepare_mesh(case_of(geometry, source=source), cache=cache))


def problems(geometry: str, more: str = "") -> tuple[str, ...]:
    """Return the lines of error of a `[geometry]`, without the name of the file."""
    try:
        case_of(geometry, more=more)
    except ConfigError as error:
        return tuple(line.removeprefix("case: ") for line in error.problems)
    return ()


def part(name: str, kind: str, *lines: str) -> str:
    """Return the table of a part."""
    return "\n".join(("[[geometry.parts]]", f'name = "{name}"', f'kind = "{kind}"', *lines, ""))


BOX = part("block", "box", "size_m = [0.02, 0.03, 0.04]")


def write_cad(path: Path, *, solids: tuple[str, ...] = (), faces: bool = False) -> Path:
    """Write a CAD file of a block of 40 x 20 x 10 mm with a bore, and an arm of 10 mm that touches it at x = 40 mm.

    `solids` are the names in the file; with `faces` those of the block are face A, face B, ... in the order of the
    file. gmsh writes no names itself.
    """
    import gmsh

    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("General.Verbosity", 0)
        occ = gmsh.model.occ
        occ.cut([(3, occ.addBox(0, 0, 0, 40, 20, 10))], [(3, occ.addCylinder(10, 10, -1, 0, 0, 12, 4))])
        occ.addBox(40, 5, 0, 10, 10, 10)
        occ.synchronize()
        gmsh.write(str(path))
    finally:
        gmsh.finalize()
    if path.suffix == ".step":
        text = path.read_text(encoding="latin-1")
        for name in solids:
            text = text.replace("MANIFOLD_SOLID_BREP(''", f"MANIFOLD_SOLID_BREP('{name}'", 1)
        for letter in "ABCDEFG" if faces else "":
            text = text.replace("ADVANCED_FACE(''", f"ADVANCED_FACE('face {letter}'", 1)
        path.write_text(text, encoding="latin-1")
    return path
