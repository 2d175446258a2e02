"""Faces that a user points at: by a point on them, by their normal, by a box that holds them."""

import math

from bbrmodel.errors import GeometryError, suggest
from bbrmodel.geometry.faces import Face, Vector
from bbrmodel.geometry.model import MM, GeometryModel, Selection

POINT_TOLERANCE_M = 1e-5
NORMAL_TOLERANCE_DEG = 1.0
BOX_TOLERANCE_M = 1e-6


def select_faces(model: GeometryModel, faces: list[Face], volumes: dict[str, tuple[int, ...]]) -> dict[int, str]:
    """Return the names of the faces that selections find, by tag; the first selection counts.

    Raises
    ------
    GeometryError
        A selection is about no body, or finds no exposed face of it.
    """
    names: dict[int, str] = {}
    owners = {**{name: name for name in volumes}, **{prefix: void for void, prefix in model.shell_prefix.items()}}
    for number, selection in enumerate(model.selections):
        where = f"{model.name}: geometry.faces.{number}.surface = '{selection.body}__{selection.face}'"
        if selection.body not in owners:
            raise GeometryError(f"{where}: there is no body '{selection.body}'.{suggest(selection.body, owners)}")
        candidates = [face for face in faces if face.owner == owners[selection.body]]
        found = [face for face in candidates if _holds(model, face, selection, volumes.get(selection.body))]
        if not found:
            raise GeometryError(f"{where}: {_nearest(model, candidates, selection)}")
        for face in found:
            names.setdefault(face.tag, selection.face)
    return names


def _holds(model: GeometryModel, face: Face, selection: Selection, body: tuple[int, ...] | None) -> bool:
    """Tell whether a face is what a selection means."""
    if selection.box is not None:
        low, high = selection.box
        slack = BOX_TOLERANCE_M
        if any(face.lower[k] < low[k] - slack or face.upper[k] > high[k] + slack for k in range(3)):
            return False
    if selection.normal is not None:
        normal = outward_normal(model, face, body)
        if normal is None or _angle_deg(normal, selection.normal) > NORMAL_TOLERANCE_DEG:
            return False
    return selection.point is None or _distance_m(model, face, selection.point) <= POINT_TOLERANCE_M


def outward_normal(model: GeometryModel, face: Face, body: tuple[int, ...] | None) -> Vector | None:
    """Return the unit normal of a flat face out of its body (of a shell, into its space), None for a curved face."""
    if face.kind != "Plane" or not face.points:
        return None
    probe = [(face.points[0][k] + 1e-5 * face.normal[k]) * MM for k in range(3)]
    if body is None:
        volumes = [tag for _, tag in model.gmsh.model.getEntities(3)]
        outside = any(model.gmsh.model.isInside(3, tag, probe) for tag in volumes)
    else:
        outside = not any(model.gmsh.model.isInside(3, tag, probe) for tag in body)
    x, y, z = face.normal
    return (x, y, z) if outside else (-x, -y, -z)


def _angle_deg(first: Vector, second: Vector) -> float:
    """Return the angle between two directions."""
    cosine = sum(a * b for a, b in zip(first, second, strict=True)) / (math.hypot(*first) * math.hypot(*second))
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _distance_m(model: GeometryModel, face: Face, point: Vector) -> float:
    """Return how far a point is from a face."""
    tag = model.occ.addPoint(*(x * MM for x in point))
    distance = float(model.occ.getDistance(0, tag, 2, face.tag)[0]) / MM
    model.occ.remove([(0, tag)])
    return distance


def _nearest(model: GeometryModel, candidates: list[Face], selection: Selection) -> str:
    """Return what is wrong with a selection that finds nothing."""
    if selection.point is None:
        rest = "normal and box_m" if selection.normal and selection.box else "normal" if selection.normal else "box_m"
        return f"none of its {len(candidates)} exposed faces has this {rest}. Look at the model, or select by point_m."
    distance = min((_distance_m(model, face, selection.point) for face in candidates), default=math.inf)
    return (
        f"no exposed face that fits goes through point_m; the nearest face is {distance * 1e3:.4g} mm away. "
        "Move the point onto the face."
    )


__all__ = ["outward_normal", "select_faces"]
