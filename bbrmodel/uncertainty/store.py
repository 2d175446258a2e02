"""Keeps what a study has solved under its content, so that an interrupted one goes on where it was."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bbrmodel.results import case_hash
from bbrmodel.spec import Case

# Raise when what is stored, or how it is found, changes.
_FORMAT = 2


@dataclass(frozen=True)
class Store:
    """A folder with one small file for each result of one case."""

    folder: Path

    def get(self, *what: object) -> Any:
        """Return a stored result, None where there is none that can be read."""
        path = self._path(what)
        if not path.is_file():
            return None
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            path.unlink(missing_ok=True)  # half written by a process that was killed
            return None

    def put(self, value: Any, *what: object) -> None:
        """Keep a result of plain values."""
        path = self._path(what)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.stem}-{os.getpid()}")
        partial.write_text(json.dumps(value), encoding="utf-8")
        partial.replace(path)

    def _path(self, what: tuple[object, ...]) -> Path:
        return self.folder / f"{hashlib.sha256(repr(what).encode()).hexdigest()[:24]}.json"


def open_store(case: Case, cache: Path, kind: str) -> Store:
    """Return the store of one kind of study of a case."""
    return Store(cache / kind / f"{case_hash(case)[:24]}-{_FORMAT}")


__all__ = ["Store", "open_store"]
