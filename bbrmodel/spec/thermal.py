"""The tables of a case file that say how heat flows: materials, joints, links, boundary conditions, sources."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from bbrmodel.constants import STANDARD_ATMOSPHERE
from bbrmodel.spec import rules, thermal_rules
from bbrmodel.spec.base import Finding, Spec, broken_rule
from bbrmodel.spec.fields import (
    Conductance,
    Count,
    Emissivity,
    Level,
    Name,
    NotNegative,
    Number,
    Pair,
    Positive,
    Positives,
    Range,
    Temperature,
)


def _constant_as_table(value: Any) -> Any:
    """Return a bare number as the table of one value that it stands for."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"values": [value]}
    if isinstance(value, Mapping | Property):
        return value
    raise broken_rule("must be a number or a table", "Write 400.0 or {temperatures_K = [77, 293], values = [550, 400]}")


class Property(Spec):
    """A property over temperature: points joined by straight lines, or one value for all temperatures."""

    only_with = (("interpolation", "temperatures_K"),)

    values: Positives = Field(description="Values at temperatures_K; without these one value for all temperatures")
    temperatures_K: tuple[Temperature, ...] | None = Field(default=None, description="Temperatures, growing")
    interpolation: Literal["linear", "power_law"] = Field(
        default="linear", description="Between points: straight lines, or straight lines of the logarithms"
    )

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that temperatures grow and that each has a value."""
        return thermal_rules.check_property(data)


PropertyValue = Annotated[Property, BeforeValidator(_constant_as_table)]


class CustomMaterial(Spec):
    """A material of the case's own."""

    like: Name | None = Field(
        default=None, description="Library material that supplies what is not given here, finishes and contacts too"
    )
    conductivity_W_m_K: PropertyValue | None = Field(
        default=None, description="Thermal conductivity: a number or {temperatures_K, values}"
    )
    heat_capacity_J_kg_K: PropertyValue | None = Field(
        default=None, description="Specific heat capacity: a number or {temperatures_K, values}"
    )
    density_kg_m3: Positive | None = Field(default=None, description="Density")
    resistivity_ohm_m: PropertyValue | None = Field(
        default=None, description="Electrical resistivity: a number or {temperatures_K, values}"
    )
    origin: str = Field(default="given in the case", description="Where the numbers come from; listings show it")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that there is a conductivity."""
        return thermal_rules.check_material(data)


class Substance(Spec):
    """What a solid conducts heat by."""

    only_with: ClassVar[tuple[tuple[str, str], ...]] = (("conductivity_level", "material"),)

    material: Name | None = Field(default=None, description="Name of a material of the library or of [materials]")
    conductivity_W_m_K: Positive | None = Field(
        default=None, description="Thermal conductivity, the same at all temperatures"
    )
    conductivity_level: Level | None = Field(
        default=None,
        description="Where in the library's range the conductivity lies: -1 lowest, 0 (default) best, 1 highest",
    )


class Joint(Spec):
    """Heat contact where two bodies touch."""

    exactly_one = (("contact", "conductance_W_m2_K"),)
    only_with = (
        ("pressure_Pa", "contact"),
        ("contact_level", "contact"),
        ("conductance_range_W_m2_K", "conductance_W_m2_K"),
    )

    between: Pair = Field(description="The two bodies")
    contact: Name | None = Field(default=None, description="Library contact such as silver_foil")
    contact_level: Level | None = Field(
        default=None,
        description="Where in the library's range the conductance lies: -1 lowest, 0 (default) best, 1 highest",
    )
    conductance_W_m2_K: Conductance | None = Field(
        default=None, description="Heat flux per temperature step; inf: no step"
    )
    conductance_range_W_m2_K: Range | None = Field(
        default=None, description="Lowest and highest plausible value of conductance_W_m2_K; a contact has its own"
    )
    pressure_Pa: Positive | None = Field(default=None, description="Contact pressure, for contacts that depend on it")

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that the range holds the value."""
        return thermal_rules.check_conductance_range(data)


class Sink(Spec):
    """A place part way along a link that is fastened to a surface or held at a temperature."""

    exactly_one = (("surface", "temperature_K"),)

    at_m: Positive = Field(description="Distance along the link from the surface where it starts")
    surface: Name | None = Field(default=None, description="Surface or glob that the link is fastened to")
    temperature_K: Temperature | None = Field(default=None, description="Temperature that the link is fastened to")
    conductance_W_K: Positive | None = Field(
        default=None, description="Conductance of the fastening of one wire; without it there is no temperature step"
    )


class Link(Spec):
    """A wire, strap or screw: a 1-D conductor from a surface to another surface or to a temperature."""

    exactly_one = (("to", "to_temperature_K", "free_end"), ("material", "conductivity_W_m_K"))
    at_most_one = (("resistance_ohm", "resistivity_ohm_m", "resistivity_of"),)
    only_with = (
        ("resistance_ohm", "current_A"),
        ("resistivity_ohm_m", "current_A"),
        ("resistivity_of", "current_A"),
        ("surroundings_K", "side_emissivity"),
        ("side_ambient_K", "side_film_W_m2_K"),
        ("conductivity_level", "material"),
    )

    name: Name | None = Field(default=None, description="Name in the heat flows of the result")
    from_: Name = Field(alias="from", description="Surface where the link starts")
    to: Name | None = Field(default=None, description="Surface where the link ends")
    to_temperature_K: Temperature | None = Field(default=None, description="Temperature at which the link ends")
    free_end: Literal[True] | None = Field(default=None, description="True: the link ends in the vacuum")
    material: Name | None = Field(default=None, description="Name of a material of the library or of [materials]")
    conductivity_W_m_K: Positive | None = Field(
        default=None, description="Thermal conductivity, the same at all temperatures"
    )
    conductivity_level: Level | None = Field(
        default=None,
        description="Where in the library's range the conductivity lies: -1 lowest, 0 (default) best, 1 highest",
    )
    diameter_m: Positive = Field(description="Diameter of one round wire")
    length_m: Positive = Field(description="Length of one wire")
    count: Count = Field(default=1, description="Number of equal wires in parallel")
    sinks: tuple[Sink, ...] = Field(default=(), description="Places part way where the link is fastened")
    side_emissivity: Emissivity | None = Field(
        default=None, description="Grey emissivity of the wire's side, which then exchanges light with surroundings_K"
    )
    surroundings_K: Temperature | None = Field(default=None, description="Temperature of all that the side sees")
    side_film_W_m2_K: Positive | None = Field(
        default=None, description="Heat transfer coefficient of the side to a gas at side_ambient_K"
    )
    side_ambient_K: Temperature | None = Field(default=None, description="Temperature of that gas")
    current_A: NotNegative | None = Field(default=None, description="Current in each wire, rms, which heats it")
    resistance_ohm: Positive | None = Field(default=None, description="Resistance of one wire, at all temperatures")
    resistivity_ohm_m: Positive | None = Field(default=None, description="Resistivity, the same at all temperatures")
    resistivity_of: Name | None = Field(
        default=None, description="Metal of the library whose resistivity holds; without it that of the material"
    )

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check ends, sinks, and what the side needs."""
        yield from rules.check_link_ends(data)
        yield from thermal_rules.check_link(data)


class BoundaryCondition(Spec):
    """What holds a surface at a temperature or sends heat through it."""

    exactly_one = (("bath", "temperature_K", "heat_flux_W_m2", "film_W_m2_K"),)
    only_with = (
        ("ambient_K", "film_W_m2_K"),
        ("pressure_Pa", "bath"),
        ("liquid", "bath"),
        ("level_m", "bath"),
        ("vapour_film_W_m2_K", "level_m"),
        ("vapour_K", "level_m"),
    )

    surface: Name = Field(description="Surface name or glob")
    bath: Literal["ln2"] | None = Field(default=None, description="Liquid that wets the surface and boils")
    temperature_K: Temperature | None = Field(default=None, description="Temperature of the surface")
    heat_flux_W_m2: Number | None = Field(default=None, description="Heat flux into the body")
    film_W_m2_K: NotNegative | None = Field(default=None, description="Heat transfer coefficient to the ambient")
    ambient_K: Temperature | None = Field(default=None, description="Temperature of the ambient of film_W_m2_K")
    pressure_Pa: Positive = Field(default=STANDARD_ATMOSPHERE, description="Pressure above the liquid of the bath")
    liquid: Literal["boiling", "mixed"] = Field(
        default="boiling",
        description="Temperature of the liquid of the bath: that at which it boils under its own weight, growing with "
        "depth, or that of its surface at all depths",
    )
    level_m: Number | None = Field(
        default=None,
        description="Height z of the liquid's surface, above which vapour touches the wall; without it the liquid "
        "reaches the top of the surface",
    )
    vapour_film_W_m2_K: NotNegative | None = Field(
        default=None, description="Heat transfer coefficient above level_m; without it an assumed 5 W/m2/K"
    )
    vapour_K: Temperature | None = Field(
        default=None, description="Temperature of the vapour; without it that of the liquid's surface"
    )

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that a film has an ambient."""
        return rules.check_film_has_ambient(data)


class RfDrive(Spec):
    """A radio-frequency voltage across a lossy capacitor whose current runs in a metal film."""

    voltage_V: NotNegative = Field(description="Amplitude (peak) of the voltage")
    frequency_Hz: Positive = Field(description="Frequency of the drive")
    capacitance_F: Positive = Field(description="Capacitance that the voltage charges")
    loss_tangent: NotNegative | None = Field(default=None, description="Loss tangent of the dielectric")
    resistance_ohm: NotNegative | None = Field(
        default=None, description="Series resistance of the film at direct current"
    )
    film_thickness_m: Positive | None = Field(
        default=None, description="Thickness of the film; resistance then grows where the skin depth is less"
    )
    film_resistivity_ohm_m: Positive | None = Field(
        default=None, description="Resistivity of the film, which gives the skin depth"
    )

    @classmethod
    def rules(cls, data: Mapping[str, Any]) -> Iterable[Finding]:
        """Check that something is lost and that the skin depth is known."""
        return thermal_rules.check_rf(data)


class HeatSource(Spec):
    """Power that appears in a body or enters through a surface."""

    exactly_one = (("body", "surface"), ("power_W", "rf"))

    name: Name = Field(description="Name in the heat flows of the result")
    body: Name | None = Field(default=None, description="Body in which the power is spread evenly")
    surface: Name | None = Field(default=None, description="Surface over which the power is spread evenly")
    power_W: Number | None = Field(default=None, description="Power that the source supplies")
    rf: RfDrive | None = Field(default=None, description="Radio-frequency drive whose losses are the power")


__all__ = [
    "BoundaryCondition",
    "CustomMaterial",
    "HeatSource",
    "Joint",
    "Link",
    "Property",
    "RfDrive",
    "Sink",
    "Substance",
]
