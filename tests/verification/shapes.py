"""Triangulated boxes, discs and spheres, and box meshes of tetrahedra, for cases with exact answers."""

from collections.abc import Callable
from pathlib import Path

import meshio
import numpy as np

from bbrmodel.typing import FloatArray, IntArray


def rectangle(origin: FloatArray, first: FloatArray, second: FloatArray, divisions: int) -> FloatArray:
    """Return 2 n^2 triangles of a parallelogram with the normal first x second, shape (2 n^2, 3, 3)."""
    origin, first, second = (np.asarray(v, dtype=float) for v in (origin, first, second))
    grid = np.arange(divisions) / divisions
    a, b = (g.ravel()[:, None] for g in np.meshgrid(grid, grid, indexing="ij"))
    step = 1.0 / divisions
    p = [origin + (a + i * step) * first + (b + j * step) * second for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
    return np.concatenate([np.stack([p[0], p[1], p[2]], axis=1), np.stack([p[0], p[2], p[3]], axis=1)])


def cube(centre: FloatArray, side: float, divisions: int, *, inward: bool) -> dict[str, FloatArray]:
    """Return the six sides of a cube by name, normals in or out."""
    centre = np.asarray(centre, dtype=float)
    sides = {}
    for axis, letter in enumerate("xyz"):
        for sign, word in ((-1.0, "low"), (1.0, "high")):
            e = np.roll(np.eye(3), -axis, axis=0) * side  # e[0] along the axis, e[1] x e[2] = +e[0]
            origin = centre + 0.5 * (sign * e[0] - e[1] - e[2])
            outward = sign > 0
            first, second = (e[1], e[2]) if outward != inward else (e[2], e[1])
            sides[f"{letter}_{word}"] = rectangle(origin, first, second, divisions)
    return sides


def sphere(radius: float, subdivisions: int, *, inward: bool) -> FloatArray:
    """Return an octahedral sphere of 8 x 4^n triangles."""
    signs = [(x, y, z) for x in (1, -1) for y in (1, -1) for z in (1, -1)]
    faces = np.array([[[x, 0, 0], [0, y, 0], [0, 0, z]][:: x * y * z] for x, y, z in signs], dtype=float)
    for _ in range(subdivisions):
        middle = 0.5 * (faces + np.roll(faces, -1, axis=1))
        faces = np.concatenate(
            [np.stack([faces[:, k], middle[:, k], middle[:, k - 1]], axis=1) for k in range(3)] + [middle]
        )
        faces /= np.linalg.norm(faces, axis=2, keepdims=True)
    return radius * (faces[:, ::-1] if inward else faces)


def disc(radius: float, height: float, segments: int, *, upward: bool) -> FloatArray:
    """Return a fan of triangles with the area of the round disc, at z = height."""
    angle = 2.0 * np.pi * np.arange(segments + 1) / segments
    r = radius * np.sqrt(2.0 * np.pi / segments / np.sin(2.0 * np.pi / segments))
    rim = np.stack([r * np.cos(angle), r * np.sin(angle), np.full(segments + 1, height)], axis=1)
    middle = np.tile([0.0, 0.0, height], (segments, 1))
    fan = np.stack([middle, rim[:-1], rim[1:]], axis=1)
    return fan if upward else fan[:, ::-1]


_CORNERS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
_KUHN = [(0, 4, 6, 7), (0, 4, 5, 7), (0, 2, 6, 7), (0, 2, 3, 7), (0, 1, 5, 7), (0, 1, 3, 7)]
_FACES = ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))


def bar_cells(
    low: FloatArray, size: FloatArray, divisions: tuple[int, int, int]
) -> tuple[FloatArray, IntArray, IntArray]:
    """Return points, tetrahedra and boundary triangles of a box."""
    nx, ny, nz = divisions
    axes = [np.linspace(0.0, 1.0, n + 1) for n in divisions]
    points = np.asarray(low) + np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) * np.asarray(size)
    index = np.arange((nx + 1) * (ny + 1) * (nz + 1)).reshape(nx + 1, ny + 1, nz + 1)
    blocks = [index[i : i + nx, j : j + ny, k : k + nz].ravel() for i, j, k in _CORNERS]
    cells = np.concatenate([np.stack([blocks[c] for c in tet], axis=1) for tet in _KUHN])
    faces = np.concatenate([cells[:, face] for face in _FACES])
    _, first, count = np.unique(np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True)
    return points, cells, faces[first[count == 1]]


Namer = Callable[[FloatArray], str]


def write_boxes(
    path: Path, boxes: dict[str, tuple[FloatArray, FloatArray, tuple[int, int, int]]], name_face: Namer
) -> Path:
    """Write boxes as bodies of one mesh file; `name_face` gives the end of a surface name from a facet's centre."""
    points, cells, bodies, triangles, surfaces, names = [], [], [], [], [], {}
    offset = 0
    for number, (body, box) in enumerate(boxes.items(), start=1):
        names[body] = np.array([number, 3])
        p, c, t = bar_cells(*box)
        points.append(p)
        cells.append(c + offset)
        bodies.append(np.full(len(c), number))
        triangles.append(t + offset)
        for triangle in t:
            label = f"{body}__{name_face(p[triangle].mean(axis=0))}"
            surfaces.append(int(names.setdefault(label, np.array([len(names) + 100, 2]))[0]))
        offset += len(p)
    blocks = [("tetra", np.concatenate(cells)), ("triangle", np.concatenate(triangles))]
    data = {"gmsh:physical": [np.concatenate(bodies), np.array(surfaces)]}
    data["gmsh:geometrical"] = data["gmsh:physical"]
    mesh = meshio.Mesh(np.concatenate(points), blocks, cell_data=data, field_data=names)
    meshio.write(path, mesh, file_format="gmsh22", binary=False)
    return path


def write_shells(path: Path, surfaces: dict[str, FloatArray]) -> Path:
    """Write triangles as named shells of a mesh file; triangles share points where corners meet."""
    triangles = np.concatenate(list(surfaces.values())).reshape(-1, 3)
    points, index = np.unique(np.round(triangles, 12), axis=0, return_inverse=True)
    number = np.repeat(np.arange(len(surfaces)) + 1, [len(part) for part in surfaces.values()])
    names = {name: np.array([k + 1, 2]) for k, name in enumerate(surfaces)}
    data = {"gmsh:physical": [number], "gmsh:geometrical": [number]}
    mesh = meshio.Mesh(points, [("triangle", index.reshape(-1, 3))], cell_data=data, field_data=names)
    meshio.write(path, mesh, file_format="gmsh22", binary=False)
    return path
