"""What a run says of the ion: frozen containers of numbers; units are part of each name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class SurfaceAtIon:
    """One named surface as the ion sees it; one row of `ion.surfaces` in result.json."""

    name: str
    area_m2: float
    solid_angle_sr: float  # seen directly
    effective_solid_angle_sr: float  # 4 pi x share of the ion's light that this surface emitted
    effective_solid_angle_warm_sr: float  # the same for light of room-temperature sources alone
    effective_solid_angle_cold_sr: float  # the same for light of cold sources alone
    effective_solid_angles_sr: Mapping[str, float]  # the same in each class of light alone
    mean_temperature_K: float
    min_temperature_K: float
    max_temperature_K: float
    emissivity: float  # total hemispherical, at the surface's own temperature
    absorptivity_warm: float  # for light of room-temperature sources
    absorptivities: Mapping[str, float]  # in each class of light
    share_of_T4: float  # part of T_eff^4 that this surface's emission supplies; sums to 1
    effective_solid_angle_std_sr: float | None = None  # from rays, with a cross check only
    temperature_slope: float | None = None  # dT_eff / dT of the whole surface, absorptivities following [K/K]
    absorptivity_slopes_K: Mapping[str, float] = field(default_factory=dict)  # dT_eff / d absorptivity, where known


@dataclass(frozen=True)
class BodyAtIon:
    """All surfaces of a body together; shells and the environment stand under their own names."""

    name: str
    area_m2: float
    solid_angle_sr: float
    effective_solid_angle_sr: float
    mean_temperature_K: float  # over its facets, by area
    share_of_T4: float


@dataclass(frozen=True)
class SurfaceCheck:
    """The effective solid angle of a surface by both methods."""

    name: str
    effective_solid_angle_sr: float  # by paths
    effective_solid_angle_std_sr: float  # of the paths
    first_sr: float  # by the first method
    first_std_sr: float
    deviation_sigma: float


@dataclass(frozen=True)
class CrossCheck:
    """The effective temperature once more, by paths followed back from the ion instead of view factors."""

    paths: int
    effective_temperature_K: float
    effective_temperature_std_K: float  # of the paths alone
    deviation_sigma: float  # difference of both results in units of their common standard deviation
    surfaces: tuple[SurfaceCheck, ...] = ()  # those that both methods know to better than nothing


@dataclass(frozen=True)
class NearField:
    """How far the nearest surface is, in units of the thermal length hbar c / (k T_eff)."""

    nearest_surface: str
    distance_m: float
    thermal_length_m: float
    valid: bool  # distance of at least ten thermal lengths: light is that of geometric optics
    mirror_change: float  # relative change of <E^2> if that surface were an infinite perfect mirror


@dataclass(frozen=True)
class TensorShift:
    """Shift of one Zeeman component by the anisotropy of the field."""

    m: float
    shift_Hz: float
    fractional_shift: float
    uncertainty_Hz: float | None = None  # from the anisotropy's standard error and the tensor polarizability's


@dataclass(frozen=True)
class Anisotropy:
    """The directions of the field; A = (3 <E_z^2> / <E^2> - 1) / 2 along an axis z."""

    field_tensor: tuple[Vector, Vector, Vector]  # <E_a E_b> / <E^2>, trace 1
    lowest: float  # of A over all axes
    highest: float
    axis: Vector | None = None  # of quantisation, as in the case
    value: float | None = None  # A along it
    std: float | None = None  # of the value, from the rays of ion and exchange
    tensor_shifts: tuple[TensorShift, ...] = ()  # of the components that the clock interrogates
    tensor_remark: str = ""  # why there are none, where the clock's data have no tensor polarizability


@dataclass(frozen=True)
class FieldPoint:
    """The field at a further point; `distance_m` counts along the line, None for points of their own."""

    name: str
    position_m: Vector
    effective_temperature_K: float
    effective_temperature_std_K: float
    shift_Hz: float
    fractional_shift: float
    sum_of_weights: float
    nearest_surface: str
    nearest_surface_m: float
    distance_m: float | None = None


@dataclass(frozen=True)
class Spectrum:
    """Spectral energy density of the radiation at the ion, and what surfaces supply of it.

    `by_surface` has those with the largest shares; `energy_density_J_m3` and the field are those of all light.
    """

    frequency_Hz: tuple[float, ...]
    energy_density_J_m3_Hz: tuple[float, ...]
    by_surface: Mapping[str, tuple[float, ...]]
    energy_density_J_m3: float
    rms_field_V_m: float


@dataclass(frozen=True)
class IonField:
    """The thermal field at the ion and the clock shift that it causes."""

    position_m: Vector
    clock: str
    effective_temperature_K: float
    effective_temperature_std_K: float  # numerical, one standard deviation: rays and size of facets
    shift_Hz: float
    fractional_shift: float
    fractional_uncertainty: float  # numerical error and clock data (polarizability, dynamic correction)
    fractional_uncertainty_numerical: float
    fractional_uncertainty_clock_data: float
    dynamic_correction: float  # eta at T_eff
    sum_of_weights: float  # before anything is normalised; 1 in a closed enclosure
    surfaces: tuple[SurfaceAtIon, ...]
    cross_check: CrossCheck | None = None
    effective_temperature_rays_std_K: float | None = None  # part of the above from rays; None in older results
    effective_temperature_facets_std_K: float | None = None  # part of it from radiosity that is constant on facets
    magnetic_shift_Hz: float | None = None  # not part of shift_Hz; None where the data say nothing of it
    bodies: tuple[BodyAtIon, ...] = ()
    near_field: NearField | None = None
    anisotropy: Anisotropy | None = None
    spectrum: Spectrum | None = None
    points: tuple[FieldPoint, ...] = field(default=())


__all__ = [
    "Anisotropy",
    "BodyAtIon",
    "CrossCheck",
    "FieldPoint",
    "IonField",
    "NearField",
    "Spectrum",
    "SurfaceAtIon",
    "SurfaceCheck",
    "TensorShift",
]
