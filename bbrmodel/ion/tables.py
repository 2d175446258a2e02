"""Put the light at the ion into tables: effective temperature, shift, one row for each surface."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from bbrmodel.ion.clocks import Clock
from bbrmodel.ion.derivatives import TemperatureDerivatives
from bbrmodel.ion.field import EffectiveView
from bbrmodel.ion.mixture import planck_spectra, shift_in, weights_of
from bbrmodel.ion.shift import (
    dynamic_correction,
    fractional_data_uncertainty,
    has_magnetic_data,
    magnetic_shift_Hz,
)
from bbrmodel.materials.finishes import COLD_K, WARM_K
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.light_exchange import LightExchange
from bbrmodel.solution import BodyAtIon, IonField, SurfaceAtIon
from bbrmodel.typing import BoolArray, FloatArray

SPHERE = 4.0 * np.pi


def tabulate_ion(
    position_m: tuple[float, float, float],
    transition: Clock,
    exchange: LightExchange,
    *,
    enclosure: Enclosure,
    view: EffectiveView,
) -> IonField:
    """Return effective temperature, clock shift and the table of surfaces.

    The shift is the sum of the shifts of the Planck spectra that reach the ion, each at its emitter's temperature.
    """
    temperature = view.temperature_K
    shift = shift_of_view(transition, exchange, view)
    # d shift / shift = 4 dT/T; the dynamic term changes this by less than its own size.
    numerical = abs(4.0 * view.temperature_std_K / temperature * shift / transition.frequency_Hz)
    data = abs(float(fractional_data_uncertainty(transition, temperature)))
    return IonField(
        position_m=position_m,
        clock=transition.id,
        effective_temperature_K=temperature,
        effective_temperature_std_K=view.temperature_std_K,
        shift_Hz=shift,
        fractional_shift=shift / transition.frequency_Hz,
        fractional_uncertainty=float(np.hypot(numerical, data)),
        fractional_uncertainty_numerical=numerical,
        fractional_uncertainty_clock_data=data,
        dynamic_correction=float(dynamic_correction(transition, temperature)),
        sum_of_weights=view.sum_of_weights,
        surfaces=_surfaces_at_ion(exchange, enclosure, view=view),
        effective_temperature_rays_std_K=view.in_kelvin(view.rays_std),
        effective_temperature_facets_std_K=view.in_kelvin(view.facets_std),
        magnetic_shift_Hz=_magnetic_shift(transition, exchange, view),
    )


def shift_of_view(transition: Clock, exchange: LightExchange, view: EffectiveView) -> float:
    """Return the shift [Hz] in the sum of Planck spectra that a point sees, band by band where there are bands."""
    # The corrections for the mean effect of noise and for the size of facets concern T^4 as a whole.
    corrected = view.fourth_power / view.emitted_fourth_power
    return corrected * shift_in(transition, exchange, weights_of(exchange, view))[0]


def _magnetic_shift(transition: Clock, exchange: LightExchange, view: EffectiveView) -> float | None:
    """Return the shift [Hz] by the magnetic field, None where the data say nothing of it."""
    if not has_magnetic_data(transition):
        return None
    weights, temperatures = planck_spectra(exchange, view)
    return float(weights @ magnetic_shift_Hz(transition, temperatures))


def bodies_at_ion(surfaces: Sequence[SurfaceAtIon], body_of: Mapping[str, str]) -> tuple[BodyAtIon, ...]:
    """Return one row for each body from the rows of the surfaces; `body_of` names the body of each surface."""
    groups: dict[str, list[SurfaceAtIon]] = {}
    for surface in surfaces:
        groups.setdefault(body_of.get(surface.name, surface.name), []).append(surface)
    return tuple(_body_row(name, rows) for name, rows in groups.items())


def _body_row(name: str, rows: Sequence[SurfaceAtIon]) -> BodyAtIon:
    """Return the sum of the rows of a body's surfaces."""
    area = sum(row.area_m2 for row in rows)
    mean = (
        sum(row.area_m2 * row.mean_temperature_K for row in rows) / area if area > 0.0 else rows[0].mean_temperature_K
    )
    return BodyAtIon(
        name=name,
        area_m2=area,
        solid_angle_sr=sum(row.solid_angle_sr for row in rows),
        effective_solid_angle_sr=sum(row.effective_solid_angle_sr for row in rows),
        mean_temperature_K=mean,
        share_of_T4=sum(row.share_of_T4 for row in rows),
    )


def with_slopes(
    surfaces: Sequence[SurfaceAtIon], enclosure: Enclosure, slopes: TemperatureDerivatives
) -> tuple[SurfaceAtIon, ...]:
    """Return the rows with the derivatives of T_eff by temperature and absorptivities of each surface as a whole."""
    known = {name: slope for name, slope in slopes.by_absorptivity.items() if not np.isnan(slope).any()}
    rows = []
    for row in surfaces:
        if row.name not in enclosure.surface_names:
            rows.append(
                replace(row, temperature_slope=slopes.by_environment, absorptivity_slopes_K=dict.fromkeys(known, 0.0))
            )
            continue
        mine = (enclosure.surface == enclosure.surface_names.index(row.name)) & enclosure.radiates
        by_class = {name: float(slope[mine].sum()) for name, slope in known.items()}
        total = float(slopes.by_temperature_with_optics[mine].sum())
        rows.append(replace(row, temperature_slope=total, absorptivity_slopes_K=by_class))
    return tuple(rows)


def _surfaces_at_ion(exchange: LightExchange, enclosure: Enclosure, *, view: EffectiveView) -> tuple[SurfaceAtIon, ...]:
    """Return one row for each radiating surface, and one for the environment; shares sum to 1."""
    rows = []
    for index, name in enumerate(enclosure.surface_names):
        mine = (enclosure.surface == index) & enclosure.radiates
        if mine.any():
            rows.append(_surface_row(name, mine, exchange, enclosure=enclosure, view=view))
    outside = exchange.surfaces.environment_temperature_K
    if outside is not None:
        rows.append(_environment_row(outside, exchange, view))
    return tuple(rows)


def _for_light_of(source_K: float, values: Mapping[str, float], exchange: LightExchange) -> float:
    """Return the mean of values by class of light for the light of a black source."""
    share = exchange.surfaces.optics.share
    return sum(float(share(name, np.array([source_K]))[0][0]) * value for name, value in values.items())


def _surface_row(
    name: str, mine: BoolArray, exchange: LightExchange, *, enclosure: Enclosure, view: EffectiveView
) -> SurfaceAtIon:
    """Return the row of one surface."""
    temperature, area = exchange.facet_temperature_K[mine], enclosure.area_m2[mine]
    angles = {light: SPHERE * float(weight[mine].sum()) for light, weight in view.by_light.items()}
    taken = {light.name: _mean(light.absorptivity[mine], area) for light in exchange.lights}
    return SurfaceAtIon(
        name=name,
        area_m2=float(area.sum()),
        solid_angle_sr=SPHERE * float(view.seen[mine].sum()),
        effective_solid_angle_sr=SPHERE * float(view.weight[mine].sum()),
        effective_solid_angle_warm_sr=_for_light_of(WARM_K, angles, exchange),
        effective_solid_angle_cold_sr=_for_light_of(COLD_K, angles, exchange),
        effective_solid_angles_sr=angles,
        mean_temperature_K=_mean(temperature, area),
        min_temperature_K=float(temperature.min()),
        max_temperature_K=float(temperature.max()),
        emissivity=_mean(exchange.emissivity()[mine], area),
        absorptivity_warm=_for_light_of(WARM_K, taken, exchange),
        absorptivities=taken,
        share_of_T4=float(view.weight[mine] @ exchange.fourth_power[mine]) / view.emitted_fourth_power,
    )


def _environment_row(outside_K: float, exchange: LightExchange, view: EffectiveView) -> SurfaceAtIon:
    """Return the row of the open surroundings."""
    angles = {light: SPHERE * weight for light, weight in view.environment_by_light.items()}
    return SurfaceAtIon(
        name="environment",
        area_m2=0.0,
        solid_angle_sr=SPHERE * view.open_sky,
        effective_solid_angle_sr=SPHERE * view.environment,
        effective_solid_angle_warm_sr=_for_light_of(WARM_K, angles, exchange),
        effective_solid_angle_cold_sr=_for_light_of(COLD_K, angles, exchange),
        effective_solid_angles_sr=angles,
        mean_temperature_K=outside_K,
        min_temperature_K=outside_K,
        max_temperature_K=outside_K,
        emissivity=1.0,
        absorptivity_warm=1.0,
        absorptivities=dict.fromkeys(angles, 1.0),
        share_of_T4=view.environment * outside_K**4 / view.emitted_fourth_power,
    )


def _mean(values: FloatArray, area: FloatArray) -> float:
    """Return the area mean."""
    return float(values @ area / area.sum())


__all__ = ["bodies_at_ion", "shift_of_view", "tabulate_ion", "with_slopes"]
