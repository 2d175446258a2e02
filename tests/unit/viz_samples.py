"""Small result directories made by hand, for the tests of pictures."""

import json
from itertools import permutations
from pathlib import Path

import meshio
import numpy as np

_CORNERS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])


def voxel_tetrahedra(filled, spacing_m):
    """Return nodes and tetrahedra (six to a voxel, Kuhn) of the filled voxels of a grid centred on the origin."""
    shape = np.array(filled.shape)
    index = np.arange(np.prod(shape + 1)).reshape(shape + 1)
    nodes = (np.argwhere(np.ones(shape + 1)) - shape / 2) * spacing_m
    cells = []
    for i, j, k in np.argwhere(filled):
        for order in permutations(range(3)):
            path = [np.array([i, j, k])]
            for axis in order:
                path.append(path[-1] + np.eye(3, dtype=int)[axis])
            cells.append([index[tuple(step)] for step in path])
    return nodes, np.array(cells)


def outer_triangles(cells):
    """Return the faces that belong to one tetrahedron alone."""
    faces = np.concatenate([cells[:, list(c)] for c in ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))])
    _, first, count = np.unique(np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True)
    return faces[first[count == 1]]


def sphere_triangles(radius_m, rings=12):
    """Return the triangles of a sphere, shape (n, 3, 3)."""
    polar = np.linspace(0, np.pi, rings + 1)[:, None]
    turn = np.linspace(0, 2 * np.pi, 2 * rings + 1)[None, :]
    points = radius_m * np.stack(
        [np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar) + 0 * turn], axis=-1
    )
    a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
    lower, upper = np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)
    return np.concatenate([lower[:-1].reshape(-1, 3, 3), upper[1:].reshape(-1, 3, 3)])


def ion_block(surfaces=()):
    """Return the `ion` part of result.json."""
    return {
        "position_m": [0.0, 0.0, 0.0],
        "clock": "ca40p_729",
        "effective_temperature_K": 79.52,
        "effective_temperature_std_K": 0.004,
        "fractional_shift": 4.3e-18,
        "surfaces": list(surfaces),
    }


def write_sample(directory: Path, *, solid=None, facets, ion, body_names=()):
    """Write a result directory; `solid` = (nodes, cells, temperatures, bodies), `facets` = rows of surfaces.

    Each row of `facets` is (name, triangles, temperature_K, weight or None).
    """
    directory.mkdir(parents=True, exist_ok=True)
    if solid is not None:
        nodes, cells, temperature, body = solid
        meshio.Mesh(
            nodes, [("tetra", cells)], point_data={"temperature_K": temperature}, cell_data={"body": [body]}
        ).write(directory / "temperatures.vtu", file_format="vtu")
    if facets:
        triangles = np.concatenate([row[1] for row in facets])
        counts = [len(row[1]) for row in facets]
        data = {
            "temperature_K": [np.repeat([row[2] for row in facets], counts)],
            "surface_index": [np.repeat(np.arange(len(facets)), counts)],
        }
        if facets[0][3] is not None:
            data["weight_at_ion"] = [np.repeat([row[3] / n for row, n in zip(facets, counts, strict=True)], counts)]
        blocks = [("triangle", np.arange(3 * len(triangles)).reshape(-1, 3))]
        meshio.Mesh(triangles.reshape(-1, 3), blocks, cell_data=data).write(directory / "facets.vtu", file_format="vtu")
    record = {
        "schema_version": 1,
        "case": "sample",
        "ion": ion,
        "solid": {"body_names": list(body_names)},
        "facets": {"surface_names": [row[0] for row in facets]},
    }
    (directory / "result.json").write_text(json.dumps(record), encoding="utf-8")
    return directory


def box_with_block(directory: Path):
    """A hollow box of 80 mm at 78 K with a small warm block beside the ion, in a 293 K sphere."""
    filled = np.ones((10, 10, 10), dtype=bool)
    filled[1:-1, 1:-1, 1:-1] = False
    filled[4:6, 4:6, 0] = False  # a window below
    nodes, walls = voxel_tetrahedra(filled, 0.008)
    block_nodes, block = voxel_tetrahedra(np.ones((2, 2, 2), dtype=bool), 0.004)
    block_nodes = block_nodes + np.array([0.012, 0.004, 0.0])
    cells = np.concatenate([walls, block + len(nodes)])
    points = np.concatenate([nodes, block_nodes])
    body = np.repeat([0, 1], [len(walls), len(block)])
    temperature = np.where(np.arange(len(points)) < len(nodes), 78.0 - 8 * points[:, 2], 81.5)
    rows = [
        ("box__walls", points[outer_triangles(walls)], 78.0, 0.85),
        ("block__faces", points[outer_triangles(block + len(nodes))], 81.5, 0.14),
        ("chamber__wall", sphere_triangles(0.2), 293.0, 0.01),
    ]
    share = {"box__walls": 0.7, "block__faces": 0.2, "chamber__wall": 0.1}
    ion = ion_block(
        {
            "name": name,
            "solid_angle_sr": 12.0 * weight,
            "effective_solid_angle_sr": 12.57 * weight,
            "mean_temperature_K": kelvin,
            "emissivity": 0.05,
            "share_of_T4": share[name],
        }
        for name, _, kelvin, weight in rows
    )
    return write_sample(
        directory, solid=(points, cells, temperature, body), facets=rows, ion=ion, body_names=("box", "block")
    )


def nested_spheres(directory: Path):
    """Two shells without any solid; the inner one is open for a fifth of the directions."""
    inner = sphere_triangles(0.02, rings=24)
    inner = inner[inner.mean(axis=1)[:, 0] < 0.012]
    rows = [("inner__wall", inner, 80.0, 0.8), ("outer__wall", sphere_triangles(0.05), 293.0, 0.2)]
    return write_sample(directory, facets=rows, ion=ion_block())


def slab(directory: Path):
    """A plate without an ion, 1 K from face to face, all facets its own."""
    nodes, cells = voxel_tetrahedra(np.ones((6, 6, 2), dtype=bool), 0.01)
    temperature = 300.0 + nodes[:, 2] / 0.02
    rows = [("plate__surface", nodes[outer_triangles(cells)], 300.0, None)]
    solid = (nodes, cells, temperature, np.zeros(len(cells), dtype=int))
    return write_sample(directory, solid=solid, facets=rows, ion=None, body_names=("plate",))
