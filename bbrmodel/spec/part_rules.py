"""Rules about one part that no single field can check, and the names of its faces; on raw tables."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from bbrmodel.spec.base import Finding, as_mapping

NAME = re.compile(r"[a-z](_?[a-z0-9])*")


class Kind(NamedTuple):
    """Which keys give the shape of a kind of part, and the faces that it has."""

    needs: tuple[str, ...]
    allows: tuple[str, ...]
    faces: tuple[str, ...]


_SIDES = ("x_low", "x_high", "y_low", "y_high")
KINDS = {
    "box": Kind(("size_m",), (), (*_SIDES, "z_low", "z_high")),
    "plate": Kind(("size_m",), ("holes",), (*_SIDES, "bottom", "top")),
    "round plate": Kind(("radius_m", "height_m"), ("holes", "segments"), ("side", "bottom", "top")),
    "cylinder": Kind(("radius_m", "height_m"), ("segments", "portal"), ("side", "bottom", "top")),
    "tube": Kind(("radius_m", "inner_radius_m", "height_m"), ("segments",), ("outer", "inner", "bottom", "top")),
    "cone": Kind(("radius_m", "top_radius_m", "height_m"), (), ("side", "bottom", "top")),
    "sphere": Kind(("radius_m",), (), ("surface",)),
}
_SHAPE_KEYS = ("size_m", "radius_m", "inner_radius_m", "top_radius_m", "height_m", "holes", "segments", "portal")


def kind_of(data: Mapping[str, Any]) -> Kind | None:
    """Return what is known of the kind of a part; a plate with a radius is a round one."""
    kind = data.get("kind")
    if kind == "plate" and data.get("size_m") is None and data.get("radius_m") is not None:
        kind = "round plate"
    return KINDS.get(kind) if isinstance(kind, str) else None


def own_faces(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the faces that a part has before booleans."""
    kind = kind_of(data)
    faces = () if kind is None else kind.faces
    if data.get("kind") == "cone" and data.get("top_radius_m") == 0:
        faces = tuple(face for face in faces if face != "top")
    return (*faces, *hole_names(data))


def hole_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the holes of a plate."""
    holes = data.get("holes")
    names = []
    for number, hole in enumerate(holes if isinstance(holes, list | tuple) else (), 1):
        names.append(str((as_mapping(hole) or {}).get("name") or f"hole_{number}"))
    return tuple(names)


def check_part(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check what the table of one part says together."""
    kind = kind_of(data)
    if kind is not None:
        yield from _shape_keys(data, kind)
        yield from _radii(data)
        yield from _holes(data)
    if data.get("tool") is True and data.get("shell") is True:
        rule = "contradicts tool = true: a tool vanishes, a shell stays"
        yield Finding(("shell",), True, rule, "Keep one of the two")
    if data.get("portal") is True and kind is KINDS["cylinder"] and data.get("tool") is not True:
        rule = "is for a cylinder that cuts a hole, and this one is no tool"
        yield Finding(("portal",), True, rule, "Add tool = true or remove portal")


def _shape_keys(data: Mapping[str, Any], kind: Kind) -> Iterator[Finding]:
    """Require the keys that give the shape, refuse the others."""
    name = data["kind"]
    for key in kind.needs:
        if data.get(key) is None:
            yield Finding((), _head(data), f"a {name} needs {' and '.join(kind.needs)}", f"Add {key}", (key,))
    for key in _SHAPE_KEYS:
        given = data.get(key) not in (None, False, (), [])
        if given and key not in (*kind.needs, *kind.allows):
            known = ", ".join((*kind.needs, *kind.allows))
            yield Finding((key,), data[key], f"means nothing for a {name}", f"Remove it; a {name} has {known}")


def _head(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a table that says which one it is."""
    return {key: data[key] for key in ("name", "kind") if key in data}


def _radii(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check the two radii of a tube or cone."""
    outer, inner, top = data.get("radius_m"), data.get("inner_radius_m"), data.get("top_radius_m")
    if data.get("kind") == "tube" and _number(outer) and _number(inner) and inner >= outer:
        rule = f"must be below radius_m = {outer:g}, which is the outer one"
        yield Finding(("inner_radius_m",), inner, rule, "Exchange the two or correct one")
    if data.get("kind") == "cone" and _number(outer) and outer == top:
        yield Finding(("top_radius_m",), top, "equals radius_m, so that this is no cone", 'Write kind = "cylinder"')


def _holes(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Check that holes lie inside their plate, apart from each other, with names of their own."""
    names = hole_names(data)
    taken: list[tuple[str, tuple[float, float], float]] = []
    kind = kind_of(data)
    for number, name in enumerate(names):
        hole = as_mapping(data["holes"][number]) or {}
        location = ("holes", number)
        if name in names[:number] or (kind is not None and name in kind.faces):
            yield Finding((*location, "name"), name, "is the name of another face", "Give each hole its own name")
        place, radius = hole.get("position_m"), hole.get("radius_m")
        if not (isinstance(place, list | tuple) and len(place) == 2 and all(map(_number, place)) and _number(radius)):
            continue
        if not _fits(data, (place[0], place[1]), float(radius)):
            rule = f"with radius_m = {radius:g} reaches the edge of the plate"
            yield Finding((*location, "position_m"), place, rule, "Move the hole inwards, or cut the plate with a tool")
        for other, centre, size in taken:
            if math.hypot(place[0] - centre[0], place[1] - centre[1]) <= size + radius:
                yield Finding((*location, "position_m"), place, f"overlaps {other}", "Move the holes apart")
        taken.append((name, (place[0], place[1]), float(radius)))


def _fits(data: Mapping[str, Any], place: tuple[float, float], radius: float) -> bool:
    """Tell whether a hole lies inside the outline of its plate."""
    size, outer = data.get("size_m"), data.get("radius_m")
    if isinstance(size, list | tuple) and len(size) == 3 and all(map(_number, size)):
        return all(abs(place[k]) + radius < 0.5 * size[k] for k in (0, 1))
    return not _number(outer) or math.hypot(*place) + radius < outer


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


__all__ = ["KINDS", "NAME", "Kind", "check_part", "hole_names", "kind_of", "own_faces"]
