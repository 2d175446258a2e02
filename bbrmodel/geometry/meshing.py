"""Sizes, mesh, orientation of shells and quality of an assembled geometry."""

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from bbrmodel.errors import GeometryError, MeshError, suggest
from bbrmodel.geometry.assembly import Assembly, assemble
from bbrmodel.geometry.model import MM, GeometryModel
from bbrmodel.typing import FloatArray

MIN_CELL_QUALITY = 0.02  # radius ratio 3 r_in / r_circum of tetrahedra; a flatter one spoils the conduction matrix
MIN_FACET_QUALITY = 0.01  # 2 r_in / r_circum of exposed triangles
FAR = 1e6  # size outside every field, mm
PERCENTILES = (0, 1, 5, 50)
# faces of a block with the corners 0..3 below 4..7; the first and third corner are joined by the diagonal of its cells
BLOCK_FACES = ((1, 2, 3, 0), (5, 6, 7, 4), (1, 0, 4, 5), (2, 1, 5, 6), (2, 3, 7, 6), (3, 0, 4, 7))


@dataclass(frozen=True)
class MeshStatistics:
    """What was meshed."""

    bodies: int
    surfaces: int
    nodes: int
    cells: int
    facets: int  # exposed triangles
    cell_quality: tuple[float, ...]  # at PERCENTILES
    facet_quality: tuple[float, ...]
    ion_clearance_m: float | None
    gaps: tuple[tuple[str, str, float], ...] = ()  # bodies that nearly touch, and their distance, m


def mesh_model(model: GeometryModel, path: Path) -> MeshStatistics:
    """Assemble and mesh a model and write it as MSH 4.1 in metres.

    Raises
    ------
    GeometryError
        As `assemble`, or a size is set for a part that does not exist.
    MeshError
        gmsh fails, or a cell is flatter than `MIN_CELL_QUALITY`.
    """
    assembly = assemble(model)
    _add_groups(model, assembly)
    _set_options(model)
    _set_sizes(model, assembly)
    try:
        model.gmsh.model.mesh.generate(2)
        turned = _turned_shells(model, assembly)
        _drop_voids(model, assembly)
        if assembly.volumes:
            model.gmsh.model.mesh.generate(3)
            model.gmsh.model.mesh.optimize("")  # not "Netgen", which can crash the process
        for face in turned:  # last, because the volume mesher orders triangles anew
            model.gmsh.model.mesh.reverse([(2, face)])
    except Exception as error:
        if isinstance(error, GeometryError | MeshError):
            raise
        raise MeshError(
            f"{model.name}: gmsh could not mesh the geometry ({error}). Try another resolution or a slightly "
            "different parameter."
        ) from error
    statistics = _measure(model, assembly)
    model.gmsh.write(str(path))
    return statistics


def _set_options(model: GeometryModel) -> None:
    """Choose algorithms whose result does not depend on threads, and the file format."""
    options = {
        "Mesh.Algorithm": 6,  # Frontal-Delaunay
        "Mesh.Algorithm3D": 10,  # HXT, reproducible on the one thread that the model allows
        "Mesh.MeshSizeFromPoints": 0,
        "Mesh.MeshSizeFromCurvature": model.curvature_segments,
        # -3: volumes only, faces jump to their own size; with sizes from curvature they grow from their edges inwards
        "Mesh.MeshSizeExtendFromBoundary": 1 if model.curvature_segments else -3,
        "Mesh.MeshSizeMin": model.least_size_m * MM,
        "Mesh.Optimize": 1,
        "Mesh.MshFileVersion": 4.1,
        "Mesh.Binary": 1,
        "Mesh.SaveAll": 0,
        "Mesh.ScalingFactor": 1.0 / MM,
        "Mesh.RandomSeed": 1,
    }
    for name, value in options.items():
        model.gmsh.option.setNumber(name, value)


def _add_groups(model: GeometryModel, assembly: Assembly) -> None:
    """Make the physical groups; the names are unique across dimensions."""
    for name, tags in assembly.volumes.items():
        model.gmsh.model.addPhysicalGroup(3, list(tags), name=name)
    for name, tags in assembly.surfaces.items():
        model.gmsh.model.addPhysicalGroup(2, list(tags), name=name)


def _set_sizes(model: GeometryModel, assembly: Assembly) -> None:
    """Turn declared sizes into a background field and divided circles."""
    field = model.gmsh.model.mesh.field
    fields = []
    for name, size in _declared_sizes(model, assembly).items():
        fields.append(field.add("Constant"))
        if name in assembly.volumes:
            field.setNumbers(fields[-1], "VolumesList", list(assembly.volumes[name]))
        elif name in assembly.surfaces:
            field.setNumbers(fields[-1], "SurfacesList", list(assembly.surfaces[name]))
        else:
            known = [*assembly.volumes, *assembly.surfaces]
            raise GeometryError(
                f"{model.name}: a mesh size is set for '{name}', which does not exist.{suggest(name, known)}"
            )
        field.setNumber(fields[-1], "VIn", size * MM)
        field.setNumber(fields[-1], "VOut", FAR)
        field.setNumber(fields[-1], "IncludeBoundary", 1)
    for centre, radius, size in model.size_balls:
        fields.append(field.add("Ball"))
        for axis, x in zip(("XCenter", "YCenter", "ZCenter"), centre, strict=True):
            field.setNumber(fields[-1], axis, x * MM)
        for option, value in (("Radius", radius * MM), ("VIn", size * MM), ("VOut", FAR), ("Thickness", radius * MM)):
            field.setNumber(fields[-1], option, value)
    least = field.add("Min")
    field.setNumbers(least, "FieldsList", fields)
    field.setAsBackgroundMesh(least)
    _divide_circles(model)
    _divide_layers(model, assembly)


def _declared_sizes(model: GeometryModel, assembly: Assembly) -> dict[str, float]:
    """Return the size of every body and surface that has one; a name beats a glob, a later glob an earlier one."""
    sizes = {name: model.void_sizes[void] for name, void in assembly.shell_voids.items() if void in model.void_sizes}
    sizes |= model.sizes
    known = [*assembly.volumes, *assembly.surfaces]
    for pattern, size in sorted(model.size_patterns.items(), key=lambda item: item[0] in known):
        found = [name for name in known if name == pattern or fnmatchcase(name, pattern)]
        if not found:
            raise GeometryError(
                f"{model.name}: geometry.mesh_sizes_m.{pattern} = {size:g}: there is no such body or surface."
                f"{suggest(pattern, known)}"
            )
        sizes |= dict.fromkeys(found, size)
    return sizes


def _divide_circles(model: GeometryModel) -> None:
    """Put equal segments on the round edges that were declared."""
    for _, tag in model.gmsh.model.getEntities(1):
        if model.gmsh.model.getType(1, tag) == "Line":
            continue
        low, high = (bound[0] for bound in model.gmsh.model.getParametrizationBounds(1, tag))
        points = np.reshape(model.gmsh.model.getValue(1, tag, np.linspace(low, high, 9).tolist()), (-1, 3)) / MM
        for circle in model.circles:
            if np.linalg.norm(points - circle.centre, axis=1).max() <= circle.reach:
                part = model.occ.getMass(1, tag) / MM / (2.0 * math.pi * circle.radius)
                segments = max(1, round(part * circle.segments))
                model.gmsh.model.mesh.setTransfiniteCurve(tag, segments + 1)
                break


def _divide_layers(model: GeometryModel, assembly: Assembly) -> None:
    """Make the mesh of layered bodies structured: thin walls keep well-shaped cells with few of them.

    gmsh cuts a structured block along fixed diagonals of its corners' order; the triangles of its faces match the cells
    only if every face is told to start at its own diagonal.
    """
    gmsh_model = model.gmsh.model
    for body, layers in model.layers.items():
        for volume in assembly.volumes[body]:
            points = [tag for _, tag in gmsh_model.getBoundary([(3, volume)], recursive=True)]
            places = np.array([gmsh_model.getValue(0, tag, []) for tag in points]) / MM
            corners = [points[k] for k in _corner_order(model, places)]
            gmsh_model.mesh.setTransfiniteVolume(volume, corners)
            for _, face in gmsh_model.getBoundary([(3, volume)], oriented=False):
                own = {tag for _, tag in gmsh_model.getBoundary([(2, face)], recursive=True)}
                cycle = next([corners[k] for k in c] for c in BLOCK_FACES if {corners[k] for k in c} == own)
                gmsh_model.mesh.setTransfiniteSurface(face, "Right", cycle)
                for _, edge in gmsh_model.getBoundary([(2, face)], oriented=False):
                    ends = {tag for _, tag in gmsh_model.getBoundary([(1, edge)], oriented=False)}
                    lengthwise = len(ends & set(corners[:4])) == 1
                    gmsh_model.mesh.setTransfiniteCurve(edge, layers + 1 if lengthwise else 2)


def _corner_order(model: GeometryModel, places: FloatArray) -> list[int]:
    """Return which of the eight points is which corner of the declared block that they are."""
    for block in model.blocks:
        distances = np.linalg.norm(np.array(block)[:, None] - places[None], axis=2)
        if distances.min(axis=1).max() < 1e-7:
            return [int(k) for k in distances.argmin(axis=1)]
    raise GeometryError(f"{model.name}: a block meshed in layers was cut by another part. Move that part away.")


def _turned_shells(model: GeometryModel, assembly: Assembly) -> list[int]:
    """Return the shell faces whose triangles' normals do not point into their void."""
    gmsh_model = model.gmsh.model
    turned = []
    for name, void in assembly.shell_voids.items():
        for face in assembly.surfaces[name]:
            corners = _triangles(model, face)[0]
            edges = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            largest = int(np.argmax(np.linalg.norm(edges, axis=1)))
            middle = corners[largest].mean(axis=0)
            foot, parameters = gmsh_model.getClosestPoint(2, face, middle.tolist())
            normal = np.asarray(gmsh_model.getNormal(face, parameters))
            normal *= np.sign(normal @ edges[largest])
            probe = (np.asarray(foot) + 1e-2 * normal).tolist()  # 10 um
            if not any(gmsh_model.isInside(3, volume, probe) for volume in assembly.void_volumes[void]):
                turned.append(face)
    return turned


def _drop_voids(model: GeometryModel, assembly: Assembly) -> None:
    """Remove the voids and the faces between them, so that only bodies are filled with cells."""
    keep = {tag for tags in assembly.surfaces.values() for tag in tags}
    volumes = [(3, tag) for tags in assembly.void_volumes.values() for tag in tags]
    if not volumes:
        return  # gmsh takes an empty list for everything
    model.gmsh.model.removeEntities(volumes)
    loose = [
        (2, tag)
        for _, tag in model.gmsh.model.getEntities(2)
        if tag not in keep and not len(model.gmsh.model.getAdjacencies(2, tag)[0])
    ]
    if loose:
        model.gmsh.model.removeEntities(loose)


def _triangles(model: GeometryModel, face: int) -> tuple[FloatArray, list[int]]:
    """Return the corners of a face's triangles, shape (n, 3, 3), mm, and their tags."""
    types, tags, nodes = model.gmsh.model.mesh.getElements(2, face)
    if list(types) != [2]:
        raise MeshError(
            f"{model.name}: face {face} has no triangles: it is too thin for the mesh size. Refine the mesh."
        )
    all_tags, all_points, _ = model.gmsh.model.mesh.getNodes(2, face, includeBoundary=True)
    position = {int(tag): k for k, tag in enumerate(all_tags)}
    points = np.asarray(all_points).reshape(-1, 3)
    return points[[position[int(n)] for n in nodes[0]]].reshape(-1, 3, 3), [int(t) for t in tags[0]]


def _measure(model: GeometryModel, assembly: Assembly) -> MeshStatistics:
    """Count, and refuse a mesh that is too flat."""
    mesh = model.gmsh.model.mesh
    cell_tags: list[int] = []
    worst = ("", math.inf)
    qualities = []
    for body, volumes in assembly.volumes.items():
        for volume in volumes:
            tags = [int(t) for t in mesh.getElementsByType(4, volume)[0]]
            if not tags:
                raise MeshError(f"{model.name}: body '{body}' has no cells. Refine the mesh.")
            quality = np.asarray(mesh.getElementQualities(tags, "gamma"))
            worst = min(worst, (body, float(quality.min())), key=lambda pair: pair[1])
            qualities.append(quality)
            cell_tags += tags
    if worst[1] < MIN_CELL_QUALITY:
        raise MeshError(
            f"{model.name}: a cell of body '{worst[0]}' has the radius ratio {worst[1]:.4f}; at least "
            f"{MIN_CELL_QUALITY} is needed. Choose a finer resolution or make the thin part thicker."
        )
    facets = [int(t) for tags in assembly.surfaces.values() for tag in tags for t in mesh.getElementsByType(2, tag)[0]]
    facet_quality = np.asarray(mesh.getElementQualities(facets, "gamma"))
    if facet_quality.min() < MIN_FACET_QUALITY:
        raise MeshError(
            f"{model.name}: an exposed triangle has the radius ratio {facet_quality.min():.4f}; at least "
            f"{MIN_FACET_QUALITY} is needed. Choose a finer resolution."
        )
    return MeshStatistics(
        bodies=len(assembly.volumes),
        surfaces=len(assembly.surfaces),
        nodes=len(mesh.getNodes()[0]),
        cells=len(cell_tags),
        facets=len(facets),
        cell_quality=_percentiles(np.concatenate(qualities)) if qualities else (),
        facet_quality=_percentiles(facet_quality),
        ion_clearance_m=assembly.ion_clearance_m,
        gaps=assembly.gaps,
    )


def _percentiles(values: FloatArray) -> tuple[float, ...]:
    return tuple(round(float(x), 4) for x in np.percentile(values, PERCENTILES))


__all__ = ["MIN_CELL_QUALITY", "MIN_FACET_QUALITY", "PERCENTILES", "MeshStatistics", "mesh_model"]
