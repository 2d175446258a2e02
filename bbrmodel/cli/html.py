"""One HTML file from what the commands print: tables, lines and pictures, readable without anything else."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1b1b1b; max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; margin-bottom: .2rem }
.subtitle { color: #555; margin-bottom: 1rem }
nav { font-size: 13.5px; margin: .8rem 0 }
nav a { margin-right: 1.1rem; color: #00635f }
.lead { background: #eef7f6; border-left: 4px solid #00a7a0; padding: .5rem 1rem; margin: 1rem 0 }
.warnings { background: #fdf3e3; border-left: 4px solid #d98e04; padding: .5rem 1rem; margin: 1rem 0 }
ul { margin: .35rem 0; padding-left: 1.2rem }
summary { cursor: pointer; margin: .6rem 0 }
.wide { overflow-x: auto }
h2 { font-size: 1.15rem; margin-top: 2.2rem; border-bottom: 1px solid #bbb }
table { border-collapse: collapse; margin: 1rem 0; font-size: 13.5px }
caption { text-align: left; font-weight: 600; padding: .3rem 0 }
th, td { padding: .15rem .7rem; text-align: left; vertical-align: top }
th { border-bottom: 1px solid #777; font-weight: 600 }
tr:nth-child(even) td { background: #f5f5f5 }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
figure { margin: 1.2rem 0 }
img { max-width: 100% }
figcaption { color: #555; font-size: 13px }
pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; font-size: 12.5px }
p { margin: .35rem 0 }
@media print {
  h2, caption { break-after: avoid }
  figure, tr { break-inside: avoid }
  nav { display: none }
  img { max-height: 11.5cm }
}
"""


@dataclass
class Collector:
    """Stands in for a console and keeps what is printed: tables as they are, everything else as text."""

    items: list[Table | str] = field(default_factory=list)

    def print(self, *things: object, **_: object) -> None:
        """Keep what would be printed."""
        self.items += [thing if isinstance(thing, Table) else str(thing) for thing in things]


def page(title: str, sections: Iterable[tuple[str, str]], *, subtitle: str = "") -> str:
    """Return a whole page from headings and their HTML; links at its top lead to them."""
    shown = [(heading, content) for heading, content in sections if content]
    body = "\n".join(
        f'<h2 id="part{place}">{escape(heading)}</h2>\n{content}' for place, (heading, content) in enumerate(shown)
    )
    links = "".join(f'<a href="#part{place}">{escape(heading)}</a>' for place, (heading, _) in enumerate(shown))
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    below = f'<p class="subtitle">{escape(subtitle)}</p>\n' if subtitle else ""
    whole = f"<h1>{escape(title)}</h1>\n{below}<nav>{links}</nav>\n{body}"
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>{whole}\n</body></html>\n'


def blocks(items: Iterable[Table | str]) -> str:
    """Return tables as HTML tables, lines as paragraphs, and those that begin with a dash as lists."""
    found = []
    for is_list, group in groupby(items, key=lambda item: isinstance(item, str) and item.startswith("- ")):
        if is_list:
            found.append("<ul>" + "\n".join(f"<li>{escape(str(item)[2:])}</li>" for item in group) + "</ul>")
            continue
        found += [
            f'<div class="wide">{_table(item)}</div>' if isinstance(item, Table) else f"<p>{escape(item)}</p>"
            for item in group
        ]
    return "\n".join(found)


def box(kind: str, content: str) -> str:
    """Return content in a box that stands out, of the kind `lead` or `warnings`; nothing without content."""
    return f'<div class="{escape(kind)}">{content}</div>' if content else ""


def folded(words: str, content: str) -> str:
    """Return content that opens when its words are clicked."""
    return f"<details><summary>{escape(words)}</summary>{content}</details>"


def pictures(found_at: Mapping[Path, str]) -> str:
    """Return PNG files, each with its caption, as figures that carry their data."""
    found = []
    for path, words_of in found_at.items():
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        words = escape(words_of)
        source = f"data:image/png;base64,{data}"
        found.append(f'<figure><img alt="{words}" src="{source}"><figcaption>{words}</figcaption></figure>')
    return "\n".join(found)


def preformatted(text: str) -> str:
    """Return a text in lines as they are."""
    return f"<pre>{escape(text)}</pre>"


def _table(table: Table) -> str:
    aligned = [' class="number"' if column.justify == "right" else "" for column in table.columns]
    head = "".join(f"<th{kind}>{_plain(c.header)}</th>" for c, kind in zip(table.columns, aligned, strict=True))
    columns = [list(column.cells) for column in table.columns]
    rows = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{_plain(cell)}</td>" for cell, kind in zip(row, aligned, strict=True)) + "</tr>"
        for row in zip(*columns, strict=True)
    )
    title = f"<caption>{_plain(table.title)}</caption>" if table.title else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>"


def _plain(cell: Any) -> str:
    return escape(cell.plain if isinstance(cell, Text) else str(cell))


__all__ = ["Collector", "blocks", "box", "folded", "page", "pictures", "preformatted"]
