"""The input models of a case: one class per table of the case file.

Lengths are in metres, temperatures in kelvin; the unit is part of each key. Optional keys are None when not given.
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from bbrmodel.spec import rules
from bbrmodel.spec.base import Finding, Spec
from bbrmodel.spec.fields import (
    Count,
    Direction,
    FileName,
    Flag,
    Fraction,
    Name,
    NotNegative,
    Positive,
    Positives,
    Scalar,
    Temperature,
    Vector,
    Whole,
)
from bbrmodel.spec.geometry import Geometry
from bbrmodel.spec.ion import Ion
from bbrmodel.spec.optics import Optics, check_bands, check_edges, check_optics
from bbrmodel.spec.thermal import BoundaryCondition, CustomMaterial, HeatSource, Joint, Link, Substance
from bbrmodel.spec.time import BathLevel, Schedule, Time, check_time
from bbrmodel.spec.uncertain import Limits, Uncertain


class Body(Optics, Substance):
    """What a 3-D physical group is made of, and how its surfaces look that have no optics of their own."""

    exactly_one = (("material", "conductivity_W_m_K"),)
    only_with = (*Optics.only_with, *Substance.only_with)

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that a finish says of which material it is, and what the optics say together."""
        return chain(rules.check_body_finish(data), check_optics(data))


class Surface(Optics):
    """How a surface, or each surface that a glob matches, takes part in the exchange of radiation."""

    specularity: Fraction | None = Field(
        default=None, description="Part of the reflected light that is reflected as by a mirror, 0 (default) to 1"
    )
    radiates: Flag | None = Field(default=None, description="False takes the surface out of the enclosure")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that the entry says something, and what the optics say together."""
        return chain(rules.check_surface_says_something(data), check_optics(data))


class Sensor(Spec):
    """A thermometer: a point whose temperature the result reports."""

    only_with = (("calibration_K", "reading_K"), ("offset_K", "reading_K"))

    name: Name = Field(description="Name in the result")
    body: Name = Field(description="Body in which the point lies")
    position_m: Vector = Field(description="Point [x, y, z]")
    reading_K: Temperature | None = Field(default=None, description="What the thermometer reads")
    calibration_K: Positive | None = Field(
        default=None, description="Standard uncertainty of its calibration; without it an assumed 0.1 K"
    )
    offset_K: Limits | None = Field(
        default=None,
        description="Lowest and highest of reading minus temperature of the part, as leads and self-heating make it",
    )


class Portal(Spec):
    """A small opening that rays are aimed at on purpose, because few would find it by chance."""

    name: Name = Field(description="Name of the opening")
    center_m: Vector = Field(description="Centre [x, y, z]")
    normal: Direction = Field(description="Direction through the opening; its length does not matter")
    radius_m: Positive = Field(description="Radius of a disc that covers the opening")


class Radiation(Spec):
    """How the exchange of radiation is computed."""

    rays_per_facet: int = Field(default=1000, ge=16, strict=True, description="Rays that leave each radiating triangle")
    paths_per_facet: int = Field(
        default=128,
        ge=16,
        strict=True,
        description="Paths that leave each radiating triangle in bands in which light passes something or depends on "
        "direction",
    )
    seed: Whole = Field(default=1, description="Seed of the ray directions")
    band_edges_m: Positives | None = Field(
        default=None,
        description="Wavelengths between bands of light, growing; without it light of warm and of cold sources is "
        "distinguished instead",
    )
    environment_temperature_K: Temperature | None = Field(
        default=None, description="Temperature behind the openings; without it the enclosure must be closed"
    )
    portal_rays: int = Field(default=200_000, ge=0, strict=True, description="Rays through each small opening")
    portal_facet_ratio: NotNegative = Field(
        default=0.2,
        description="Longest edge of radiating triangles in the bore of a small opening over its radius; those of the "
        "mesh that are larger are cut for the exchange, around it to twice that part of (radius + distance); 0: none",
    )
    portals: tuple[Portal, ...] = Field(
        default=(), description="Small openings besides those that the builder declares"
    )

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that each portal has its own name and that band edges grow."""
        return chain(rules.check_unique_names(data, ("portals",)), check_edges(data))


class Solver(Spec):
    """How temperatures are represented, and when the iteration for them stops."""

    relative_tolerance: float = Field(
        default=1e-8, gt=0.0, lt=1.0, strict=True, description="Energy residual as a part of the largest heat flow"
    )
    max_iterations: Count = Field(default=50, description="Newton steps before the run is given up")
    degree: Literal[1, 2] = Field(
        default=1, description="Temperatures are linear (1) or quadratic (2) in each cell of the mesh"
    )


class Case(Spec):
    """A whole case. Two cases are equal if they say the same, whatever files they came from."""

    schema_version: Literal[1] = Field(description="Version of the file format; this program reads version 1")
    name: FileName = Field(description="Short name of letters, digits, _ - and . that also names the result directory")
    description: str = Field(default="", description="What the case is about")
    parameters: dict[str, Scalar] = Field(
        default_factory=dict, description='Values that are used elsewhere in the file as "$name"'
    )
    geometry: Geometry = Field(description="Source of the mesh")
    materials: dict[str, CustomMaterial] = Field(
        default_factory=dict, description="Materials besides those of the library"
    )
    bodies: dict[str, Body] = Field(default_factory=dict, description="Material of each 3-D physical group")
    surfaces: dict[str, Surface] = Field(
        default_factory=dict, description="Optics by surface name or glob; a name beats a glob, a later glob an earlier"
    )
    joints: tuple[Joint, ...] = Field(default=(), description="Contacts between bodies; bodies without one are tied")
    links: tuple[Link, ...] = Field(default=(), description="Wires, straps and screws")
    boundary_conditions: tuple[BoundaryCondition, ...] = Field(
        default=(), description="Temperatures, baths, fluxes, films"
    )
    heat_sources: tuple[HeatSource, ...] = Field(default=(), description="Powers")
    sensors: tuple[Sensor, ...] = Field(default=(), description="Thermometers")
    uncertain: tuple[Uncertain, ...] = Field(default=(), description="How well inputs are known")
    radiation: Radiation | None = Field(
        default=None, description="Exchange of radiation; without it heat is only conducted"
    )
    ion: Ion | None = Field(default=None, description="The ion; without it only temperatures are computed")
    solver: Solver = Field(default_factory=Solver, description="Degree of the temperatures and stopping rule")
    time: Time | None = Field(default=None, description="A run in time; without it the steady state is computed")
    schedules: tuple[Schedule, ...] = Field(default=(), description="Values that change with time")
    levels: tuple[BathLevel, ...] = Field(default=(), description="Levels of baths that fall as the liquid boils off")
    source: Path | None = Field(default=None, exclude=True, repr=False, description="File that the case was read from")

    _raw: dict[str, Any] | None = PrivateAttr(None)  # the tables before "$name" was replaced, for later overrides

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check what several tables say together."""
        return chain(rules.check_case(data), check_bands(data), check_time(data))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and self.model_dump() == other.model_dump()

    __hash__ = None  # type: ignore[assignment]

    def raw_tables(self) -> Mapping[str, Any]:
        """Return the tables as they were written, with references to parameters; empty for a case made in Python."""
        return self._raw or {}

    @property
    def mesh_path(self) -> Path | None:
        """The mesh file, relative names taken from the directory of the case file; None where a mesh is made."""
        return self._beside(self.geometry.mesh_file)

    @property
    def step_path(self) -> Path | None:
        """The CAD file, like the mesh file; None where the mesh comes from elsewhere."""
        return self._beside(self.geometry.step_file)

    def _beside(self, name: str | None) -> Path | None:
        """Return the path of a file whose name counts from the directory of the case file."""
        if name is None:
            return None
        base = self.source.parent if self.source is not None else Path()
        return base / Path(name).expanduser()


__all__ = [
    "BathLevel",
    "Body",
    "BoundaryCondition",
    "Case",
    "CustomMaterial",
    "Geometry",
    "HeatSource",
    "Ion",
    "Joint",
    "Link",
    "Portal",
    "Radiation",
    "Schedule",
    "Sensor",
    "Solver",
    "Surface",
    "Time",
]
