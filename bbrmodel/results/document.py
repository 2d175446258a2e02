"""The JSON document of a result; its keys are an interface and change only with `SCHEMA_VERSION`.

JSON knows no NaN and no Infinity. A perfectly bonded joint (infinite conductance) is written as `null` with
`"bonded": true`; any other number that is not finite becomes `null` and is named in `warnings`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bbrmodel.solution import JointFlow, Solution, ThermalState

SCHEMA_VERSION = 1

Document = dict[str, Any]


def to_document(
    solution: Solution, *, versions: Mapping[str, str], peak_memory_MiB: float, created_utc: str = ""
) -> Document:
    """Return everything of a solution but its fields as plain JSON types.

    Parameters
    ----------
    solution
        What the run computed.
    versions
        Version of each program that took part, by name.
    peak_memory_MiB
        Largest resident memory of the process [MiB].
    created_utc
        Time of writing, ISO 8601.

    Returns
    -------
    :
        The content of `result.json`; it holds no NaN, no infinity and no numpy type.
    """
    document: Document = {
        "schema_version": SCHEMA_VERSION,
        "case": solution.case_name,
        "created_utc": created_utc,
        "ion": asdict(solution.ion) if solution.ion is not None else None,
        "thermal": _thermal(solution.thermal),
        "mesh": asdict(solution.mesh),
        "radiation": asdict(solution.radiation) if solution.radiation is not None else None,
        "enclosures": [asdict(part) for part in solution.enclosures],
        "facets": {"surface_names": solution.facets.surface_names, "count": len(solution.facets.area_m2)},
        "solid": {"body_names": solution.solid.body_names},
        "time": asdict(solution.time) if solution.time is not None else None,
        "timings_s": dict(solution.timings_s),
        "peak_memory_MiB": peak_memory_MiB,
        "versions": dict(versions),
    }
    not_finite: list[str] = []
    plain: Document = {key: _plain(value, where=key, not_finite=not_finite) for key, value in document.items()}
    plain["warnings"] = [
        *solution.warnings,
        *(f"{where} is not a finite number, written as null" for where in not_finite),
    ]
    return plain


def _thermal(thermal: ThermalState) -> Document:
    """Return the bookkeeping of the temperature field; the field itself goes to VTU."""
    return {
        "bodies": [asdict(body) for body in thermal.bodies],
        "heat_flows_W": dict(thermal.heat_flows_W),
        "energy_balance": asdict(thermal.energy_balance),
        "sensors": [asdict(sensor) for sensor in thermal.sensors],
        "joints": [_joint(joint) for joint in thermal.joints],
        "baths": [asdict(bath) for bath in thermal.baths],
        "bath_total": {
            "heat_load_W": sum(bath.heat_load_W for bath in thermal.baths),
            "boil_off_L_per_day": sum(bath.boil_off_L_per_day for bath in thermal.baths),
        },
        "residual_history_W": thermal.residual_history_W,
        "links": [asdict(link) for link in thermal.links],
        "net_radiation_W": dict(thermal.net_radiation_W),
        "sources": [asdict(source) for source in thermal.sources],
    }


def _joint(joint: JointFlow) -> Document:
    """Return a joint with an infinite conductance spelled as a bond."""
    bonded = math.isinf(joint.conductance_W_m2_K)
    return {**asdict(joint), "conductance_W_m2_K": None if bonded else joint.conductance_W_m2_K, "bonded": bonded}


def _plain(value: object, *, where: str, not_finite: list[str]) -> Any:
    """Return `value` as JSON types and append the paths of numbers that JSON cannot hold."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(k): _plain(v, where=f"{where}.{k}", not_finite=not_finite) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(v, where=f"{where}.{i}", not_finite=not_finite) for i, v in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        not_finite.append(where)
        return None
    return value


__all__ = ["SCHEMA_VERSION", "Document", "to_document"]
