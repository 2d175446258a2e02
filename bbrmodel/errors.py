"""The errors that a user can cause, and the wording they share.

A message says where, what is wrong with which value, which rule it breaks and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class BbrModelError(Exception):
    """Base of every error that the command line reports in one line with exit status 2."""

    def __str__(self) -> str:
        """Return the plain message; `KeyError` would put quotes round it."""
        return str(self.args[0]) if self.args else self.__class__.__name__


class ConfigError(BbrModelError, ValueError):
    """A case or study file says something that cannot be meant; `problems` lists every finding."""

    def __init__(self, message: str, problems: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class GeometryError(BbrModelError, ValueError):
    """Parts overlap, a gap closes, or the ion lies inside a body."""


class MeshError(BbrModelError, ValueError):
    """A mesh cannot be read, is empty, or breaks a quality limit."""


class UnknownNameError(BbrModelError, KeyError):
    """A body, surface, material, clock or case of that name does not exist."""


class UnknownSurfaceError(UnknownNameError):
    """A surface name is not in the mesh."""


class EnclosureError(BbrModelError, ValueError):
    """Radiation escapes: an open cavity, a flipped facet, a lost ray."""


class PropertyRangeError(BbrModelError, ValueError):
    """A property was asked for outside the range its source covers."""


class ConvergenceError(BbrModelError, RuntimeError):
    """An iteration did not reach its tolerance; the message holds the history."""


class MissingDependencyError(BbrModelError, ImportError):
    """A package that this step needs is not installed."""


class ResultExistsError(BbrModelError, FileExistsError):
    """Writing would overwrite a result that somebody computed."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest known name, else the list of what is known."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f" Did you mean '{close[0]}'?"
    if not names:
        return ""
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f" Known: {shown}."


__all__ = [
    "BbrModelError",
    "ConfigError",
    "ConvergenceError",
    "EnclosureError",
    "GeometryError",
    "MeshError",
    "MissingDependencyError",
    "PropertyRangeError",
    "ResultExistsError",
    "UnknownNameError",
    "UnknownSurfaceError",
    "suggest",
]
