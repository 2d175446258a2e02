"""Find every exposed facet of every body, give each exactly one surface name, and find the interfaces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.errors import MeshError
from bbrmodel.mesh.bundle import MeshBundle
from bbrmodel.typing import BoolArray, FloatArray, IntArray

_FACES = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])  # outward for positively oriented cells
_MOST_PACKED = 2_000_000  # points


@dataclass(frozen=True)
class FacetMesh:
    """All facets that can radiate or carry a boundary condition.

    Attributes
    ----------
    points
        shape (num_facets, 3), point indices, ordered so that the normal leaves the body (for a shell: as in the
        file, into the enclosure).
    surface
        shape (num_facets,), index into `surface_names`.
    body
        shape (num_facets,), index of the body behind the facet; -1 for a shell.
    exposed
        shape (num_facets,), False where a named surface lies inside a body or between two bodies.
    """

    points: IntArray
    surface: IntArray
    body: IntArray
    exposed: BoolArray
    surface_names: tuple[str, ...]


@dataclass(frozen=True)
class Interfaces:
    """Facets that two bodies share: point indices (num, 3) and the two bodies (num, 2), lower index first."""

    points: IntArray
    bodies: IntArray


def find_facets(bundle: MeshBundle) -> tuple[FacetMesh, Interfaces]:
    """Return every exposed facet with its one surface, and the interfaces between bodies.

    Exposed facets outside every named surface form the surface `<body>__unnamed`.

    Raises
    ------
    MeshError
        A facet lies in two named surfaces, has no area, or is shared by more than two cells.
    """
    faces, owner = _cell_faces(bundle)
    sorted_triples = (np.sort(faces, axis=1), np.sort(bundle.triangles, axis=1))
    keys, triangle_keys = _pack(sorted_triples, len(bundle.points_m))
    del sorted_triples
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    start = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))[: len(keys)]
    count = np.diff(np.append(start, len(keys)))
    if count.size and count.max() > 2:
        where = bundle.points_m[faces[order[start[count.argmax()]]]].mean(axis=0)
        raise MeshError(f"{int(count.max())} cells share the facet at {_place(where)}: the mesh overlaps itself there.")
    single, double = start[count == 1], start[count == 2]
    pairs = np.sort(np.stack([owner[order[double]], owner[order[double + 1]]], axis=1), axis=1)
    between = pairs[:, 0] != pairs[:, 1]
    interfaces = Interfaces(faces[order[double[between]]], pairs[between])
    exposed = order[single]
    facets = _name_facets(bundle, faces[exposed], owner[exposed], keys=(keys[single], triangle_keys, keys[start]))
    _check_area(bundle, facets)
    _check_conforming(facets)
    return facets, interfaces


def _cell_faces(bundle: MeshBundle) -> tuple[IntArray, IntArray]:
    """Return the four faces of every cell, oriented outward, and the body that owns each."""
    corners = bundle.points_m[bundle.cells]
    volume = np.einsum(
        "ij,ij->i",
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]),
        corners[:, 3] - corners[:, 0],
    )
    if (volume == 0.0).any():
        where = corners[int(np.flatnonzero(volume == 0.0)[0])].mean(axis=0)
        raise MeshError(f"a cell at {_place(where)} has no volume. Mesh again, with a size that suits the part.")
    cells = bundle.cells.copy()
    flipped = volume < 0
    cells[flipped, 2], cells[flipped, 3] = bundle.cells[flipped, 3], bundle.cells[flipped, 2]
    faces = cells[:, _FACES].reshape(-1, 3)
    return faces, np.repeat(bundle.cell_body, 4)


def _name_facets(
    bundle: MeshBundle, exposed: IntArray, owner: IntArray, *, keys: tuple[IntArray, IntArray, IntArray]
) -> FacetMesh:
    """Match exposed faces and named triangles; what is left over is unnamed, a shell, or inside.

    `keys` are those of exposed faces, of triangles and of all faces of cells.
    """
    exposed_keys, triangle_keys, solid_keys = keys
    _check_single_surface(bundle, triangle_keys)
    order = np.argsort(triangle_keys)
    slot = np.minimum(np.searchsorted(triangle_keys, exposed_keys, sorter=order), max(len(order) - 1, 0))
    match = order[slot] if len(order) else np.zeros(len(exposed_keys), dtype=np.int64)
    named = triangle_keys[match] == exposed_keys if len(order) else np.zeros(len(exposed_keys), dtype=bool)
    names = list(bundle.surface_names)
    surface = np.full(len(exposed), -1, dtype=np.int64)
    surface[named] = bundle.triangle_surface[match[named]]
    for body in np.unique(owner[~named]):
        names.append(f"{bundle.body_names[body]}__unnamed")
        surface[~named & (owner == body)] = len(names) - 1
    rest = np.setdiff1d(np.arange(len(triangle_keys)), match[named])
    inside = np.isin(triangle_keys[rest], solid_keys)
    return FacetMesh(
        points=np.concatenate([exposed, bundle.triangles[rest]]),
        surface=np.concatenate([surface, bundle.triangle_surface[rest]]),
        body=np.concatenate([owner, np.full(len(rest), -1, dtype=np.int64)]),
        exposed=np.concatenate([np.ones(len(exposed), dtype=bool), ~inside]),
        surface_names=tuple(names),
    )


def _pack(triples: Sequence[IntArray], num_points: int) -> list[IntArray]:
    """Return one sortable number for each sorted triple of point indices, equal for equal triples."""
    pairs = [keys[:, 0] * num_points + keys[:, 1] for keys in triples]
    if num_points > _MOST_PACKED:  # three indices do not fit in 63 bits: number the pairs that there are
        known = np.unique(np.concatenate(pairs))
        pairs = [np.searchsorted(known, pair) for pair in pairs]
    return [pair * num_points + keys[:, 2] for pair, keys in zip(pairs, triples, strict=True)]


def _check_single_surface(bundle: MeshBundle, keys: IntArray) -> None:
    """Raise when a triangle stands twice, in one surface or in two."""
    order = np.argsort(keys, kind="stable")
    twice = np.flatnonzero(np.diff(keys[order]) == 0)
    if len(twice):
        a, b = (bundle.surface_names[bundle.triangle_surface[order[twice[0] + k]]] for k in (0, 1))
        where = bundle.points_m[bundle.triangles[order[twice[0]]]].mean(axis=0)
        raise MeshError(
            f"the facet at {_place(where)} stands in surface '{a}' and again in '{b}': "
            "a facet belongs to one surface. Remove the duplicate."
        )


def _check_area(bundle: MeshBundle, facets: FacetMesh) -> None:
    """Raise when a facet has no area."""
    if len(facets.points) == 0:
        return
    area, _ = facet_areas_normals(bundle.points_m[facets.points])
    worst = int(area.argmin())
    if area[worst] <= 0.0:
        where = bundle.points_m[facets.points[worst]].mean(axis=0)
        name = facets.surface_names[facets.surface[worst]]
        raise MeshError(f"surface '{name}': the facet at {_place(where)} has no area. Mesh that part again.")


def _check_conforming(facets: FacetMesh) -> None:
    """Raise when part of a surface lies on a body and part on none: its triangles are not faces of the cells."""
    shell = facets.exposed & (facets.body < 0)
    for index in np.intersect1d(facets.surface[shell], facets.surface[facets.body >= 0]):
        count = int((shell & (facets.surface == index)).sum())
        raise MeshError(
            f"surface '{facets.surface_names[index]}': {count} of its facets are faces of no cell, the others are. "
            "Triangles and tetrahedra must conform: mesh surfaces and volumes together."
        )


def facet_areas_normals(vertices: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return areas (num,) and unit normals (num, 3) of triangles of shape (num, 3, 3)."""
    cross = np.cross(vertices[:, 1] - vertices[:, 0], vertices[:, 2] - vertices[:, 0])
    length = np.linalg.norm(cross, axis=1)
    return 0.5 * length, cross / np.maximum(length, np.finfo(float).tiny)[:, None]


def _place(point: FloatArray) -> str:
    """Return a point in millimetres, for messages."""
    return "({:.3f}, {:.3f}, {:.3f}) mm".format(*(1e3 * point))


__all__ = ["FacetMesh", "Interfaces", "facet_areas_normals", "find_facets"]
