"""A mesh from what `[geometry]` of a case says itself: parts, or a CAD file."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

from bbrmodel.errors import GeometryError
from bbrmodel.geometry.combine import declare_parts
from bbrmodel.geometry.faces import Vector
from bbrmodel.geometry.generate import GeneratedMesh, Recipe, content_key, make_mesh
from bbrmodel.geometry.model import GeometryModel, Selection
from bbrmodel.geometry.solids import least_radius
from bbrmodel.geometry.step import declare_cad_file
from bbrmodel.spec.geometry import Geometry
from bbrmodel.typing import Progress

SIZE_FACTOR = {"coarse": 1.6, "default": 1.0, "fine": 0.6}  # of the size at the default resolution
CURVATURE_SEGMENTS = {"coarse": 12, "default": 20, "fine": 32}  # of a full turn of a round face
LEAST_SHARE = 0.05  # of the mesh size of a CAD file's smallest body: fillets and threads are not resolved further


@dataclass(frozen=True)
class Setting:
    """What a geometry needs to know of its case.

    `name` stands for the geometry in errors and in the name of the mesh file, `file` is where `geometry.step_file`
    lies, `ion_m` the place of the ion, which no body may hold.
    """

    name: str
    file: Path | None = None
    ion_m: Vector | None = None


def generate_own_mesh(
    geometry: Geometry, setting: Setting, *, cache: Path, progress: Progress | None = None
) -> GeneratedMesh:
    """Mesh the parts or the CAD file of a case, or find the mesh of an earlier call.

    Parameters
    ----------
    geometry
        with `parts` or `step_file`.
    cache
        directory of the mesh files; `meshes/<name>-<hash>.msh` is written below it.

    Raises
    ------
    GeometryError
        The file cannot be read, a part cannot be built, parts overlap, a selection finds nothing.
    MeshError
        gmsh fails, or the mesh is too flat.
    """
    name, file, ion_m = setting.name, setting.file, setting.ion_m
    settings = geometry.model_dump(mode="json", exclude={"step_file", "refinements"})
    content = ""
    if file is not None:
        try:
            content = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            raise GeometryError(
                f"{name}: geometry.step_file = '{file}': cannot be read: {error.strerror}. Check its path."
            ) from error

    def build(model: GeometryModel) -> None:
        _build(model, geometry, file)
        if ion_m is not None:
            model.ion(ion_m)

    recipe = Recipe(name=name, key=content_key([name, settings, content, ion_m], []), build=build)
    return make_mesh(recipe, cache=cache, progress=progress)


def _build(model: GeometryModel, geometry: Geometry, file: Path | None) -> None:
    """Declare bodies, sizes and selections."""
    factor = SIZE_FACTOR[geometry.resolution]
    model.reports_gaps = True
    model.curvature_segments = CURVATURE_SEGMENTS[geometry.resolution]
    model.gmsh.option.setNumber("Geometry.OCCUnionUnify", 0)  # faces that become one would lose their names
    try:
        if file is None:
            shapes = declare_parts(model, geometry.parts or ())
            # half an edge on the smallest circle: the curvature of a cone's tip has no bound
            model.least_size_m = math.pi * least_radius(geometry.parts or ()) / model.curvature_segments
        else:
            shapes = declare_cad_file(model, file, names=geometry.names, unit_m=geometry.length_unit_m)
    finally:
        model.gmsh.option.setNumber("Geometry.OCCUnionUnify", 1)
    for name, shape in shapes.items():
        eighth, four_thicknesses = model.natural_size(shape)
        size = factor * (geometry.mesh_size_m or eighth)
        if f"{name}__space" in model.voids:
            model.void_sizes[f"{name}__space"] = size
        else:
            model.sizes[name] = min(size, four_thicknesses)
    model.size_patterns = {name: factor * size for name, size in geometry.mesh_sizes_m.items()}
    if file is not None:
        model.least_size_m = LEAST_SHARE * min(model.sizes.values())
    for chosen in geometry.faces:
        body, _, face = chosen.surface.partition("__")
        model.selections.append(Selection(body, face, chosen.point_m, chosen.normal, chosen.box_m))


__all__ = ["Setting", "generate_own_mesh"]
