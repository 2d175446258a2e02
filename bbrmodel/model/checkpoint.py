"""The state of a run in time on disk, from which it goes on as if it had never stopped."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

import bbrmodel
from bbrmodel.errors import ConfigError
from bbrmodel.resources import CHECKPOINT_FILE
from bbrmodel.spec import Case, resolved_toml
from bbrmodel.typing import FloatArray

_FORMAT = 1
_SHOWN = 3  # differences named in a message


@dataclass(frozen=True)
class Checkpoint:
    """Arrays by name, and the words that belong to them."""

    arrays: Mapping[str, FloatArray]
    words: Mapping[str, list[str]]


def identity_of(case: Case, mesh_hash: str) -> str:
    """Return what must be the same for a run to go on."""
    return f"# bbrmodel {bbrmodel.__version__}\n# mesh {mesh_hash}\n{resolved_toml(case)}"


def write_checkpoint(path: Path, checkpoint: Checkpoint, identity: str) -> None:
    """Write a checkpoint; a reader finds the last one or this one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    about = json.dumps({"format": _FORMAT, "identity": identity, "words": dict(checkpoint.words)})
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as stream:
            everything: dict[str, Any] = {"about": np.frombuffer(about.encode(), dtype=np.uint8), **checkpoint.arrays}
            np.savez(stream, **everything)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_checkpoint(path: Path, identity: str) -> Checkpoint:
    """Return what was written last.

    Raises
    ------
    ConfigError
        There is no checkpoint, it cannot be read, or it belongs to another case.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about = json.loads(arrays.pop("about").tobytes().decode())
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no checkpoint to go on from. Run the case without --restart.") from None
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ConfigError(f"{path}: cannot be read as a checkpoint ({error}). Run without --restart.") from None
    if about.get("format") != _FORMAT:
        raise ConfigError(
            f"{path}: format {about.get('format')!r}: this bbrmodel reads {_FORMAT}. Run without --restart."
        )
    if about["identity"] != identity:
        changes = _differences(about["identity"], identity)
        raise ConfigError(
            f"{path}: belongs to another case: {changes}. Go on with the case as it was, or run without --restart."
        )
    return Checkpoint(arrays, about["words"])


def _differences(before: str, now: str) -> str:
    """Return the first lines of two texts that differ."""
    old, new = _by_table(before), _by_table(now)
    changed = [key for key in dict.fromkeys((*old, *new)) if old.get(key) != new.get(key)]
    shown = [f"{key} was {old.get(key, 'absent')}, is {new.get(key, 'absent')}" for key in changed[:_SHOWN]]
    more = len(changed) - _SHOWN
    return "; ".join(shown) + (f"; and {more} more" if more > 0 else "")


def _by_table(text: str) -> dict[str, str]:
    """Return the values of a case as text by table and key."""
    values: dict[str, str] = {}
    table, count = "", 0
    for line in text.splitlines():
        if line.startswith("["):
            count += 1
            table = f"{line} ({count})" if line.startswith("[[") else line
            values[table] = "present"
        elif line.startswith("# "):
            name, _, value = line[2:].partition(" ")
            values[name] = value
        elif line.strip():
            key, _, value = line.partition(" = ")
            values[f"{table} {key}".strip()] = value
    return values


__all__ = ["CHECKPOINT_FILE", "Checkpoint", "identity_of", "read_checkpoint", "write_checkpoint"]
