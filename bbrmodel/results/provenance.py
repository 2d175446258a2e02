"""What took part in a run: versions, the source's commit, memory, and a hash that names the input."""

import hashlib
import platform
import resource
import sys
from importlib import metadata
from pathlib import Path

import bbrmodel
from bbrmodel.resources import geometries_dir
from bbrmodel.spec import Case, resolved_toml

# Name in the result -> distribution names to ask for, first found wins.
_DISTRIBUTIONS = {
    "numpy": ("numpy",),
    "scipy": ("scipy",),
    "dolfinx": ("fenics-dolfinx", "dolfinx"),
    "petsc4py": ("petsc4py",),
    "gmsh": ("gmsh",),
    "meshio": ("meshio",),
    "pyvista": ("pyvista",),
    "vtk": ("vtk",),
    "embreex": ("embreex",),
    "numba": ("numba",),
    "pydantic": ("pydantic",),
    "xarray": ("xarray",),
}
NOT_INSTALLED = "not installed"


def collect_versions() -> dict[str, str]:
    """Return the version of bbrmodel, its source commit where known, Python, platform and every numeric package."""
    versions = {"bbrmodel": bbrmodel.__version__}
    commit = source_commit(Path(bbrmodel.__file__).resolve().parent.parent)
    if commit is not None:
        versions["git_commit"] = commit
    versions["python"] = platform.python_version()
    versions["platform"] = platform.platform()
    versions.update({name: _distribution_version(names) for name, names in _DISTRIBUTIONS.items()})
    return versions


def _distribution_version(names: tuple[str, ...]) -> str:
    """Return the version of the first distribution that is installed."""
    for name in names:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return NOT_INSTALLED


def source_commit(root: Path) -> str | None:
    """Return the commit that the source tree at `root` has checked out, or None outside a git work tree."""
    try:
        head = (root / ".git" / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        reference = head.removeprefix("ref: ")
        loose = root / ".git" / reference
        if loose.is_file():
            return loose.read_text(encoding="utf-8").strip()
        packed = (root / ".git" / "packed-refs").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.split()[0] for line in packed if line.endswith(f" {reference}")), None)


def peak_memory_mib() -> float:
    """Return the largest resident memory of this process so far [MiB].

    Linux counts the parent's memory in `getrusage` of a child that was forked and executed, so `VmHWM` goes first.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return float(line.split()[1]) / 1024.0
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1024.0**2 if sys.platform == "darwin" else 1024.0)


def _geometry_files(case: Case) -> tuple[Path, ...]:
    """Return the files behind the geometry, not repeated by the case: a mesh, CAD, or a builder and defaults."""
    for path in (case.mesh_path, case.step_path):
        if path is not None:
            return (path,)
    if case.geometry.apparatus is None:
        return ()
    builder = geometries_dir() / str(case.geometry.apparatus)
    return builder / "builder.py", builder / "parameters.toml"


def case_hash(case: Case) -> str:
    """Return a hash of what decides a run: the resolved case, its mesh file or builder, and the package version."""
    digest = hashlib.sha256(bbrmodel.__version__.encode())
    digest.update(resolved_toml(case).encode())
    for path in _geometry_files(case):
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


__all__ = ["NOT_INSTALLED", "case_hash", "collect_versions", "peak_memory_mib", "source_commit"]
