"""The app: options before the command, and the list of commands."""

from collections.abc import Callable
from typing import Annotated

import typer

import bbrmodel
from bbrmodel.cli import inspect_commands, run_commands, uncertainty
from bbrmodel.cli.budget import budget
from bbrmodel.cli.conductance import conductance
from bbrmodel.cli.converge import converge
from bbrmodel.cli.report import report
from bbrmodel.cli.settings import LogLevel, Settings, install_logging
from bbrmodel.cli.shift import shift

app = typer.Typer(
    name="bbrmodel",
    help="Blackbody radiation at the ion of an optical clock: from a design file to the clock shift.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"bbrmodel {bbrmodel.__version__}")
        raise typer.Exit


@app.callback()
def start(
    context: typer.Context,
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.", envvar="BBRMODEL_DEBUG")] = False,
    log_level: Annotated[LogLevel, typer.Option(help="Log lines on stderr.")] = LogLevel.warning,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Set up logging before any command."""
    context.ensure_object(Settings).debug = debug
    install_logging(log_level)


_COMMANDS: dict[str, Callable[..., None]] = {
    "run": run_commands.run,
    "solve": run_commands.solve,
    "ion": run_commands.ion,
    "plot": run_commands.plot,
    "study": run_commands.study,
    "mesh": inspect_commands.mesh,
    "check": inspect_commands.check,
    "view-factors": inspect_commands.view_factors,
    "exchange": inspect_commands.exchange,
    "conductance": conductance,
    "converge": converge,
    "uncertainty": uncertainty.uncertainty,
    "bracket": uncertainty.bracket,
    "sensors": uncertainty.sensors,
    "shift": shift,
    "budget": budget,
    "report": report,
    "list": inspect_commands.list_names,
    "doctor": inspect_commands.doctor,
}
_EXAMPLES = {"shift": "Example: bbrmodel shift --clock ca40p_729 --temperature 79.5"}
for _name, _command in _COMMANDS.items():
    app.command(_name, epilog=_EXAMPLES.get(_name))(_command)

__all__ = ["app"]
