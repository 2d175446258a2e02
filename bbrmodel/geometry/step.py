"""Bodies from a STEP or BREP file: names of solids and faces, units, faces that survive fragmenting."""

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bbrmodel.errors import GeometryError, suggest
from bbrmodel.geometry.faces import Face, Rule, Vector
from bbrmodel.geometry.model import MM, GeometryModel, Shape
from bbrmodel.geometry.step_match import is_same
from bbrmodel.geometry.step_names import StepSolid, meaningful, read_solids
from bbrmodel.spec.geometry_rules import STEP_SUFFIXES
from bbrmodel.typing import FloatArray

_LOG = logging.getLogger(__name__)
ON_FACE_MM = 1e-4  # 0.1 um: a point of a piece of a face lies on the whole face to the kernel's tolerance


@dataclass(frozen=True)
class _Solid:
    """A solid of the kernel with what it is called."""

    tag: int
    name: str  # in the file, or solid_<number>
    faces: tuple[tuple[int, str], ...]  # tag, and name in the file or ""


def declare_cad_file(model: GeometryModel, file: Path, *, names: Mapping[str, str], unit_m: float) -> dict[str, Shape]:
    """Read the solids of a CAD file and declare them as bodies; return their shapes by name.

    Parameters
    ----------
    names
        name of the body for a name in the file; solids that get one name are one body.
    unit_m
        metres per unit of a BREP file.

    Raises
    ------
    GeometryError
        The file cannot be read or holds no solid, or a name in `names` is not in the file.
    """
    solids = _read(model, file, unit_m)
    body_of = _body_names(model, solids, names)
    shapes: dict[str, Shape] = {}
    rules: dict[str, list[Rule]] = defaultdict(list)
    for solid in solids:
        body = body_of[solid.tag]
        shapes[body] = (*shapes.get(body, ()), (3, solid.tag))
        copies = model.keep_for_rules([(2, tag) for tag, _ in solid.faces])
        for (_, name), (_, copy) in zip(solid.faces, copies, strict=True):
            label = snake_case(name) if meaningful(name) else ""
            rules[body].append((label or f"face_{len(rules[body]) + 1}", _lies_on(model, copy)))
    model.occ.synchronize()
    for body, shape in shapes.items():
        model.body(body, shape, faces=rules[body], size=1.0)  # the size is set later, for all bodies alike
    return shapes


def snake_case(name: str) -> str:
    """Return a name in the form of this program: lower case, single underscores, a letter first; "" if none is left."""
    text = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return f"n{text}" if text[:1].isdigit() else text


def _read(model: GeometryModel, file: Path, unit_m: float) -> list[_Solid]:
    """Import the solids in millimetres."""
    is_step = file.suffix.lower() in STEP_SUFFIXES
    option = model.gmsh.option
    option.setString("Geometry.OCCTargetUnit", "MM")
    option.setNumber("Geometry.OCCScaling", 1.0 if is_step else unit_m * MM)
    try:
        imported = model.occ.importShapes(str(file), highestDimOnly=True)
    except Exception as error:  # the kernel raises plain exceptions
        raise GeometryError(f"{model.name}: '{file}' cannot be read ({error}). Export it again.") from error
    finally:
        option.setNumber("Geometry.OCCScaling", 1.0)
    model.occ.synchronize()
    tags = [int(tag) for dim, tag in imported if dim == 3]
    if not tags:
        kinds = {2: "surfaces", 1: "curves", 0: "points"}
        held = kinds.get(max((dim for dim, _ in imported), default=-1), "nothing")
        raise GeometryError(f"{model.name}: '{file}' holds {held}, no solid. Export closed solids.")
    return _named(model, tags, read_solids(file) if is_step else [])


def _named(model: GeometryModel, tags: list[int], found: list[StepSolid]) -> list[_Solid]:
    """Give solids and faces of the kernel the names that the file has for them."""
    faces = {tag: [int(face) for face in model.gmsh.model.getAdjacencies(3, tag)[1]] for tag in tags}
    matched = _match(model, faces, found)
    per_product = Counter(solid.product for solid in found)
    solids, taken = [], set[str]()
    for number, tag in enumerate(tags, 1):
        entry = matched[tag]
        name = f"solid_{number}"
        labels = [""] * len(faces[tag])
        if entry is not None:
            options = [entry.product, entry.name] if per_product[entry.product] == 1 else [entry.name, entry.product]
            name = next((option for option in options if meaningful(option) and snake_case(option)), name)
            labels = [label for label, _ in entry.faces]
        base, count = name, 1
        while snake_case(name) in taken:
            count += 1
            name = f"{base} {count}"
        taken.add(snake_case(name))
        solids.append(_Solid(tag, name, tuple(zip(faces[tag], labels, strict=True))))
    return solids


def _match(model: GeometryModel, faces: Mapping[int, list[int]], found: list[StepSolid]) -> dict[int, StepSolid | None]:
    """Return the entry of the file for each solid of the kernel, None where the two do not agree.

    The kernel keeps the order of the file, and repeats a part that stands in several places of an assembly; entries
    are told apart by the product's name in the kernel's label, and checked by kind and corners of each face.
    """
    free = list(found)
    result: dict[int, StepSolid | None] = {}
    for tag, own in faces.items():
        kinds = [model.gmsh.model.getType(2, face) for face in own]
        label = model.gmsh.model.getEntityName(3, tag).rpartition("/")[2]
        corners = [_corners(model, face) for face in own] if found else []
        fitting = [entry for entry in found if is_same(entry, kinds, corners)]
        fitting = [entry for entry in fitting if entry.product == label] or fitting
        entry = next((entry for entry in free if entry in fitting), fitting[0] if fitting else None)
        if entry in free:
            free.remove(entry)
        result[tag] = entry
    strangers = [tag for tag, entry in result.items() if entry is None]
    if found and strangers:
        text = "%s: %d of %d solids are not recognised in the text of the file and get systematic names"
        _LOG.warning(text, model.name, len(strangers), len(result))
    return result


def _corners(model: GeometryModel, face: int) -> FloatArray:
    """Return the corners of a face of the kernel, mm, shape (n, 3)."""
    points = {abs(int(tag)) for _, tag in model.gmsh.model.getBoundary([(2, face)], recursive=True)}
    places: FloatArray = np.array([model.gmsh.model.getValue(0, tag, []) for tag in points]).reshape(-1, 3)
    return places


def _body_names(model: GeometryModel, solids: list[_Solid], names: Mapping[str, str]) -> dict[int, str]:
    """Return the body that each solid belongs to."""
    known = {text for solid in solids for text in (solid.name, snake_case(solid.name))}
    for name in names:
        if name not in known:
            raise GeometryError(
                f"{model.name}: geometry.names.\"{name}\" = '{names[name]}': the file has no solid of that name."
                f"{suggest(name, [solid.name for solid in solids])}"
            )
    result = {}
    for number, solid in enumerate(solids, 1):
        plain = snake_case(solid.name) or f"solid_{number}"
        result[solid.tag] = names.get(solid.name) or names.get(plain) or plain
    return result


def _lies_on(model: GeometryModel, face: int) -> Callable[[Face], bool]:
    """Return the rule that a face is a piece of a face of the file."""
    box: list[float] = []

    def rule(piece: Face) -> bool:
        if not box:
            box.extend(model.occ.getBoundingBox(2, face))
        if piece.kind != model.gmsh.model.getType(2, face):
            return False
        return all(_is_on(model, face, point, box) for point in piece.points or (piece.centre,))

    return rule


def _is_on(model: GeometryModel, face: int, point: Vector, box: list[float]) -> bool:
    """Tell whether a point, m, lies on a trimmed face."""
    place = [x * MM for x in point]
    if any(place[k] < box[k] - ON_FACE_MM or place[k] > box[k + 3] + ON_FACE_MM for k in range(3)):
        return False
    foot, parameters = model.gmsh.model.getClosestPoint(2, face, place)
    if float(np.linalg.norm(np.asarray(foot) - place)) > ON_FACE_MM:
        return False
    return bool(model.gmsh.model.isInside(2, face, parameters, parametric=True))


__all__ = ["declare_cad_file", "snake_case"]
