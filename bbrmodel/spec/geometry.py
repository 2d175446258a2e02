"""The input model of `[geometry]`: where the mesh of a case comes from."""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from bbrmodel.spec import geometry_rules
from bbrmodel.spec.base import Finding, Spec, broken_rule
from bbrmodel.spec.fields import Direction, FiniteScalar, Name, Positive, Vector
from bbrmodel.spec.parts import Part, PartName


def _check_box(value: Any) -> Any:
    """Refuse everything but a lower and an upper corner."""
    if isinstance(value, list | tuple) and len(value) == 2:
        return value
    raise broken_rule("must be two corners", "Write [[x, y, z], [x, y, z]], lower and upper one")


Box = Annotated[tuple[Vector, Vector], BeforeValidator(_check_box)]


class FaceSelection(Spec):
    """A name for faces that are found by where they are; all that is given must hold."""

    surface: Name = Field(description="Name <body>__<face> that the faces get")
    point_m: Vector | None = Field(default=None, description="Point on the face, to 10 um")
    normal: Direction | None = Field(
        default=None, description="Direction of the normal of flat faces, out of the body, to 1 degree"
    )
    box_m: Box | None = Field(default=None, description="Lower and upper corner of a box that holds the whole face")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that something selects."""
        return geometry_rules.check_selection(data)


class Geometry(Spec):
    """Where the mesh comes from: a builder of an apparatus, a mesh file, a CAD file, or parts."""

    exactly_one = (("apparatus", "mesh_file", "step_file", "parts"),)
    only_with = (
        ("parameters", "apparatus"),
        ("resolution", "apparatus|step_file|parts"),
        ("length_unit_m", "mesh_file|step_file"),
        ("names", "step_file"),
        ("faces", "step_file|parts"),
        ("mesh_size_m", "step_file|parts"),
        ("mesh_sizes_m", "step_file|parts"),
    )

    apparatus: Name | None = Field(default=None, description="Name of a geometry builder")
    mesh_file: Name | None = Field(
        default=None, description="MSH file with named physical groups, relative to the case file"
    )
    step_file: Name | None = Field(default=None, description="STEP or BREP file of solids, relative to the case file")
    parts: tuple[Part, ...] | None = Field(default=None, description="Simple solids, combined")
    parameters: dict[str, FiniteScalar] = Field(
        default_factory=dict, description="Dimensions and choices of the builder that differ from its defaults"
    )
    resolution: Literal["coarse", "default", "fine"] = Field(
        default="default", description="Fineness of a generated mesh"
    )
    refinements: int = Field(
        default=0,
        ge=0,
        le=4,
        strict=True,
        description="How often each tetrahedron is cut into eight and each triangle into four, once the mesh is made",
    )
    length_unit_m: Positive = Field(
        default=1.0,
        description="Metres per length unit of the mesh file or BREP file, 0.001 for millimetres; STEP says it itself",
    )
    names: dict[str, PartName] = Field(
        default_factory=dict, description="Name of the body for a name in the CAD file; one name for several is a body"
    )
    faces: tuple[FaceSelection, ...] = Field(default=(), description="Names of faces by place; before all others")
    mesh_size_m: Positive | None = Field(
        default=None, description="Largest edge of the mesh at the default resolution; thin bodies are meshed finer"
    )
    mesh_sizes_m: dict[str, Positive] = Field(
        default_factory=dict, description="The same for a body or surface by name or glob, as it is"
    )

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check the CAD file's kind and what the parts say of each other."""
        return chain(geometry_rules.check_cad_file(data), geometry_rules.check_parts(data.get("parts"), _valid_part))


def _valid_part(item: object) -> Part | None:
    """Return a part, None where something about it alone is wrong."""
    if isinstance(item, Part):
        return item
    try:
        return Part.model_validate(item)
    except ValueError:
        return None


__all__ = ["FaceSelection", "Geometry"]
