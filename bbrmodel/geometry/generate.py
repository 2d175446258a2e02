"""From the name of an apparatus to a mesh file, kept under a hash of everything that determines it."""

import hashlib
import importlib.util
import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from bbrmodel.errors import GeometryError, UnknownNameError, suggest
from bbrmodel.geometry.meshing import MeshStatistics, mesh_model
from bbrmodel.geometry.model import GeometryModel, Portal
from bbrmodel.geometry.parameters import Parameter, ParameterValue, resolve_parameters
from bbrmodel.resources import geometries_dir
from bbrmodel.typing import Progress

_LOG = logging.getLogger(__name__)
RESOLUTIONS = ("coarse", "default", "fine")
_BUILDERS: dict[Path, ModuleType] = {}
_BUILDER_LOCK = threading.Lock()


@dataclass(frozen=True)
class GeneratedMesh:
    """A mesh file of an apparatus and what the file does not hold."""

    msh_path: Path
    portals: tuple[Portal, ...]
    parameters: Mapping[str, ParameterValue]  # all of them, defaults filled in
    ion_clearance_m: float | None  # from the ion to the nearest surface
    statistics: MeshStatistics
    from_cache: bool
    seconds: float


def list_apparatus() -> list[str]:
    """Return the names of the apparatus that have a builder."""
    return sorted(path.parent.name for path in geometries_dir().glob("*/builder.py"))


def apparatus_parameters(name: str) -> Mapping[str, Parameter]:
    """Return the parameter table of an apparatus.

    Raises
    ------
    UnknownNameError
        No apparatus has that name.
    """
    return MappingProxyType(dict(_load_builder(name).PARAMETERS))


def generate_mesh(
    apparatus: str,
    parameters: Mapping[str, Any],
    *,
    resolution: str,
    cache: Path,
    progress: Progress | None = None,
) -> GeneratedMesh:
    """Build and mesh an apparatus, or find the mesh of an earlier call.

    Parameters
    ----------
    apparatus
        a name of `list_apparatus()`.
    parameters
        what differs from the defaults; lengths in m.
    resolution
        "coarse", "default" or "fine".
    cache
        directory of the mesh files; `meshes/<apparatus>-<hash>.msh` is written below it.
    progress
        called with (0, 1) before and (1, 1) after.

    Returns
    -------
    :
        The file is MSH 4.1, metres: 3-D groups are bodies, 2-D groups are exposed faces `<body>__<face>` and shells,
        whose triangles have their normals on the vacuum's side.

    Raises
    ------
    UnknownNameError
        No apparatus has that name.
    GeometryError
        Wrong parameters, or parts that clash.
    MeshError
        gmsh fails, or the mesh is too flat.
    """
    if resolution not in RESOLUTIONS:
        raise GeometryError(f"{apparatus}: resolution = {resolution!r}: must be one of {', '.join(RESOLUTIONS)}.")
    builder = _load_builder(apparatus)
    values = resolve_parameters(apparatus, builder.PARAMETERS, parameters)
    sources = list((geometries_dir() / apparatus).glob("*.py"))
    recipe = Recipe(
        name=apparatus,
        key=content_key([apparatus, resolution, dict(values)], sources),
        build=lambda model: builder.build(model, dict(values), resolution),
        parameters=values,
    )
    return make_mesh(recipe, cache=cache, progress=progress)


@dataclass(frozen=True)
class Recipe:
    """How a mesh is made, and a hash of everything that decides it."""

    name: str
    key: str
    build: Callable[[GeometryModel], None]
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)


def make_mesh(recipe: Recipe, *, cache: Path, progress: Progress | None = None) -> GeneratedMesh:
    """Follow a recipe, or find the mesh of an earlier call."""
    start = time.perf_counter()
    path = cache / "meshes" / f"{recipe.name}-{recipe.key}.msh"
    if progress:
        progress(0, 1)
    record = _read_record(path)
    from_cache = record is not None
    if record is None:
        record = _build(recipe, path)
    if progress:
        progress(1, 1)
    seconds = time.perf_counter() - start
    statistics = record["statistics"]
    counts = (statistics.bodies, statistics.cells, statistics.facets)
    for first, second, gap in statistics.gaps:
        text = "%s: bodies '%s' and '%s' share no face but are %s: no heat passes. Move one if they should touch."
        _LOG.warning(text, recipe.name, first, second, f"{gap * 1e6:.3g} um apart" if gap else "together at an edge")
    _LOG.info("mesh: %s, %d bodies, %d cells, %d facets, %.1f s", recipe.name, *counts, seconds)
    return GeneratedMesh(
        msh_path=path,
        portals=record["portals"],
        parameters=MappingProxyType(dict(recipe.parameters)),
        ion_clearance_m=statistics.ion_clearance_m,
        statistics=statistics,
        from_cache=from_cache,
        seconds=seconds,
    )


def _load_builder(name: str) -> ModuleType:
    """Import `geometries/<name>/builder.py` by its path, once; `from .other import` finds the files beside it."""
    path = geometries_dir() / name / "builder.py"
    if name not in list_apparatus():
        raise UnknownNameError(f"There is no apparatus '{name}'.{suggest(name, list_apparatus())}")
    with _BUILDER_LOCK:
        if path not in _BUILDERS:
            _BUILDERS[path] = _import_package(f"bbrmodel_apparatus_{name}", path)
        return _BUILDERS[path]


def _import_package(name: str, path: Path) -> ModuleType:
    """Execute a file as the package whose modules lie in its directory."""
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(path.parent)])
    if spec is None or spec.loader is None:
        raise GeometryError(f"{path}: cannot be imported as Python. Check the file.")
    for loaded in [key for key in sys.modules if key.startswith(f"{name}.")]:
        del sys.modules[loaded]  # of an apparatus of that name elsewhere
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def content_key(decisive: object, sources: Sequence[Path]) -> str:
    """Return a hash of all that determines a mesh: values, files, this layer's own code, gmsh."""
    digest = hashlib.sha256()
    digest.update(json.dumps([version("gmsh"), decisive], sort_keys=True).encode())
    files = [*sources, *Path(__file__).parent.glob("*.py")]
    for source in sorted(files, key=lambda path: (path.parent.name, path.name)):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _build(recipe: Recipe, path: Path) -> dict[str, Any]:
    """Mesh into a temporary file and move it into place, so that a half-written mesh is never found."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch, GeometryModel(recipe.name) as model:
        recipe.build(model)
        temporary = Path(scratch) / path.name
        statistics = mesh_model(model, temporary)
        record = {"portals": [asdict(portal) for portal in model.portals], "statistics": asdict(statistics)}
        sidecar = temporary.with_suffix(".json")
        sidecar.write_text(json.dumps(record, indent=1), encoding="utf-8")
        os.replace(temporary, path)
        os.replace(sidecar, path.with_suffix(".json"))  # last: its presence says that the mesh is complete
        return {"portals": tuple(model.portals), "statistics": statistics}


def _read_record(path: Path) -> dict[str, Any] | None:
    """Return what was noted beside a cached mesh, None if there is none."""
    sidecar = path.with_suffix(".json")
    if not (path.is_file() and sidecar.is_file()):
        return None
    stored = json.loads(sidecar.read_text(encoding="utf-8"))
    portals = tuple(
        Portal(p["name"], tuple(p["center_m"]), tuple(p["normal"]), p["radius_m"]) for p in stored["portals"]
    )
    statistics = stored["statistics"]
    for key in ("cell_quality", "facet_quality"):
        statistics[key] = tuple(statistics[key])
    statistics["gaps"] = tuple(tuple(gap) for gap in statistics["gaps"])
    return {"portals": portals, "statistics": MeshStatistics(**statistics)}


__all__ = ["RESOLUTIONS", "GeneratedMesh", "Recipe", "apparatus_parameters", "content_key", "generate_mesh"]
__all__ += ["list_apparatus", "make_mesh"]
