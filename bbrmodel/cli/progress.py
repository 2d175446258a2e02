"""A progress bar on a terminal, nothing elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

_HOURS_FROM_S = 7200.0


@dataclass(frozen=True)
class Bar:
    """A bar that shows how far the work has come, and of a run in time also the time and the step."""

    progress: Progress
    task: TaskID
    title: str

    def __call__(self, done: int, total: int) -> None:
        """Show that part of the work is done."""
        self.progress.update(self.task, completed=done, total=total, description=self.title)

    def in_time(self, time_s: float, end_s: float, steps: int) -> None:
        """Show how far a run in time has come."""
        unit, name = (3600.0, "h") if end_s > _HOURS_FROM_S else (1.0, "s")
        text = f"{self.title}: step {steps}, {time_s / unit:.4g} of {end_s / unit:.4g} {name}"
        self.progress.update(self.task, completed=int(time_s), total=int(end_s), description=text)


@contextmanager
def progress_bar(console: Console, title: str, *, quiet: bool = False) -> Iterator[Bar | None]:
    """Yield a bar to call, or None where nobody watches."""
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        yield Bar(bar, bar.add_task(title, total=None), title)


__all__ = ["Bar", "progress_bar"]
