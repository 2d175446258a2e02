"""Reads the material data file once; what its keys mean is in the file's header."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def material_data() -> dict[str, Any]:
    """Return the parsed materials.toml. Treat it as read-only: every caller gets the same one."""
    return tomllib.loads(files("bbrmodel.materials").joinpath("data/materials.toml").read_text(encoding="utf-8"))


__all__ = ["material_data"]
