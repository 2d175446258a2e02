"""A small made-up solution, its case, and module-level functions that stand in for solving."""

import math
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from bbrmodel.errors import ConvergenceError
from bbrmodel.solution import (
    Anisotropy,
    BodyAtIon,
    BodyTemperature,
    CryogenBath,
    EnergyBalance,
    FieldPoint,
    IonField,
    JointFlow,
    MeshReport,
    NearField,
    RadiatingFacets,
    RadiationReport,
    SensorReading,
    SolidMesh,
    Solution,
    Spectrum,
    SurfaceAtIon,
    TensorShift,
    ThermalState,
)
from bbrmodel.spec import Case, load_case

CASE_TOML = """
schema_version = 1
name = "sample"
[parameters]
finish = "polished"
[geometry]
apparatus = "split_sphere"
[bodies.block]
material = "ofhc_cu_rrr100"
[surfaces."block__top"]
finish = "$finish"
[[heat_sources]]
name = "rf"
body = "block"
power_W = 0.05
[radiation]
environment_temperature_K = 293.0
[ion]
position_m = [0.0, 0.0, 0.0]
"""


def write_case(directory: Path) -> Path:
    """Write the sample case and return its path."""
    path = directory / "case.toml"
    path.write_text(CASE_TOML)
    return path


def make_case(directory: Path) -> Case:
    """Return the sample case."""
    return load_case(write_case(directory))


def make_surface(name: str = "block__top", share: float = 0.25) -> SurfaceAtIon:
    return SurfaceAtIon(
        name=name,
        area_m2=0.5,
        solid_angle_sr=3.0,
        effective_solid_angle_sr=4.0 * math.pi * share,
        effective_solid_angle_warm_sr=3.1,
        effective_solid_angle_cold_sr=3.2,
        effective_solid_angles_sr={"warm": 3.1, "cold": 3.2},
        mean_temperature_K=79.25,
        min_temperature_K=79.0,
        max_temperature_K=79.5,
        emissivity=0.05,
        absorptivity_warm=0.07,
        absorptivities={"warm": 0.07, "cold": 0.05},
        share_of_T4=share,
        temperature_slope=share,
        absorptivity_slopes_K={"warm": 1.5, "cold": -0.1},
    )


def make_ion() -> IonField:
    return IonField(
        position_m=(0.0, 0.0, 0.001),
        clock="ca40p_729",
        effective_temperature_K=79.512345,
        effective_temperature_std_K=0.0123,
        shift_Hz=0.00187,
        fractional_shift=4.55e-18,
        fractional_uncertainty=2.5e-21,
        fractional_uncertainty_numerical=2.4e-21,
        fractional_uncertainty_clock_data=0.7e-21,
        dynamic_correction=1e-4,
        sum_of_weights=1.0 + 1e-13,
        surfaces=(make_surface(), make_surface("chamber__lid", 0.75)),
        magnetic_shift_Hz=-1e-7,
        bodies=(BodyAtIon("block", 0.5, 3.0, math.pi, 79.25, 0.25), BodyAtIon("chamber", 0.5, 9.5, 9.4, 79.25, 0.75)),
        near_field=NearField("block__top", 0.004, 2.88e-5, valid=True, mirror_change=2e-8),
        anisotropy=make_anisotropy(),
        spectrum=Spectrum(
            (1e11, 1e12, 1e13), (1e-23, 1e-21, 1e-22), {"block__top": (0.5e-23, 1e-22, 1e-23)}, 3e-8, 58.2
        ),
        points=(
            FieldPoint("side", (0.001, 0.0, 0.0), 79.6, 0.01, 0.0019, 4.6e-18, 1.0, "block__top", 0.003),
            FieldPoint("line_1", (0.0, 0.0, -0.001), 79.7, 0.01, 0.0019, 4.6e-18, 1.0, "block__top", 0.002, 0.0),
            FieldPoint("line_2", (0.0, 0.0, 0.001), 79.9, 0.01, 0.00195, 4.7e-18, 1.0, "block__top", 0.004, 0.002),
        ),
    )


def make_anisotropy() -> Anisotropy:
    tensor = ((0.32, 0.0, 0.01), (0.0, 0.34, 0.0), (0.01, 0.0, 0.34))
    shifts = (TensorShift(0.5, -1e-5, -2.4e-20), TensorShift(2.5, 1.2e-5, 3e-20, 1e-7))
    return Anisotropy(tensor, -0.02, 0.02, axis=(0.0, 0.0, 1.0), value=0.01, std=1e-5, tensor_shifts=shifts)


def make_thermal() -> ThermalState:
    return ThermalState(
        node_temperature_K=np.array([79.0, 79.1, 79.2, 1.0 / 3.0 + 79.0]),
        facet_temperature_K=np.array([79.05, 293.0]),
        bodies=(BodyTemperature("block", "ofhc_cu_rrr100", 79.0, 79.2, 79.4),),
        heat_flows_W={"rf": 0.05, "block__bottom": -0.05 + 1e-12},
        energy_balance=EnergyBalance(1e-12, 2e-11),
        sensors=(SensorReading("near_trap", "block", (0.0, 0.0, 0.1), 79.3),),
        joints=(
            JointFlow(("block", "plate"), math.inf, 1e-4, 0.01, 0.0),
            JointFlow(("block", "post"), 8000.0, 1e-4, 0.02, 0.025),
        ),
        baths=(
            CryogenBath("lnc__wetted", 6.0, 3.226, 77.355),
            CryogenBath("lnc__bottom", 0.5, 0.269, 77.355),
        ),
        residual_history_W=(1.0, 1e-4, 1e-12),
    )


def make_solution() -> Solution:
    """Return a tetrahedron that sees a warm triangle."""
    points = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0 / 3.0]])
    return Solution(
        case_name="sample",
        solid=SolidMesh(points, np.array([[0, 1, 2, 3]]), np.array([0]), ("block",)),
        facets=RadiatingFacets(
            vertices_m=np.array([points[:3], points[:3] + np.array([0.0, 0.0, 2.0])]),
            area_m2=np.array([0.5, 0.5]),
            surface=np.array([0, 1]),
            surface_names=("block__top", "chamber__lid"),
            weight_at_ion=np.array([0.25, 0.75]),
            seen_at_ion=np.array([0.3, 0.7]),
            slope_at_ion=np.array([0.2, 0.8]),
            weight_at_ion_by_light={"warm": np.array([0.2, 0.8]), "cold": np.array([0.3, 0.7])},
        ),
        thermal=make_thermal(),
        mesh=MeshReport(4, 1, 2, 0.8, 0.8, 0.9, "abc"),
        radiation=RadiationReport(
            facets=2,
            rays=2000,
            nonzeros=2,
            escaped_fraction=0.0,
            lost_rays=0,
            row_sum_deviation_before=1e-4,
            row_sum_deviation_after=1e-15,
            reciprocity_deviation_before=2e-3,
            reciprocity_deviation_after=1e-16,
            from_cache=False,
        ),
        ion=make_ion(),
        timings_s={"mesh": 0.5, "total": 2.0},
        warnings=("emissivity of block__top was extrapolated",),
    )


def solve_quickly(case: Case) -> Solution:
    """Stand in for a solver: the temperature at the ion is the radius of the sphere in mm."""
    solution = make_solution()
    assert solution.ion is not None
    radius_m = float(case.geometry.parameters.get("radius_m", 0.1))
    if radius_m < 0.0:
        raise ConvergenceError("newton: residual 3.0e-2 W after 50 iterations:\n1.0, 3.0e-2.")
    temperature_K = 1e3 * radius_m
    return replace(solution, case_name=case.name, ion=replace(solution.ion, effective_temperature_K=temperature_K))


def solve_with_a_bug(case: Case) -> Solution:
    """Stand in for a solver with a bug."""
    raise ZeroDivisionError(f"radius {case.geometry.parameters['radius_m']}")


def die(case: Case) -> Solution:
    """Stand in for a solver that the system kills."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def solve_slowly(case: Case) -> Solution:
    """Stand in for a solver that says who it is and takes as many seconds as the radius has metres."""
    os.write(1, str(os.getpid()).encode())
    time.sleep(float(case.geometry.parameters["radius_m"]))
    return solve_quickly(case)
