"""Where bbrmodel finds the cases it ships and keeps what it may throw away."""

import os
from pathlib import Path

CHECKPOINT_FILE = "checkpoint.npz"  # in the directory of a run in time that has not ended


def geometries_dir() -> Path:
    """Return the directory of the shipped cases: inside an installed package, else beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    packaged = package / "geometries"
    return packaged if packaged.is_dir() else package.parent / "geometries"


def cache_dir() -> Path:
    """Return where meshes and view factors are cached; the directory need not exist yet.

    `$BBRMODEL_CACHE` wins, then `$XDG_CACHE_HOME/bbrmodel`, then `~/.cache/bbrmodel`.
    """
    own = os.environ.get("BBRMODEL_CACHE")
    if own:
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base).expanduser() if base else Path.home() / ".cache") / "bbrmodel"


__all__ = ["CHECKPOINT_FILE", "cache_dir", "geometries_dir"]
