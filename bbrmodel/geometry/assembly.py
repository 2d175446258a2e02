"""From declared bodies and voids to one conformal assembly with named faces; clashes are errors that name parts."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from bbrmodel.errors import GeometryError
from bbrmodel.geometry.faces import Face, Vector, first_match
from bbrmodel.geometry.gaps import find_gaps
from bbrmodel.geometry.model import MM, GeometryModel
from bbrmodel.geometry.select import select_faces

OVERLAP_TOLERANCE_M3 = 1e-15  # a cube of 10 um: below it two parts touch, above it they overlap
INNER_GRIDS = (3, 7, 15, 31)  # points along each side of a face that are tried until some lie inside


@dataclass(frozen=True)
class Assembly:
    """Tags of the fragmented geometry."""

    volumes: dict[str, tuple[int, ...]]  # body -> volumes
    void_volumes: dict[str, tuple[int, ...]]
    surfaces: dict[str, tuple[int, ...]]  # surface name -> faces
    shell_voids: dict[str, str]  # shell surface -> the void it looks into
    ion_clearance_m: float | None
    gaps: tuple[tuple[str, str, float], ...] = ()  # bodies that nearly touch, and their distance, m


def assemble(model: GeometryModel) -> Assembly:
    """Fragment all parts, check them and name their faces.

    Raises
    ------
    GeometryError
        Two bodies overlap, a body vanishes or sticks out of the enclosure, the ion lies inside a body, or no rule names
        an exposed face.
    """
    volumes, void_volumes = _fragment(model)
    faces = _collect_faces(model, volumes, void_volumes)
    clearance = _ion_clearance(model, volumes, faces)
    selected = select_faces(model, faces, volumes)
    surfaces: dict[str, list[int]] = defaultdict(list)
    shell_voids: dict[str, str] = {}
    for face in faces:
        is_shell = face.owner in model.voids
        prefix = model.shell_prefix[face.owner] if is_shell else face.owner
        name = selected.get(face.tag) or first_match(face, model.face_rules[face.owner])
        if name is None:
            raise GeometryError(
                f"{model.name}: no rule names a face of '{face.owner}' ({face.kind}, centre {_show(face.centre)}). "
                "Add a rule to its `faces`."
            )
        surfaces[f"{prefix}__{name}"].append(face.tag)
        if is_shell:
            shell_voids[f"{prefix}__{name}"] = face.owner
    model.drop_scratch()
    named = {name: tuple(sorted(tags)) for name, tags in sorted(surfaces.items())}
    gaps = find_gaps(model, volumes) if model.reports_gaps else ()
    return Assembly(volumes, void_volumes, named, shell_voids, clearance, gaps)


def _fragment(model: GeometryModel) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """Fragment bodies and voids; return the volumes of each."""
    parts = [(name, pair) for table in (model.bodies, model.voids) for name, shape in table.items() for pair in shape]
    shapes = [pair for _, pair in parts]
    pieces_of = model.occ.fragment(shapes, [])[1] if len(shapes) > 1 else [shapes]  # gmsh returns nothing for one
    pieces: dict[str, list[int]] = {name: [] for name, _ in parts}
    for (name, _), found in zip(parts, pieces_of, strict=True):
        pieces[name] += [tag for dim, tag in found if dim == 3]
    owner: dict[int, str] = {}
    for name in model.bodies:
        for tag in dict.fromkeys(pieces[name]):
            if tag in owner:
                _refuse_overlap(model, owner[tag], name, tag)
            owner.setdefault(tag, name)
    if model.enclosure:
        _check_enclosed(model, pieces)
    for name in model.voids:
        for tag in pieces[name]:
            owner.setdefault(tag, name)
    model.occ.synchronize()
    tags: dict[str, list[int]] = {name: [] for name in pieces}
    for tag, name in owner.items():
        tags[name].append(tag)
    sorted_tags = {name: tuple(sorted(found)) for name, found in tags.items()}
    return {name: sorted_tags[name] for name in model.bodies}, {name: sorted_tags[name] for name in model.voids}


def _refuse_overlap(model: GeometryModel, first: str, second: str, tag: int) -> None:
    """Raise if a piece that two bodies share has a volume."""
    volume = model.occ.getMass(3, tag) / MM**3
    if volume > OVERLAP_TOLERANCE_M3:
        centre = tuple(x / MM for x in model.occ.getCenterOfMass(3, tag))
        raise GeometryError(
            f"{model.name}: bodies '{first}' and '{second}' overlap by {volume * 1e9:.4g} mm3 near {_show(centre)}. "
            "Bodies may touch but not share space; change a number that moves one of them, or cut one with the other."
        )


def _check_enclosed(model: GeometryModel, pieces: dict[str, list[int]]) -> None:
    """Raise if a piece of a body is outside the enclosing void."""
    inside = set(pieces[str(model.enclosure)])
    for name in model.bodies:
        if not inside.issuperset(pieces[name]):
            raise GeometryError(
                f"{model.name}: body '{name}' sticks out of '{model.enclosure}'. "
                f"Make the body smaller or '{model.enclosure}' larger."
            )


def _collect_faces(
    model: GeometryModel, volumes: dict[str, tuple[int, ...]], void_volumes: dict[str, tuple[int, ...]]
) -> list[Face]:
    """Return the exposed faces of bodies and the shell faces of voids."""
    body_of = {tag: name for name, tags in volumes.items() for tag in tags}
    void_of = {tag: name for name, tags in void_volumes.items() for tag in tags}
    faces = []
    for _, tag in model.gmsh.model.getEntities(2):
        above = [int(v) for v in model.gmsh.model.getAdjacencies(2, tag)[0]]
        bodies = [body_of[v] for v in above if v in body_of]
        voids = [void_of[v] for v in above if v in void_of]
        if len(bodies) == 1:
            faces.append(_describe(model, tag, bodies[0], voids[0] if voids else None))
        elif not bodies and len(voids) == 1 and voids[0] in model.shell_prefix:
            faces.append(_describe(model, tag, voids[0], voids[0]))
    return faces


def _describe(model: GeometryModel, tag: int, owner: str, void: str | None) -> Face:
    """Measure a face."""
    gmsh_model = model.gmsh.model
    low, high = gmsh_model.getParametrizationBounds(2, tag)
    middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])]
    box = model.occ.getBoundingBox(2, tag)
    return Face(
        tag=tag,
        owner=owner,
        void=void,
        kind=gmsh_model.getType(2, tag),
        centre=_metres(model.occ.getCenterOfMass(2, tag)),
        point=_metres(gmsh_model.getValue(2, tag, middle)),
        normal=_triple(gmsh_model.getNormal(tag, middle)),
        lower=_metres(box[:3]),
        upper=_metres(box[3:]),
        area_m2=model.occ.getMass(2, tag) / MM**2,
        points=_inner_points(gmsh_model, tag, (low, high)),
    )


def _inner_points(gmsh_model: Any, tag: int, bounds: Any) -> tuple[Vector, ...]:
    """Return up to three points inside a trimmed face, spread over it; none if it is too narrow to hit."""
    low, high = bounds
    for count in INNER_GRIDS:
        steps = [(k + 0.47) / count for k in range(count)]  # off the middle, where other faces often end
        grid = [[low[0] + u * (high[0] - low[0]), low[1] + v * (high[1] - low[1])] for u in steps for v in steps]
        inside = [point for point in grid if gmsh_model.isInside(2, tag, point, parametric=True)]
        if len(inside) >= 3:
            chosen = [inside[0], inside[len(inside) // 2], inside[-1]]
            return tuple(_metres(gmsh_model.getValue(2, tag, point)) for point in chosen)
    return tuple(_metres(gmsh_model.getValue(2, tag, point)) for point in inside)


def _ion_clearance(model: GeometryModel, volumes: dict[str, tuple[int, ...]], faces: list[Face]) -> float | None:
    """Return the distance from the ion to the nearest face, m; raise if a body holds the ion."""
    if model.ion_m is None:
        return None
    position = [x * MM for x in model.ion_m]
    for name, tags in volumes.items():
        if any(model.gmsh.model.isInside(3, tag, position) for tag in tags):
            raise GeometryError(
                f"{model.name}: the ion at {_show(model.ion_m)} lies inside body '{name}'. "
                "Move the body or open its hole."
            )
    point = model.occ.addPoint(*position)
    distances = [model.occ.getDistance(0, point, 2, face.tag)[0] for face in faces]
    model.occ.remove([(0, point)])
    return min(distances, default=math.inf) / MM


def _metres(values: object) -> Vector:
    return _triple([x / MM for x in values])  # type: ignore[attr-defined]


def _triple(values: object) -> Vector:
    x, y, z = (float(v) for v in values)  # type: ignore[attr-defined]
    return (x, y, z)


def _show(position: object) -> str:
    return "(" + ", ".join(f"{1e3 * x:.2f}" for x in position) + ") mm"  # type: ignore[attr-defined]


__all__ = ["OVERLAP_TOLERANCE_M3", "Assembly", "assemble"]
