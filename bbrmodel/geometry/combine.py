"""From the parts of a case to bodies and shells: booleans, patterns, and names of faces that survive both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from bbrmodel.errors import GeometryError
from bbrmodel.geometry.faces import Face, Rule, everything
from bbrmodel.geometry.model import GeometryModel, Portal, Shape
from bbrmodel.geometry.solids import Frame, Test, build_solid, own_tests, pattern_frames, portals_of
from bbrmodel.spec.geometry_rules import OPERATIONS, copy_names
from bbrmodel.spec.parts import Part
from bbrmodel.typing import BoolArray, FloatArray

NO_VOLUME_M3 = 1e-15  # a cube of 10 um: a cut that takes less away misses its target
UNITY = Frame(np.eye(3), np.zeros(3))


class NamedTest(NamedTuple):
    """A face of a part: its name, whether the user gave it, and the test whether points lie on it."""

    name: str
    given: bool
    test: Test


@dataclass(frozen=True)
class _Context:
    """The model that is being built and all parts by name."""

    model: GeometryModel
    parts: Mapping[str, Part]

    def error(self, part: Part, text: str) -> GeometryError:
        """Return an error about one part."""
        return GeometryError(f"{self.model.name}: geometry.parts.{part.name}: {text}")


def declare_parts(model: GeometryModel, parts: Sequence[Part]) -> dict[str, Shape]:
    """Build all parts that stay and declare them as bodies and voids of the model; return their shapes by name.

    Raises
    ------
    GeometryError
        The kernel cannot build a part, or an operation changes nothing or leaves nothing.
    """
    context = _Context(model, {part.name: part for part in parts})
    shapes: dict[str, Shape] = {}
    for part in parts:
        if part.tool:
            continue
        tests = named_tests(context.parts, part)
        found = dict[str, Shape]()
        frames = pattern_frames(part)
        names = copy_names(part) if len(copy_names(part)) == len(frames) else copy_names(part) * len(frames)
        rules: dict[str, list[Rule]] = {}
        for name, frame in zip(names, frames, strict=True):
            found[name] = (*found.get(name, ()), *frame.place(model, _finished(context, part)))
            rules.setdefault(name, []).extend((test.name, _rule(test.test, frame)) for test in tests)
        for name, shape in found.items():
            _declare(model, part, name, (shape, rules[name]))
        shapes |= found
    portals = [portal for part in parts if not part.tool for portal in _portals(context.parts, part, UNITY)]
    model.portals += {portal.name: portal for portal in portals}.values()
    return shapes


def _declare(model: GeometryModel, part: Part, name: str, made: tuple[Shape, list[Rule]]) -> None:
    """Declare one copy as a body or as a void with walls."""
    shape, rules = made
    rules = [*rules, ("other", everything)]  # faces too narrow to be told
    if part.shell:
        model.void(f"{name}__space", shape, walls=(name, rules))
    else:
        model.body(name, shape, faces=rules, size=1.0)  # the size is set later, for all bodies alike


def _rule(test: Test, frame: Frame) -> Callable[[Face], bool]:
    """Return the rule that a face lies on the face of a part that `frame` has moved."""

    def rule(face: Face) -> bool:
        points = np.asarray(face.points or (face.point,))
        return bool(test(frame.local(points)).all())

    return rule


def _moved(test: Test, frame: Frame) -> Test:
    def moved(points: FloatArray) -> BoolArray:
        return test(frame.local(points))

    return moved


def named_tests(parts: Mapping[str, Part], part: Part) -> list[NamedTest]:
    """Return the faces that a finished part can have, in the order in which they claim a place.

    A face keeps its name through booleans: the part's own, `<tool>_<face>` for what is fused on, and the tool's name
    for all that a tool cuts, unless the tool's `faces` give another one.
    """
    found = [NamedTest(name, False, test) for name, test in own_tests(part).items()]
    for operation in OPERATIONS:
        for tool in getattr(part, operation) or ():
            inner = named_tests(parts, parts[tool])
            frames = pattern_frames(parts[tool])
            names = copy_names(parts[tool])
            for number, frame in enumerate(frames):
                copy = names[number % len(names)]
                for name, given, test in inner:
                    label = name if given else f"{copy}_{name}" if operation == "fuse" else copy
                    found.append(NamedTest(label, given, _moved(test, frame)))
    return [NamedTest(part.faces.get(name, name), given or name in part.faces, test) for name, given, test in found]


def _finished(context: _Context, part: Part) -> Shape:
    """Return the shape of a part after its booleans, without its copies."""
    model = context.model
    try:
        shape = build_solid(model, part)
        if part.fuse:
            shape = model.fuse(shape, *_copies(context, part.fuse))
        for name in part.intersect or ():
            tool = _copies(context, [name])
            shape = model.intersect(shape, tool[0] if len(tool) == 1 else model.fuse(*tool))
            _check_left(context, part, shape, f"intersect with '{name}'")
        for name in part.cut or ():
            before = model.volume(shape)
            shape = model.cut(shape, *_copies(context, [name]))
            _check_left(context, part, shape, f"cut by '{name}'")
            if before - model.volume(shape) < NO_VOLUME_M3:
                raise context.error(part, f"cut = '{name}': takes nothing away, they do not overlap. Move one of them.")
    except GeometryError:
        raise
    except Exception as error:  # the kernel raises plain exceptions
        remedy = "Change a number of it or of its tools."
        raise context.error(part, f"the kernel cannot build it ({error}). {remedy}") from error
    return shape


def _check_left(context: _Context, part: Part, shape: Shape, operation: str) -> None:
    """Raise if an operation leaves nothing."""
    if not shape or context.model.volume(shape) < NO_VOLUME_M3:
        raise context.error(part, f"nothing is left of it after {operation}. Move one of them or change its size.")


def _copies(context: _Context, names: Sequence[str]) -> list[Shape]:
    """Return new shapes of all copies of some parts."""
    return [
        frame.place(context.model, _finished(context, context.parts[name]))
        for name in names
        for frame in pattern_frames(context.parts[name])
    ]


def _after(first: Frame, second: Frame) -> Frame:
    """Return the frame that moves as `first`, then as `second`."""
    return Frame(second.matrix @ first.matrix, second.matrix @ first.origin + second.origin)


def _portals(parts: Mapping[str, Part], part: Part, outer: Frame) -> list[Portal]:
    """Return the openings of all copies of a part and of the tools that cut it."""
    found = []
    names = copy_names(part)
    for number, inner in enumerate(pattern_frames(part)):
        frame = _after(inner, outer)
        name = names[number] if part.pattern is None or not part.pattern.together else f"{part.name}_{number + 1}"
        found += portals_of(part, name, frame)
        for tool in part.cut or ():
            if parts[tool].tool:
                own = f"{names[number]}_" if part.pattern is not None and not part.pattern.together else ""
                found += [replace(p, name=f"{own}{p.name}") for p in _portals(parts, parts[tool], frame)]
    return found


__all__ = ["NamedTest", "declare_parts", "named_tests"]
