"""Read any mesh file that meshio knows into a `MeshBundle`; names come from the file's own groups."""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from bbrmodel.errors import MeshError
from bbrmodel.mesh.bundle import MeshBundle
from bbrmodel.typing import IntArray

# Where formats keep the group number of a cell; the first that is present is used.
_TAG_KEYS = ("gmsh:physical", "medit:ref", "cell_tags", "group", "attribute")
_QUADRATIC = {"tetra10": ("tetra", 4), "triangle6": ("triangle", 3)}


def read_mesh(path: Path, *, length_unit_m: float = 1.0) -> MeshBundle:
    """Read tetrahedra and triangles with their group names.

    Parameters
    ----------
    path
        A file of any format that meshio reads. Second-order cells are taken by their corners.
    length_unit_m
        Metres per length unit of the file.

    Raises
    ------
    MeshError
        The file is missing, unreadable, empty, holds unsupported cells or groups without a name.
    """
    raw = _read_file(path)
    names = {(int(tag[1]), int(tag[0])): name for name, tag in raw.field_data.items() if len(tag) == 2}
    cells, cell_group = _collect(raw, "tetra", path)
    triangles, triangle_group = _collect(raw, "triangle", path)
    if len(cells) + len(triangles) == 0:
        kinds = ", ".join(sorted({block.type for block in raw.cells})) or "no cells at all"
        raise MeshError(
            f"{path}: the mesh is empty: it holds {kinds}; tetrahedra or triangles are needed. Export volume cells."
        )
    cell_body, body_names = _named(cell_group, 3, names, path)
    triangle_surface, surface_names = _named(triangle_group, 2, names, path)
    points = np.ascontiguousarray(raw.points[:, :3], dtype=np.float64) * length_unit_m
    if not np.isfinite(points).all():
        raise MeshError(f"{path}: a coordinate is not a finite number. Export the mesh again.")
    points, cells, triangles = _drop_unused(points, cells, triangles)
    _check_unique_names(body_names, surface_names, path)
    return MeshBundle(points, cells, cell_body, body_names, triangles, triangle_surface, surface_names)


def _read_file(path: Path) -> Any:
    """Return meshio's mesh, or a `MeshError` that says why not."""
    import meshio

    if not path.is_file():
        raise MeshError(f"{path}: there is no such mesh file. Check its path.")
    said = io.StringIO()  # meshio prints what it finds; only what explains a failure is passed on
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            return meshio.read(path)
    except (Exception, SystemExit) as error:  # readers raise whatever their parser raises, or end the process
        lines = [line.strip() for line in (*said.getvalue().splitlines(), *str(error).splitlines()) if line.strip()]
        reason = lines[0] if lines and not isinstance(error, SystemExit) else "not in a format that its name promises"
        raise MeshError(f"{path}: the mesh file cannot be read ({reason}). Export it again.") from error


def _collect(raw: Any, kind: str, path: Path) -> tuple[IntArray, IntArray]:
    """Return the corner indices and group numbers of all cells of a kind (0 = no group)."""
    corners = 4 if kind == "tetra" else 3
    wanted = {kind, *(name for name, (base, _) in _QUADRATIC.items() if base == kind)}
    key = next((k for k in _TAG_KEYS if k in raw.cell_data), None)
    found = [np.empty((0, corners), dtype=np.int64)]
    groups = [np.empty(0, dtype=np.int64)]
    for index, block in enumerate(raw.cells):
        if block.type in {"hexahedron", "wedge", "pyramid", "quad", "hexahedron20", "quad8", "quad9"}:
            raise MeshError(f"{path}: cell type '{block.type}' is not supported. Mesh with tetrahedra and triangles.")
        if block.type in wanted:
            found.append(np.asarray(block.data, dtype=np.int64)[:, :corners])
            tags = raw.cell_data[key][index] if key else _set_tags(raw, index, len(block.data))
            groups.append(np.asarray(tags, dtype=np.int64))
    return np.concatenate(found), np.concatenate(groups)


def _set_tags(raw: Any, block: int, size: int) -> IntArray:
    """Return group numbers from named cell sets (Abaqus, MED and others keep names that way)."""
    tags = np.zeros(size, dtype=np.int64)
    dimension = 3 if raw.cells[block].type.startswith("tetra") else 2
    for number, (name, members) in enumerate(sorted(raw.cell_sets.items()), start=1):
        inside = members[block]
        if inside is not None and len(inside):
            tags[np.asarray(inside, dtype=np.int64)] = number
            raw.field_data.setdefault(name, np.array([number, dimension]))
    return tags


def _named(
    group: IntArray, dimension: int, names: dict[tuple[int, int], str], path: Path
) -> tuple[IntArray, tuple[str, ...]]:
    """Return consecutive indices and names of the groups that are present."""
    numbers, index = np.unique(group, return_inverse=True)
    kind = "body" if dimension == 3 else "surface"
    labels = []
    for number in numbers:
        name = names.get((dimension, int(number)), f"{kind}_{int(number)}")
        labels.append(name)
    return index.astype(np.int64).reshape(-1), tuple(labels)


def _drop_unused(points: Any, cells: IntArray, triangles: IntArray) -> tuple[Any, IntArray, IntArray]:
    """Remove points that no tetrahedron or triangle uses; they would be unknowns without equations."""
    used = np.unique(np.concatenate([cells.ravel(), triangles.ravel()]))
    if used[0] < 0 or used[-1] >= len(points):
        raise MeshError(f"a cell refers to point {int(used[-1])} but the file has {len(points)}. Export it again.")
    new_index = np.full(len(points), -1, dtype=np.int64)
    new_index[used] = np.arange(len(used))
    return points[used], new_index[cells], new_index[triangles]


def _check_unique_names(bodies: tuple[str, ...], surfaces: tuple[str, ...], path: Path) -> None:
    """Raise when a body and a surface share a name: a case could not tell them apart."""
    both = sorted(set(bodies) & set(surfaces))
    if both:
        raise MeshError(f"{path}: '{both[0]}' names both a body and a surface. Give every group its own name.")


__all__ = ["read_mesh"]
