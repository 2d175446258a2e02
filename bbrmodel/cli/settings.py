"""What the options before the command set: logging, and where text goes."""

import logging
from dataclasses import dataclass, field
from enum import StrEnum

from rich.console import Console

# Tables must not lose digits where there is no terminal whose width could be asked for.
_WIDTH_WITHOUT_TERMINAL = 160


class LogLevel(StrEnum):
    """Levels of `--log-level`."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


@dataclass
class Settings:
    """Global options of one call; filled by the callback of the app, read by `main` when something fails."""

    debug: bool = False
    out: Console = field(default_factory=lambda: make_console(stderr=False))
    err: Console = field(default_factory=lambda: make_console(stderr=True))


def make_console(*, stderr: bool) -> Console:
    """Return a console that writes plain, wide text where it is not a terminal."""
    console = Console(stderr=stderr, highlight=False)
    if console.is_terminal:
        return console
    return Console(stderr=stderr, highlight=False, width=_WIDTH_WITHOUT_TERMINAL)


def install_logging(level: LogLevel) -> None:
    """Send log lines of bbrmodel, and Python's warnings at level info, to stderr."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("bbrmodel").setLevel(level.upper())
    # Warnings of libraries are for developers; those about the model are in the result.
    logging.captureWarnings(True)
    chatty = level in (LogLevel.debug, LogLevel.info)
    logging.getLogger("py.warnings").setLevel(logging.WARNING if chatty else logging.ERROR)


__all__ = ["LogLevel", "Settings", "install_logging", "make_console"]
