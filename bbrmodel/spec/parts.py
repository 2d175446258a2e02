"""The input models of parts: simple solids that booleans and patterns combine to bodies, in the tables of a case."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bbrmodel.spec import part_rules
from bbrmodel.spec.base import Finding, Spec, broken_rule
from bbrmodel.spec.fields import Count, Direction, Flag, NotNegative, Number, Positive, Vector


def _check_name(value: Any) -> Any:
    """Refuse a name that cannot be the first or second part of `<body>__<face>`."""
    if isinstance(value, str) and part_rules.NAME.fullmatch(value):
        return value
    remedy = "Write a name like vent_cover; two underscores separate body and face"
    raise broken_rule("must be lower-case letters, digits and single underscores that start with a letter", remedy)


def _check_sizes(value: Any) -> Any:
    """Refuse everything but three positive numbers."""
    if (
        isinstance(value, list | tuple)
        and len(value) == 3
        and all(isinstance(item, int | float) and not isinstance(item, bool) and 0 < item < 1e9 for item in value)
    ):
        return value
    raise broken_rule("must be three positive numbers", "Write the edges [x, y, z]")


def _check_place(value: Any) -> Any:
    """Refuse everything but two finite numbers."""
    if (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(isinstance(item, int | float) and not isinstance(item, bool) and abs(item) < 1e9 for item in value)
    ):
        return value
    raise broken_rule("must be two finite numbers", "Write [x, y] in the plane of the plate")


def _check_names(value: Any) -> Any:
    """Refuse everything but a list of names."""
    if isinstance(value, list | tuple) and value and all(isinstance(item, str) for item in value):
        return value
    raise broken_rule("must be a list of names of parts", 'Write ["part_a", "part_b"]')


PartName = Annotated[str, BeforeValidator(_check_name)]
PartNames = Annotated[tuple[str, ...], BeforeValidator(_check_names)]
Sizes = Annotated[tuple[Number, Number, Number], BeforeValidator(_check_sizes)]
PlanePlace = Annotated[tuple[Number, Number], BeforeValidator(_check_place)]
Sides = Annotated[int, Field(strict=True, ge=6)]


class Pattern(Spec):
    """Copies of a finished part: round an axis, or along a line."""

    exactly_one = (("axis", "step_m"),)
    only_with = (("center_m", "axis"), ("step_deg", "axis"))

    count: Count = Field(description="Number of copies, the first one included; it stays where the part is")
    axis: Direction | None = Field(default=None, description="Axis round which the copies are spread")
    center_m: Vector = Field(default=(0.0, 0.0, 0.0), description="Point on the axis")
    step_deg: Number | None = Field(
        default=None, description="Angle from one copy to the next, right-handed; by default a full turn is shared"
    )
    step_m: Direction | None = Field(default=None, description="Vector from one copy to the next")
    together: Flag = Field(
        default=False, description="True: all copies are one body with the name of the part, not <name>_1 and so on"
    )


class Hole(Spec):
    """A round hole through a plate, along its thickness."""

    name: PartName | None = Field(default=None, description="Name of the hole's face; by default hole_1, hole_2, ...")
    position_m: PlanePlace = Field(description="Centre of the hole [x, y] in the plane of the plate")
    radius_m: Positive = Field(description="Radius of the hole")
    segments: Sides | None = Field(
        default=None, description="Makes it a hole with so many flat sides, of the same cross-section"
    )
    portal: Flag = Field(default=False, description="True aims rays through the hole on purpose")


class Part(Spec):
    """One solid of simple shape, or what booleans make of it."""

    name: PartName = Field(description="Name of the body, or of the tool that others use")
    kind: Literal["box", "plate", "cylinder", "tube", "cone", "sphere"] = Field(description="Shape")
    position_m: Vector = Field(
        default=(0.0, 0.0, 0.0), description="Centre of a box or sphere; centre of the bottom of the others"
    )
    anchor: Literal["bottom", "center"] | None = Field(
        default=None, description="Which point of the part position_m is, where that is not the usual one"
    )
    axis: Direction = Field(
        default=(0.0, 0.0, 1.0), description="Direction in which the part's own z axis points, from bottom to top"
    )
    turn_deg: Number = Field(default=0.0, description="Turn of the part about its own z axis, before axis tilts it")
    size_m: Sizes | None = Field(default=None, description="Edges of a box or plate along its own x, y and z")
    radius_m: Positive | None = Field(default=None, description="Radius; of a tube the outer, of a cone the lower one")
    inner_radius_m: Positive | None = Field(default=None, description="Inner radius of a tube")
    top_radius_m: NotNegative | None = Field(default=None, description="Upper radius of a cone, 0 for a tip")
    height_m: Positive | None = Field(default=None, description="Length along the part's own z axis")
    holes: tuple[Hole, ...] = Field(default=(), description="Holes through a plate")
    segments: Sides | None = Field(
        default=None, description="Makes a cylinder, tube or round plate a prism with so many sides, same cross-section"
    )
    portal: Flag = Field(
        default=False, description="True aims rays through a cylinder that is a tool, across its middle"
    )
    tool: Flag = Field(default=False, description="True: the part only serves others and vanishes")
    shell: Flag = Field(
        default=False, description="True: empty space whose outline is a surface without body, normals into the space"
    )
    fuse: PartNames | None = Field(default=None, description="Tools that are added, first of all")
    intersect: PartNames | None = Field(default=None, description="Tools that keep only what they share with the part")
    cut: PartNames | None = Field(default=None, description="Parts that are taken away, last; bodies among them remain")
    pattern: Pattern | None = Field(default=None, description="Copies of the finished part")
    faces: dict[str, PartName] = Field(
        default_factory=dict, description="Other names of faces; faces that get one name are one surface"
    )

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that the keys fit the kind of part, and each other."""
        return part_rules.check_part(data)


__all__ = ["Hole", "Part", "PartName", "Pattern"]
