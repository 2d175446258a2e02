"""What each input changes, over the whole range of its coordinate: every variant is set up once, and serves all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bbrmodel.conduction.terms import Term
from bbrmodel.errors import ConfigError
from bbrmodel.radiation.light_classes import BandOptics, SourceOptics
from bbrmodel.typing import FloatArray, Progress
from bbrmodel.uncertainty.curves import nodes_of
from bbrmodel.uncertainty.inputs import Input
from bbrmodel.uncertainty.model import Model, Setup, vary

_PROBE_K = 1.0


@dataclass(frozen=True)
class InputVariants:
    """What one input changes at the nodes of its curve.

    Attributes
    ----------
    numbers
        shape (num_nodes, num_numbers, num_surfaces), change of `log_numbers_of`; None where optics stay.
    given
        shape (num_nodes, num_surfaces + 1), change of `given_of` [K]; None where given temperatures stay.
    terms
        By the index of a heat path that it changes, that path in every variant.
    conducts
        The variants, if the input changes conductivities, else None.
    """

    numbers: FloatArray | None
    given: FloatArray | None
    terms: Mapping[int, tuple[Term, ...]]
    conducts: tuple[Setup, ...] | None


def tabulate_variants(
    model: Model, inputs: Sequence[Input], *, progress: Progress | None = None
) -> tuple[InputVariants, ...]:
    """Return what every input changes.

    Raises
    ------
    ConfigError
        An input changes the mesh or what rays do.
    """
    found = []
    for done, one in enumerate(inputs, start=1):
        found.append(_variants_of(model, one))
        if progress is not None:
            progress(done, len(inputs))
    return tuple(found)


def _variants_of(model: Model, one: Input) -> InputVariants:
    """Return what one input changes."""
    nodes = nodes_of(one)
    ends = {k: _variant(model, one, float(nodes[k])) for k in (0, len(nodes) - 1)}
    moved = sorted({k for end in ends.values() for k in _moved_terms(model, end)})
    conducts = any(end.assignment.curves != model.base.assignment.curves for end in ends.values())
    log_numbers, given = log_numbers_of(model, model.base), given_of(model.base)
    shows = [not np.array_equal(log_numbers_of(model, end), log_numbers) for end in ends.values()]
    moves = [not np.array_equal(given_of(end), given, equal_nan=True) for end in ends.values()]
    if not (moved or conducts or any(shows) or any(moves)):
        return InputVariants(None, None, {}, None)
    setups = tuple(ends.get(k) or _variant(model, one, float(z)) for k, z in enumerate(nodes))
    return InputVariants(
        np.array([log_numbers_of(model, setup) - log_numbers for setup in setups]) if any(shows) else None,
        np.array([np.nan_to_num(given_of(setup) - given) for setup in setups]) if any(moves) else None,
        {k: tuple(setup.terms[k] for setup in setups) for k in moved},
        setups if conducts else None,
    )


def _variant(model: Model, one: Input, z: float) -> Setup:
    """Return the case with one input moved.

    Raises
    ------
    ConfigError
        The input changes the mesh or what rays do.
    """
    setup = vary(model, one.overrides(z))
    if setup is None:
        raise ConfigError(f"{one.name}: changes the mesh or what rays do; such an input cannot be sampled.")
    return setup


def log_numbers_of(model: Model, setup: Setup) -> FloatArray:
    """Return logarithms of what the optics of each surface consist of, (num_numbers, num_surfaces); 0 where it is dark.

    Raises
    ------
    ConfigError
        The classes of light are of another kind.
    """
    surfaces, optics = model.exchange.surfaces, setup.surfaces.optics
    fields: FloatArray
    if isinstance(optics, SourceOptics):
        fields = np.array([optics.e77, optics.e293, optics.a77_293])
    elif isinstance(optics, BandOptics):
        fields = np.asarray(optics.emissivity)
    else:
        raise ConfigError("these classes of light cannot be sampled. Use --method linear.")
    result = np.ones((len(fields), len(surfaces.surface_names)))
    first = np.unique(surfaces.surface, return_index=True)
    result[:, first[0]] = np.where(surfaces.radiates[first[1]], fields[:, first[1]], 1.0)
    return np.log(result)


def given_of(setup: Setup) -> FloatArray:
    """Return given temperatures of surfaces and outside [K]."""
    result = np.full(len(setup.surfaces.surface_names) + 1, np.nan)
    for index, condition in setup.assignment.conditions.items():
        if condition.temperature_K is not None:
            result[index] = condition.temperature_K
    outside = setup.surfaces.environment_temperature_K
    result[-1] = np.nan if outside is None else outside
    return result


def _moved_terms(model: Model, setup: Setup) -> list[int]:
    """Return the heat paths that a variant changes."""
    T: FloatArray = model.solved.T
    probe = T + _PROBE_K * np.sin(np.arange(model.num_nodes))
    return [
        k
        for k, (new, old) in enumerate(zip(setup.terms, model.base.terms, strict=True))
        if not all(np.array_equal(new.heat(at), old.heat(at)) for at in (T, probe))
    ]


__all__ = ["InputVariants", "given_of", "log_numbers_of", "tabulate_variants"]
