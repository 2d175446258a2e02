"""How the light of a case is followed: its classes, the optics of every facet in each, and by which method."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bbrmodel.errors import BbrModelError
from bbrmodel.model.assign import Assignment
from bbrmodel.model.assumptions import is_spread
from bbrmodel.model.coats import bands_of
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.light_classes import BandOptics, LightClasses, SourceOptics, band_names
from bbrmodel.radiation.paths import SHELL, Panes, PathOptics, SurfaceOptics, check_optics, optics_of_surfaces
from bbrmodel.typing import BoolArray, FloatArray


@dataclass(frozen=True)
class LightPlan:
    """The classes of light of a case and how each is followed.

    Attributes
    ----------
    classes
        Absorptivities and shares of emission.
    specular
        Mirror reflectivity of every facet, shape (num_facets,), for each class that lines between facets describe.
    paths
        Optics for each class that has to be followed path by path: something passes or depends on direction.
    two_sided
        shape (num_facets,), True for sheets, which emit from both sides.
    fixed
        shape (num_surfaces,), True where band emissivities hold for the expected temperature alone.
    """

    classes: LightClasses
    specular: Mapping[str, FloatArray]
    paths: Mapping[str, PathOptics]
    two_sided: BoolArray
    fixed: BoolArray

    @property
    def method(self) -> dict[str, str]:
        """How each class is followed: "view factors", "mirrors" or "paths"."""
        lines = {name: "mirrors" if mirror.any() else "view factors" for name, mirror in self.specular.items()}
        return {name: lines.get(name, "paths") for name in self.classes.light_names}


def plan_light(
    assignment: Assignment,
    enclosure: Enclosure,
    expected_K: FloatArray,
    edges_m: tuple[float, ...] | None,
    *,
    panes: Panes | None = None,
) -> LightPlan:
    """Return how the light of a case is followed.

    Parameters
    ----------
    expected_K
        shape (num_surfaces,), temperature that each surface is expected to have; what must be fixed before the solve
        (mirrors, emissivities from resistivity) is fixed there.
    edges_m
        Wavelengths between bands; None: warm and cold sources.
    panes
        What bounds the bodies that light passes, as `bbrmodel.model.panes.find_panes` returns it.

    Raises
    ------
    ConfigError
        Nothing absorbs the light of a band, or faces of one pane pass different shares of it.
    PropertyRangeError
        A metal has no data at its expected temperature.
    """
    if edges_m is None:
        return _plan_sources(assignment, enclosure, expected_K)
    traced = _optics_by_band(assignment, enclosure, expected_K, edges_m, panes=panes)
    emissivity = np.array([optics.hemispherical for optics in traced.values()])
    two_sided = enclosure.radiates & (next(iter(traced.values())).passage == SHELL)
    paths = {n: o for n, o in traced.items() if two_sided.any() or _needs_paths(o, enclosure)}
    specular = {
        name: enclosure.radiates * optics.specularity * (1.0 - optics.hemispherical)
        for name, optics in traced.items()
        if name not in paths
    }
    return LightPlan(BandOptics(edges_m, emissivity), specular, paths, two_sided, _fixed(assignment))


def _plan_sources(assignment: Assignment, enclosure: Enclosure, expected_K: FloatArray) -> LightPlan:
    """Return the plan for light of warm and of cold sources; a facet that does not radiate counts as black."""
    table = np.array([(1.0, 1.0, 1.0) if f is None else (f.e77, f.e293, f.a77_293) for f in assignment.finishes])
    e77, e293, a77_293 = (table[enclosure.surface, k] for k in range(3))
    optics = SourceOptics(e77, e293, a77_293)
    share = np.array(assignment.specularity)[enclosure.surface] * enclosure.radiates
    expected = expected_K[enclosure.surface]
    specular = {name: share * (1.0 - optics.absorptivity(name, expected)[0]) for name in optics.light_names}
    nothing = np.zeros(enclosure.num_facets, dtype=bool)
    return LightPlan(optics, specular, {}, nothing, np.zeros(len(expected_K), dtype=bool))


def _fixed(assignment: Assignment) -> BoolArray:
    """Return for each surface whether its band emissivities depend on its temperature."""
    return np.array(
        [
            table is not None and finish is not None and (table.resistivity_of is not None or is_spread(table, finish))
            for table, finish in zip(assignment.optics, assignment.finishes, strict=True)
        ],
        dtype=bool,
    )


def _needs_paths(optics: PathOptics, enclosure: Enclosure) -> bool:
    """Tell whether something passes a facet in this band or depends on direction."""
    return bool(((optics.transmittance > 0.0) | (optics.n > 0.0))[enclosure.radiates].any())


def _optics_by_band(
    assignment: Assignment,
    enclosure: Enclosure,
    expected_K: FloatArray,
    edges_m: tuple[float, ...],
    *,
    panes: Panes | None,
) -> dict[str, PathOptics]:
    """Return the optics of all facets in each band."""
    rows: dict[str, tuple[SurfaceOptics, ...]] = {}
    for index, (name, table, finish) in enumerate(
        zip(enclosure.surface_names, assignment.optics, assignment.finishes, strict=True)
    ):
        if table is None or finish is None:
            continue
        try:
            bands = bands_of(table, finish, edges_m, float(expected_K[index]))
        except BbrModelError as error:
            raise type(error)(f'surfaces."{name}" at the expected {expected_K[index]:.4g} K: {error}') from error
        rows[name] = tuple(replace(band, specularity=assignment.specularity[index]) for band in bands)
    names = band_names(len(edges_m) + 1)
    found = {}
    for band, name in enumerate(names):
        try:
            optics = optics_of_surfaces(enclosure, {surface: row[band] for surface, row in rows.items()})
            found[name] = replace(optics, panes=panes)
            check_optics(enclosure, found[name])
        except BbrModelError as error:
            raise type(error)(f"{name}: {error}") from error
    return found


__all__ = ["LightPlan", "plan_light"]
