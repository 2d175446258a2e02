"""What a run produces: frozen containers of plain arrays and numbers, free of dolfinx and gmsh types."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bbrmodel.solution_ion import (
    Anisotropy,
    BodyAtIon,
    CrossCheck,
    FieldPoint,
    IonField,
    NearField,
    Spectrum,
    SurfaceAtIon,
    SurfaceCheck,
    TensorShift,
)
from bbrmodel.typing import FloatArray, IntArray


@dataclass(frozen=True)
class BodyTemperature:
    """Volume mean and extremes of a body's temperature, K."""

    name: str
    material: str
    min_K: float
    mean_K: float
    max_K: float


@dataclass(frozen=True)
class SensorReading:
    """Temperature where a named thermometer sits."""

    name: str
    body: str
    position_m: tuple[float, float, float]
    temperature_K: float


@dataclass(frozen=True)
class EnergyBalance:
    """Sum of all heat that enters the bodies, which must vanish in a steady state."""

    residual_W: float
    relative: float  # of the largest heat flow


@dataclass(frozen=True)
class JointFlow:
    """Heat through a joint, from the first body to the second, and its mean temperature step."""

    between: tuple[str, str]
    conductance_W_m2_K: float
    area_m2: float
    heat_W: float
    temperature_step_K: float
    max_temperature_step_K: float | None = None  # largest of any place, by size; None in older results
    conductance_low_W_m2_K: float | None = None  # plausible limits of the conductance; None where nobody gives them
    conductance_high_W_m2_K: float | None = None
    contact: str = ""  # entry of the library, or "given"


@dataclass(frozen=True)
class SinkFlow:
    """Heat from a link into what it is fastened to part way."""

    at_m: float
    fastened_to: str  # surface, or "temperature"
    heat_W: float
    temperature_K: float  # of what it is fastened to
    link_temperature_K: float


@dataclass(frozen=True)
class LinkFlow:
    """Heat along a link (all its wires), and its temperatures.

    `heat_W` enters the surface where it starts, `heat_to_W` what it ends at; with those of the sinks they sum to
    `joule_W` + `side_W`.
    """

    name: str
    heat_W: float
    temperature_from_K: float
    temperature_to_K: float
    heat_to_W: float = 0.0
    joule_W: float = 0.0  # from its current
    side_W: float = 0.0  # absorbed through its side, less what that emits
    max_temperature_K: float | None = None  # along the link; None in older results
    sinks: tuple[SinkFlow, ...] = ()


@dataclass(frozen=True)
class SourcePower:
    """Power of a heat source that follows from a radio-frequency drive, and its parts."""

    name: str
    power_W: float
    dielectric_W: float
    ohmic_W: float
    current_A: float  # amplitude
    resistance_ratio: float  # of the film, at the drive's frequency over direct current
    skin_depth_m: float | None = None  # None where the film's resistivity is not given


@dataclass(frozen=True)
class CryogenBath:
    """What the bath receives; heat into the liquid boils it off, heat into the vapour leaves with that."""

    surface: str
    heat_load_W: float
    boil_off_L_per_day: float
    saturation_temperature_K: float  # at the liquid's surface
    vapour_heat_W: float = 0.0  # part of heat_load_W that the vapour takes
    wetted_area_m2: float | None = None  # None in older results
    largest_flux_W_m2: float | None = None  # into the liquid, of any facet


@dataclass(frozen=True)
class ThermalState:
    """The temperature field and its bookkeeping."""

    node_temperature_K: FloatArray  # (num_nodes,), nodes of the split mesh
    facet_temperature_K: FloatArray  # (num_facets,), fourth root of the facet mean of T^4
    bodies: tuple[BodyTemperature, ...]
    heat_flows_W: Mapping[str, float]  # into the bodies, by boundary, link, source; sums to the residual
    energy_balance: EnergyBalance
    sensors: tuple[SensorReading, ...]
    joints: tuple[JointFlow, ...]
    baths: tuple[CryogenBath, ...]
    residual_history_W: tuple[float, ...]
    links: tuple[LinkFlow, ...] = ()
    net_radiation_W: Mapping[str, float] = field(default_factory=dict)  # absorbed less emitted, by surface
    sources: tuple[SourcePower, ...] = ()  # of radio-frequency drives


@dataclass(frozen=True)
class MeshReport:
    """Size and quality of the mesh that was solved on."""

    nodes: int
    cells: int
    facets: int
    min_quality: float  # radius ratio 3 r_in/r_circum of tetrahedra, 1 = regular
    mean_quality: float
    min_facet_quality: float  # 2 r_in/r_circum of radiating triangles, 1 = equilateral
    content_hash: str


@dataclass(frozen=True)
class LightReport:
    """One class of light and how it is followed.

    Attributes
    ----------
    name
        "warm", "cold", "all", or "band_1" and so on from the shortest wavelengths.
    shortest_wavelength_m, longest_wavelength_m
        Limits of a band; None where there is none.
    method
        "view factors", "mirrors" or "paths".
    """

    name: str
    shortest_wavelength_m: float | None
    longest_wavelength_m: float | None
    method: str


@dataclass(frozen=True)
class RadiationReport:
    """How the exchange was obtained and how far raw counting was from the exact identities.

    Of the last class of light that has view factors; where all are followed by paths, what paths do not tell is None.
    """

    facets: int
    rays: int
    nonzeros: int | None
    escaped_fraction: float  # of all radiating area x view, to the declared environment
    lost_rays: int | None  # slipped between facets; more than 1e-5 of all is an error
    row_sum_deviation_before: float | None  # max |sum_j F_ij - 1| of the pooled factors, area-weighted rows
    row_sum_deviation_after: float
    reciprocity_deviation_before: float | None  # sum |A_i F_ij - A_j F_ji| / sum A_i F_ij of one-sided counts
    reciprocity_deviation_after: float
    from_cache: bool
    lights: tuple[LightReport, ...] = ()


@dataclass(frozen=True)
class EnclosurePart:
    """Facets that exchange light with each other, directly or by way of others, and with no facet outside.

    Attributes
    ----------
    name
        The surface with the largest area in the part; a number is added where two parts would share a name.
    surfaces
        Names of all surfaces with facets in the part.
    facets
        Number of facets.
    area_m2
        Area of the facets.
    open
        True where some of the light leaves the model.
    """

    name: str
    surfaces: tuple[str, ...]
    facets: int
    area_m2: float
    open: bool


@dataclass(frozen=True)
class RadiatingFacets:
    """The radiating triangles of a solution, for pictures and tables."""

    vertices_m: FloatArray  # (num_facets, 3, 3)
    area_m2: FloatArray  # (num_facets,)
    surface: IntArray  # (num_facets,), index into `surface_names`
    surface_names: tuple[str, ...]
    weight_at_ion: FloatArray | None = None  # (num_facets,), effective solid angle / 4 pi
    seen_at_ion: FloatArray | None = None  # (num_facets,), direct solid angle / 4 pi
    slope_at_ion: FloatArray | None = None  # (num_facets,), dT_eff / dT of the facet, absorptivities following [K/K]
    weight_at_ion_by_light: Mapping[str, FloatArray] = field(default_factory=dict)  # as above, in each class of light


@dataclass(frozen=True)
class SolidMesh:
    """The tetrahedra of a solution (nodes already split at joints)."""

    points_m: FloatArray  # (num_nodes, 3)
    cells: IntArray  # (num_cells, 4)
    cell_body: IntArray  # (num_cells,), index into `body_names`
    body_names: tuple[str, ...]


@dataclass(frozen=True)
class TimeSeries:
    """What a run in time found after every step; each series has one number for each of `times_s`.

    Attributes
    ----------
    times_s
        Beginning, and the end of every step.
    step_s, step_error_K, energy_balance
        Length of the step that ends there, the error of temperature that it is estimated to have added, and stored heat
        less heat that entered, as a part of the largest heat; zero at the beginning.
    effective_temperature_K, shift_Hz, fractional_shift
        At the ion; None without one.
    sensors_K, bodies_K
        Temperatures by sensor, and volume means by body.
    heat_flows_W
        Heat into the bodies by path; their sum is what the bodies store.
    boil_off_L_per_day, levels_m
        By surface of the bath; levels only of those that are followed.
    schedules
        Scheduled values by key.
    steps, rejected_steps
        Numbers of steps that were accepted, and of tries that were not.
    """

    times_s: tuple[float, ...]
    step_s: tuple[float, ...]
    step_error_K: tuple[float, ...]
    energy_balance: tuple[float, ...]
    effective_temperature_K: tuple[float, ...] | None
    shift_Hz: tuple[float, ...] | None
    fractional_shift: tuple[float, ...] | None
    sensors_K: Mapping[str, tuple[float, ...]]
    bodies_K: Mapping[str, tuple[float, ...]]
    heat_flows_W: Mapping[str, tuple[float, ...]]
    boil_off_L_per_day: Mapping[str, tuple[float, ...]]
    levels_m: Mapping[str, tuple[float, ...]]
    schedules: Mapping[str, tuple[float, ...]]
    steps: int
    rejected_steps: int


@dataclass(frozen=True)
class Solution:
    """Everything that a run computed; of a run in time, the state at its end."""

    case_name: str
    solid: SolidMesh
    facets: RadiatingFacets
    thermal: ThermalState
    mesh: MeshReport
    radiation: RadiationReport | None
    ion: IonField | None
    timings_s: Mapping[str, float]
    warnings: tuple[str, ...] = field(default=())
    enclosures: tuple[EnclosurePart, ...] = field(default=())
    time: TimeSeries | None = None


__all__ = [
    "Anisotropy",
    "BodyAtIon",
    "BodyTemperature",
    "CrossCheck",
    "CryogenBath",
    "EnclosurePart",
    "EnergyBalance",
    "FieldPoint",
    "IonField",
    "JointFlow",
    "LightReport",
    "LinkFlow",
    "MeshReport",
    "NearField",
    "RadiatingFacets",
    "RadiationReport",
    "SensorReading",
    "SinkFlow",
    "SolidMesh",
    "Solution",
    "SourcePower",
    "Spectrum",
    "SurfaceAtIon",
    "SurfaceCheck",
    "TensorShift",
    "ThermalState",
    "TimeSeries",
]
