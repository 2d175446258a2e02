"""A self-test of the installation: what is there, does it compute, and is the number right."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bbrmodel.cli.settings import Settings
from bbrmodel.cli.tables import make_table
from bbrmodel.errors import BbrModelError
from bbrmodel.resources import cache_dir, geometries_dir
from bbrmodel.results.provenance import collect_versions

_SELF_TEST_CASE = "split_sphere"
# Sphere with a lower half at 300 K, emissivity 0.1, and an upper half at 80 K, emissivity 0.9: in a sphere every
# F_ij is A_j/A, so that the ion in the centre sees the halves with the weights 0.1 and 0.9 exactly.
_SELF_TEST_TEMPERATURE_K = (0.1 * 300.0**4 + 0.9 * 80.0**4) ** 0.25
_SELF_TEST_TOLERANCE_K = 0.1  # the mesh is a polyhedron, and the rays have noise


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    good: bool
    detail: str


def examine() -> tuple[Finding, ...]:
    """Run every check; one that fails is a finding and stops none of the others."""
    checks: dict[str, Callable[[], str]] = {
        "dolfinx (finite elements)": lambda: _import("dolfinx"),
        "gmsh (meshes)": lambda: _import("gmsh"),
        "pyvista (pictures)": lambda: _import("pyvista"),
        "numba (kernels)": lambda: _import("numba"),
        "Embree hits a triangle": _hit_a_triangle,
        "material and clock libraries": _read_libraries,
        "shipped cases": _read_cases,
        f"self-test {_SELF_TEST_CASE}": _solve_self_test,
    }
    return tuple(_examine(name, check) for name, check in checks.items())


def _examine(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, good=True, detail=check())
    except Exception as error:  # noqa: BLE001 (the doctor reports whatever is broken)
        return Finding(name, good=False, detail=f"{type(error).__name__}: {' '.join(str(error).split())}")


def _import(name: str) -> str:
    module = importlib.import_module(name)
    return str(getattr(module, "__version__", "installed"))


def _hit_a_triangle() -> str:
    """Send one ray onto a triangle one metre above it."""
    from bbrmodel.radiation.enclosure import Enclosure
    from bbrmodel.radiation.scene import RayScene

    corners = np.array([[[-1.0, -1.0, 1.0], [-1.0, 2.0, 1.0], [2.0, -1.0, 1.0]]])
    scene = RayScene(Enclosure(corners, np.zeros(1, dtype=np.int64), ("plate",), np.ones(1, dtype=np.bool_)))
    hits = scene.trace(np.zeros((1, 3), dtype=np.float32), np.array([[0.0, 0.0, 1.0]], dtype=np.float32))
    distance = float(hits.distance_m[0])
    if int(hits.facet[0]) != 0 or abs(distance - 1.0) > 1e-6:  # float32 rounding
        raise BbrModelError(f"hit facet {int(hits.facet[0])} at {distance} m instead of facet 0 at 1 m")
    return f"distance {distance:.6f} m"


def _read_libraries() -> str:
    from bbrmodel.ion.clocks import clock, list_clocks
    from bbrmodel.materials import list_materials, material

    materials = [material(name) for name in list_materials()]
    clocks = [clock(name) for name in list_clocks()]
    return f"{len(materials)} materials, {len(clocks)} clocks"


def _read_cases() -> str:
    from bbrmodel.spec import list_cases, load_case

    names = [load_case(name).name for name in list_cases()]
    return ", ".join(names)


def _solve_self_test() -> str:
    """Solve a case with an exact answer, from its mesh to the ion."""
    from bbrmodel.pipeline import solve_case
    from bbrmodel.spec import load_case

    ion = solve_case(load_case(_SELF_TEST_CASE)).ion
    found = float("nan") if ion is None else ion.effective_temperature_K
    comparison = f"{found:.3f} K, exact {_SELF_TEST_TEMPERATURE_K:.3f} K"
    if not abs(found - _SELF_TEST_TEMPERATURE_K) < _SELF_TEST_TOLERANCE_K:
        raise BbrModelError(comparison)
    return comparison


def show_findings(findings: tuple[Finding, ...], settings: Settings) -> None:
    """Print versions, places and findings, and raise if a check failed.

    Raises
    ------
    BbrModelError
        A check failed.
    """
    places = {"shipped cases": str(geometries_dir()), "cache": str(cache_dir())}
    settings.out.print(make_table("Versions", ("what", "version"), rows=[*collect_versions().items(), *places.items()]))
    rows = [(finding.name, "ok" if finding.good else "FAILED", finding.detail) for finding in findings]
    settings.out.print(make_table("Checks", ("check", "result", "detail"), rows=rows))
    failed = [finding.name for finding in findings if not finding.good]
    if failed:
        raise BbrModelError(f"{len(failed)} of {len(findings)} checks failed: {', '.join(failed)}.")


__all__ = ["Finding", "examine", "show_findings"]
