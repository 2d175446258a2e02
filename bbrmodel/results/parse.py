"""From the JSON document and the fields back to a `Solution`."""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from bbrmodel.results.document import Document
from bbrmodel.solution import (
    Anisotropy,
    BodyAtIon,
    BodyTemperature,
    CrossCheck,
    CryogenBath,
    EnclosurePart,
    EnergyBalance,
    FieldPoint,
    IonField,
    JointFlow,
    LightReport,
    LinkFlow,
    MeshReport,
    NearField,
    RadiatingFacets,
    RadiationReport,
    SensorReading,
    SinkFlow,
    SolidMesh,
    Solution,
    SourcePower,
    Spectrum,
    SurfaceAtIon,
    SurfaceCheck,
    TensorShift,
    ThermalState,
    TimeSeries,
)
from bbrmodel.typing import FloatArray

_Record = TypeVar("_Record")


def to_solution(
    document: Document, *, solid: SolidMesh, facets: RadiatingFacets, temperatures_K: tuple[FloatArray, FloatArray]
) -> Solution:
    """Return the solution whose bookkeeping is `document`.

    Parameters
    ----------
    document
        Content of `result.json`.
    solid, facets
        Meshes from the VTU files.
    temperatures_K
        Of the nodes of `solid`, shape (num_nodes,), and of `facets`, shape (num_facets,) [K].

    Returns
    -------
    :
        `null` numbers come back as NaN, bonded joints with an infinite conductance.
    """
    radiation = document["radiation"]
    return Solution(
        case_name=document["case"],
        solid=solid,
        facets=facets,
        thermal=_thermal(document["thermal"], temperatures_K=temperatures_K),
        mesh=MeshReport(**document["mesh"]),
        radiation=None if radiation is None else _radiation(radiation),
        ion=None if document["ion"] is None else _ion(document["ion"]),
        timings_s=document["timings_s"],
        warnings=tuple(document["warnings"]),
        enclosures=tuple(
            EnclosurePart(**{**part, "surfaces": tuple(part["surfaces"])}) for part in document["enclosures"]
        ),
        time=None if document.get("time") is None else TimeSeries(**_series(document["time"])),
    )


def _series(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return series as tuples, `null` in them as NaN; a series that is not there stays None."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, list):
            found[key] = tuple(math.nan if item is None else item for item in value)
        else:
            found[key] = _series(value) if isinstance(value, Mapping) else value
    return found


def _thermal(thermal: Document, *, temperatures_K: tuple[FloatArray, FloatArray]) -> ThermalState:
    node_temperature_K, facet_temperature_K = temperatures_K
    return ThermalState(
        node_temperature_K=node_temperature_K,
        facet_temperature_K=facet_temperature_K,
        bodies=tuple(BodyTemperature(**_numbers(body)) for body in thermal["bodies"]),
        heat_flows_W=_numbers(thermal["heat_flows_W"]),
        energy_balance=EnergyBalance(**_numbers(thermal["energy_balance"])),
        sensors=tuple(SensorReading(**_numbers(sensor)) for sensor in thermal["sensors"]),
        joints=tuple(_joint(joint) for joint in thermal["joints"]),
        baths=tuple(_record(CryogenBath, bath) for bath in thermal["baths"]),
        residual_history_W=tuple(math.nan if value is None else value for value in thermal["residual_history_W"]),
        links=tuple(_link(link) for link in thermal["links"]),
        net_radiation_W=_numbers(thermal["net_radiation_W"]),
        sources=tuple(_record(SourcePower, source) for source in thermal.get("sources", ())),
    )


def _joint(joint: Document) -> JointFlow:
    values = {key: value for key, value in joint.items() if key != "bonded"}
    if joint["bonded"]:
        values["conductance_W_m2_K"] = math.inf
    return _record(JointFlow, values)


def _link(link: Document) -> LinkFlow:
    sinks = tuple(_record(SinkFlow, sink) for sink in link.get("sinks", ()))
    return replace(_record(LinkFlow, {**link, "sinks": []}), sinks=sinks)


def _record(kind: type[_Record], values: Mapping[str, Any]) -> _Record:
    """Return a row of a table; `null` is None where the row allows for that, NaN elsewhere."""
    optional = {field.name for field in fields(kind) if field.default is None}  # type: ignore[arg-type]
    unknown = {key: None for key, value in values.items() if value is None and key in optional}
    return kind(**{**_numbers(values), **unknown})


def _radiation(radiation: Document) -> RadiationReport:
    """Return the report; what was written as null stays None."""
    return RadiationReport(**{**radiation, "lights": tuple(LightReport(**light) for light in radiation["lights"])})


def _ion(ion: Document) -> IonField:
    parts: dict[str, Any] = {
        "surfaces": tuple(_record(SurfaceAtIon, surface) for surface in ion["surfaces"]),
        "bodies": tuple(BodyAtIon(**_numbers(body)) for body in ion.get("bodies", ())),
        "points": tuple(_record(FieldPoint, point) for point in ion.get("points", ())),
        "cross_check": _maybe(ion.get("cross_check"), _cross_check),
        "near_field": _maybe(ion.get("near_field"), lambda near: NearField(**_numbers(near))),
        "anisotropy": _maybe(ion.get("anisotropy"), _anisotropy),
        "spectrum": _maybe(ion.get("spectrum"), lambda spectrum: Spectrum(**_numbers(spectrum))),
    }
    plain = {key: value for key, value in ion.items() if key not in parts}
    return replace(_record(IonField, {**plain, "surfaces": []}), **parts)


def _maybe(value: Document | None, read: Callable[[Document], _Record]) -> _Record | None:
    return None if value is None else read(value)


def _cross_check(check: Document) -> CrossCheck:
    surfaces = tuple(SurfaceCheck(**_numbers(surface)) for surface in check.get("surfaces", ()))
    return CrossCheck(**{**_numbers(check), "surfaces": surfaces})


def _anisotropy(found: Document) -> Anisotropy:
    shifts = tuple(_record(TensorShift, shift) for shift in found["tensor_shifts"])
    x, y, z = (tuple(row) for row in found["field_tensor"])
    return replace(_record(Anisotropy, {**found, "tensor_shifts": []}), tensor_shifts=shifts, field_tensor=(x, y, z))


def _numbers(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return keyword arguments with `null` as NaN and lists as tuples."""
    return {key: _value(value) for key, value in values.items()}


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, Mapping):
        return _numbers(value)
    return math.nan if value is None else value


__all__ = ["to_solution"]
