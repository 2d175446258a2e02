"""Where a study keeps its points: a result directory and a record each, named by content hash."""

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Store:
    """The directories below a study's directory."""

    directory: Path

    def point_directory(self, key: str) -> Path:
        """Return where the result of a point stands once it is finished."""
        return self.directory / "points" / key

    def log_file(self, key: str) -> Path:
        """Return where a point's process writes what it prints, tracebacks included."""
        return self.directory / "logs" / f"{key}.log"

    def record_file(self, key: str) -> Path:
        """Return where time and error of a point's last attempt stand."""
        return self.directory / "records" / f"{key}.json"

    def prepare(self) -> None:
        """Make the directories and drop what processes that were killed left half written."""
        for name in ("points", "logs", "records"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        for partial in (self.directory / "points").glob(".partial-*"):
            if not _is_alive(partial.name.rpartition("-")[2]):
                shutil.rmtree(partial, ignore_errors=True)

    def read_record(self, key: str) -> dict[str, Any]:
        """Return the record of a point's last attempt, empty if there was none."""
        try:
            record = json.loads(self.record_file(key).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return dict(record)

    def write_record(self, key: str, *, seconds: float, error: str = "") -> None:
        """Write the record of a point whole."""
        path = self.record_file(key)
        partial = path.with_name(f".{path.name}-{os.getpid()}")
        partial.write_text(json.dumps({"seconds": round(seconds, 3), "error": error}) + "\n", encoding="utf-8")
        partial.replace(path)


def _is_alive(pid: str) -> bool:
    """Return whether a process of that number runs; True where the name holds no number."""
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except (ValueError, PermissionError):
        return True
    return True


__all__ = ["Store"]
