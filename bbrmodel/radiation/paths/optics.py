r"""What a facet does to the light of one band: absorb, reflect (diffusely or as a mirror), let pass.

Of light that falls on a facet, the part :math:`\alpha` is absorbed and :math:`\tau` passes; of the rest the share
`specularity` is reflected as by a mirror and the remainder diffusely. A facet with a refractive index n + ik takes
:math:`\alpha(\theta)` from Fresnel's formulas for unpolarised light instead of a constant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bbrmodel.errors import ConfigError, UnknownSurfaceError, suggest
from bbrmodel.materials.spectral_metals import hemispherical_emissivity
from bbrmodel.radiation.enclosure import Enclosure
from bbrmodel.radiation.paths.panes import Panes, check_panes
from bbrmodel.typing import BoolArray, FloatArray, IntArray

# Where light goes that passes a facet.
OPAQUE = 0  # nothing passes
FACE = 1  # one face of a pane that is a body: goes on inside, mirrored by what else bounds it, to the next face
SHELL = 2  # a pane that is a single sheet, alike from both sides: goes straight on
OUTLET = 3  # a window to the outside: leaves the model for the environment
_PASSES = (FACE, SHELL, OUTLET)


@dataclass(frozen=True)
class PathOptics:
    """Optics of every facet in one band, arrays of shape (num_facets,).

    Attributes
    ----------
    absorptivity
        [-], 0..1; hemispherical. Not read where `n` > 0.
    specularity
        [-], 0..1, mirror-like share of the light that is reflected.
    transmittance
        [-], 0..1, at every angle; absorptivity + transmittance <= 1.
    passage
        OPAQUE, FACE, SHELL or OUTLET: where transmitted light goes.
    n, k
        [-], complex refractive index of metals; n = 0: a constant absorptivity. Metals are opaque.
    panes
        What bounds the bodies that light passes; None: all facets bound one pane.
    """

    absorptivity: FloatArray
    specularity: FloatArray
    transmittance: FloatArray
    passage: IntArray
    n: FloatArray
    k: FloatArray
    panes: Panes | None = None

    @property
    def has_panes(self) -> bool:
        """True where light passes a body."""
        return bool(((self.passage == FACE) & (self.transmittance > 0.0)).any())

    @cached_property
    def hemispherical(self) -> FloatArray:
        """Return the hemispherical absorptivity, with the mean over directions where Fresnel's formulas hold."""
        result = np.array(self.absorptivity, dtype=np.float64)
        metal = np.flatnonzero(self.n > 0.0)
        if len(metal):
            index = self.n[metal] + 1j * self.k[metal]
            different, inverse = np.unique(index, return_inverse=True)
            result[metal] = hemispherical_emissivity(different.real, different.imag)[inverse.reshape(-1)]
        return result

    @property
    def is_diffuse(self) -> bool:
        """True when the radiosity method describes these optics: opaque, diffuse and alike from all directions."""
        return not (self.specularity.any() or self.transmittance.any() or self.n.any())


@dataclass(frozen=True)
class SurfaceOptics:
    """Optics of a named surface in one band; see `PathOptics`."""

    absorptivity: float = 1.0
    specularity: float = 0.0
    transmittance: float = 0.0
    passage: int = OPAQUE
    n: float = 0.0
    k: float = 0.0


def diffuse_optics(absorptivity: FloatArray, mirror: FloatArray | None = None) -> PathOptics:
    """Return opaque optics from an absorptivity per facet; diffuse, but for a mirror reflectivity if given.

    Parameters
    ----------
    absorptivity
        shape (num_facets,), [-], 0..1.
    mirror
        shape (num_facets,), [-]: the part of all arriving light that is reflected as by a mirror, as in
        `bbrmodel.radiation.view_factors.compute_view_factors`.

    Raises
    ------
    ConfigError
        A facet reflects more than it does not absorb.
    """
    taken = np.asarray(absorptivity, dtype=np.float64)
    nothing = np.zeros(len(taken))
    share = nothing
    if mirror is not None:
        over = mirror + taken - 1.0
        if over.max(initial=0.0) > 1e-9:
            worst = int(over.argmax())
            raise ConfigError(f"facet {worst}: mirror reflectivity {mirror[worst]:g} + absorptivity exceed 1.")
        share = np.clip(np.divide(mirror, 1.0 - taken, out=np.zeros(len(taken)), where=taken < 1.0), 0.0, 1.0)
    return PathOptics(taken, share, nothing, nothing.astype(np.int64), nothing, nothing)


def optics_of_surfaces(enclosure: Enclosure, surfaces: Mapping[str, SurfaceOptics]) -> PathOptics:
    """Return facet optics from one `SurfaceOptics` for each surface that radiates.

    Raises
    ------
    UnknownSurfaceError
        A name is not a surface of the enclosure.
    ConfigError
        A surface that radiates has no optics, or values cannot be meant (see `check_optics`).
    """
    names = enclosure.surface_names
    for name in surfaces:
        if name not in names:
            raise UnknownSurfaceError(f"surface '{name}' is not in the enclosure.{suggest(name, names)}")
    used = {names[s] for s in np.unique(enclosure.surface[enclosure.radiates])}
    missing = sorted(used - set(surfaces))
    if missing:
        raise ConfigError(f"surface '{missing[0]}' has no optics: every surface that radiates needs some.")
    rows = [surfaces.get(name, SurfaceOptics()) for name in names]

    def spread(attribute: str) -> FloatArray:
        """Return one value per facet."""
        return np.array([float(getattr(row, attribute)) for row in rows])[enclosure.surface]

    optics = PathOptics(
        spread("absorptivity"),
        spread("specularity"),
        spread("transmittance"),
        spread("passage").astype(np.int64),
        spread("n"),
        spread("k"),
    )
    check_optics(enclosure, optics)
    return optics


def check_optics(enclosure: Enclosure, optics: PathOptics) -> None:
    """Raise unless the optics conserve energy and every path can end.

    Raises
    ------
    ConfigError
        An array has the wrong length, a share lies outside 0..1, a metal transmits, light passes a pane in one way
        otherwise than in the other, or nothing absorbs.
    """
    here = enclosure.radiates
    columns = {name: getattr(optics, name) for name in ("absorptivity", "specularity", "transmittance")}
    for name, values in (columns | {"passage": optics.passage, "n": optics.n, "k": optics.k}).items():
        if values.shape != (enclosure.num_facets,):
            raise ConfigError(f"optics.{name} has shape {values.shape}: one value per facet is needed.")
    for name, values in columns.items():
        _refuse(enclosure, here & ~((values >= 0.0) & (values <= 1.0)), f"{name} must lie in 0..1", values)
    total = optics.absorptivity + optics.transmittance
    opaque = optics.n == 0.0
    _refuse(enclosure, here & opaque & (total > 1.0 + 1e-12), "absorptivity + transmittance must not exceed 1", total)
    through = optics.transmittance > 0.0
    wrong = here & through & ~np.isin(optics.passage, _PASSES)
    _refuse(enclosure, wrong, "what transmits must say where light goes (passage)", optics.transmittance)
    _refuse(enclosure, here & through & ~opaque, "a surface with n, k must not transmit", optics.transmittance)
    if optics.panes is not None:
        check_panes(enclosure, optics.panes, here & (optics.passage == FACE), optics.transmittance)
    ends = optics.hemispherical[here].max(initial=0.0) > 0.0 or enclosure.has_environment
    if not (ends or (here & (optics.passage == OUTLET) & through).any()):
        raise ConfigError(
            "no surface absorbs and the model is closed: light would never end. Give one an absorptivity."
        )


def _refuse(enclosure: Enclosure, wrong: BoolArray, rule: str, values: FloatArray) -> None:
    """Raise for the first facet that breaks a rule."""
    if wrong.any():
        facet = int(np.flatnonzero(wrong)[0])
        raise ConfigError(f"surface '{enclosure.name_of(facet)}', facet {facet}: {rule}, not {values[facet]:g}.")


__all__ = [
    "FACE",
    "OPAQUE",
    "OUTLET",
    "SHELL",
    "PathOptics",
    "SurfaceOptics",
    "check_optics",
    "diffuse_optics",
    "optics_of_surfaces",
]
