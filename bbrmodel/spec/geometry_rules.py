"""Rules about `[geometry]` as a whole: kinds of files, and what parts say of each other."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from bbrmodel.errors import suggest
from bbrmodel.spec.base import Finding, as_mapping
from bbrmodel.spec.part_rules import own_faces

if TYPE_CHECKING:
    from bbrmodel.spec.parts import Part

STEP_SUFFIXES = (".step", ".stp")
BREP_SUFFIXES = (".brep", ".brp")
OPERATIONS = ("fuse", "intersect", "cut")


def check_cad_file(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse files of another kind, and a length unit beside a STEP file."""
    file = data.get("step_file")
    if not isinstance(file, str) or not file:
        return
    suffix = PurePath(file).suffix.lower()
    if suffix not in (*STEP_SUFFIXES, *BREP_SUFFIXES):
        rule = "must be a STEP or BREP file, named .step, .stp, .brep or .brp"
        yield Finding(("step_file",), file, rule, "A mesh goes with mesh_file; export other CAD formats as STEP")
    if suffix in STEP_SUFFIXES and data.get("length_unit_m", 1.0) != 1.0:
        rule = "means nothing for a STEP file, which says its unit itself"
        yield Finding(("length_unit_m",), data["length_unit_m"], rule, "Remove it")


def check_selection(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Refuse a selection of nothing, and a name that is not one of a surface."""
    if all(data.get(key) is None for key in ("point_m", "normal", "box_m")):
        rule, remedy = "selects nothing", "Give point_m, normal or box_m"
        yield Finding((), data, rule, remedy, ("point_m", "normal", "box_m"))
    surface = data.get("surface")
    if isinstance(surface, str) and not all(surface.partition("__")):
        yield Finding(("surface",), surface, "must be <body>__<face>", "Write the body, two underscores, and a name")


def copy_names(part: "Part") -> tuple[str, ...]:
    """Return the names of the bodies or tools that a part makes."""
    if part.pattern is None or part.pattern.together:
        return (part.name,)
    return tuple(f"{part.name}_{number}" for number in range(1, part.pattern.count + 1))


def face_names(part: "Part", parts: Mapping[str, "Part"]) -> dict[str, bool]:
    """Return the faces that a part can have after its booleans; True for those that were given their name."""
    names = dict.fromkeys(own_faces(part.__dict__), False)
    for operation in OPERATIONS:
        for tool in getattr(part, operation) or ():
            for name in copy_names(parts[tool]):
                for face, given in face_names(parts[tool], parts).items():
                    names.setdefault(face if given else f"{name}_{face}" if operation == "fuse" else name, given)
    return {part.faces.get(name, name): name in part.faces or given for name, given in names.items()}


def check_parts(items: Any, valid_part: Callable[[object], "Part | None"]) -> Iterator[Finding]:
    """Check names, references and uses of parts; parts that are wrong by themselves are passed over."""
    if not isinstance(items, list | tuple):
        return
    if not items:
        yield Finding(("parts",), [], "has no part", "Write [[geometry.parts]]")
    tables = [as_mapping(item) or {} for item in items]
    known = [str(table.get("name")) for table in tables]
    found = [valid_part(item) for item in items]
    parts = {part.name: part for part in found if part is not None}
    yield from _name_findings(found, known)
    broken = False
    for index, table in enumerate(tables):
        for finding in _reference_findings(index, table, known, parts):
            broken = True
            yield finding
    circles = [] if broken or None in found else list(_circle_findings(parts, known))
    yield from circles
    if not (broken or circles or None in found):
        yield from _face_findings(parts, known)
        yield from _use_findings(parts, known)


def _name_findings(found: list["Part | None"], known: list[str]) -> Iterator[Finding]:
    """Refuse two parts or copies of one name."""
    taken: dict[str, str] = {}
    for index, part in enumerate(found):
        for name in () if part is None else {part.name: None, **dict.fromkeys(copy_names(part))}:
            if name in taken:
                rule = f"makes '{name}', which is already the name of a part or copy of '{taken[name]}'"
                yield Finding(("parts", index, "name"), known[index], rule, "Give each part its own name")
                break
        if part is not None:
            taken |= dict.fromkeys((part.name, *copy_names(part)), part.name)


def _reference_findings(
    index: int, table: Mapping[str, Any], known: list[str], parts: Mapping[str, "Part"]
) -> Iterator[Finding]:
    """Refuse names of no part, the part itself, and parts that cannot serve."""
    for operation in OPERATIONS:
        names = table.get(operation)
        for place, name in enumerate(names if isinstance(names, list | tuple) else ()):
            location = ("parts", index, operation, place)
            other = parts.get(name) if isinstance(name, str) else None
            if name == table.get("name"):
                yield Finding(location, name, "is the part itself", "Name another part")
            elif isinstance(name, str) and name not in known:
                hint = suggest(name, known).strip() or "Add the part"
                yield Finding(location, name, "there is no part of that name", hint)
            elif other is not None and operation == "fuse" and not other.tool:
                yield Finding(location, name, "is a body, which cannot be part of another", "Give it tool = true")
            elif other is not None and operation == "intersect" and not (other.tool or other.shell):
                rule = "is a body, with which the part would then share space"
                yield Finding(location, name, rule, "Give it tool = true")


def _circle_findings(parts: Mapping[str, "Part"], known: list[str]) -> Iterator[Finding]:
    """Refuse parts that need each other."""
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> tuple[str, ...] | None:
        if name in trail:
            return (*trail[trail.index(name) :], name)
        if name in done:
            return None
        for operation in OPERATIONS:
            for other in getattr(parts[name], operation) or ():
                circle = walk(other, (*trail, name))
                if circle:
                    return circle
        done.add(name)
        return None

    for name in parts:
        circle = walk(name, ())
        if circle:
            rule = f"needs itself ({' -> '.join(circle)})"
            yield Finding(("parts", known.index(circle[0])), circle[0], rule, "Remove one of these operations")
            return


def _face_findings(parts: Mapping[str, "Part"], known: list[str]) -> Iterator[Finding]:
    """Refuse new names of faces that a part does not have."""
    for name, part in parts.items():
        bare = part.model_copy(update={"faces": {}})
        faces = face_names(bare, parts)
        for face in part.faces:
            if face not in faces:
                hint = suggest(face, faces).strip()
                place = ("parts", known.index(name), "faces", face)
                yield Finding(place, part.faces[face], f"'{name}' has no face '{face}'", hint)


def _use_findings(parts: Mapping[str, "Part"], known: list[str]) -> Iterator[Finding]:
    """Refuse tools that nobody uses, and a model of tools alone."""
    used = {name for part in parts.values() for key in OPERATIONS for name in getattr(part, key) or ()}
    for name, part in parts.items():
        if part.tool and name not in used:
            place = ("parts", known.index(name), "tool")
            yield Finding(place, True, f"no part uses '{name}'", "Name it in fuse, intersect or cut, or remove it")
    if all(part.tool for part in parts.values()) and parts:
        yield Finding(("parts",), known, "are all tools, so that nothing is left", "Remove tool = true from a body")


__all__ = ["BREP_SUFFIXES", "OPERATIONS", "STEP_SUFFIXES", "check_cad_file", "check_parts", "check_selection"]
__all__ += ["copy_names", "face_names"]
