"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Case file, or name of a shipped case.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the case by its dotted path; repeatable."),
]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="DIR", help="Result directory; by default results/<case>/<number>."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an earlier result in the output directory.")]
PlotOption = Annotated[bool, typer.Option("--plot/--no-plot", help="Draw pictures of the result.")]
RestartOption = Annotated[
    bool, typer.Option("--restart", help="Go on with a run in time that stopped, from its checkpoint.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]

__all__ = [
    "CaseArgument",
    "ForceOption",
    "JsonOption",
    "OutputOption",
    "PlotOption",
    "QuietOption",
    "RestartOption",
    "SetOption",
]
