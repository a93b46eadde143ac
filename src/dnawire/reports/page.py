"""The report as one HTML file: text is escaped, figures and scripts are inside of it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

_SCRIPTS: Final = (
    "ladder.js",
    "greens.js",
    "poles.js",
    "conductance.js",
    "charts.js",
    "drawing.js",
    "explorer.js",
)
_SLIDERS: Final = (
    ("fermi", "Fermi level"),
    ("gamma", "Coupling gamma of the contacts"),
    ("coupling", "Coupling of the probes"),
    ("eta", "Imaginary energy eta"),
)


@dataclass(frozen=True)
class PageTable:
    """A table.

    Parameters
    ----------
    caption
        What it shows.
    head
        Names of the columns.
    rows
        Cells; the first names the row.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class PagePicture:
    """A picture, or why there is none.

    Parameters
    ----------
    alt
        What it shows, for who cannot see it; without a picture, why there is none.
    caption
        Above it.
    svg
        Image.
    width
        Its width in pixels where there is room.
    junction
        Text of both strands and both contacts, which the page draws as a ladder, instead.
    """

    alt: str
    caption: str = ""
    svg: bytes = b""
    width: int = 0
    junction: Mapping[str, str] | None = None

    @property
    def base64(self) -> str:
        """The image as text."""
        return base64.b64encode(self.svg).decode("ascii")


@dataclass(frozen=True)
class PageSection:
    """A section: a few lines, tables, and rows of pictures side by side."""

    title: str
    text: str = ""
    tables: Sequence[PageTable] = ()
    rows: Sequence[Sequence[PagePicture]] = ()

    @property
    def width(self) -> int:
        """Width in pixels of the widest picture where there is room; 0 if none has one."""
        return max((one.width for row in self.rows for one in row), default=0)


@dataclass(frozen=True)
class Page:
    """What a report says, before the explorer."""

    title: str
    subtitle: str
    footer: str
    warnings: Sequence[str] = ()
    sections: Sequence[PageSection] = field(default=())


def numerics() -> str:
    """The part of the script that computes and needs no page."""
    return "".join(map(_packaged, _SCRIPTS[:4]))


def rendered(page: Page, explorer: Mapping[str, Any]) -> str:
    """HTML of a report; the same page gives the same text.

    All text is escaped, and a policy in the head keeps a browser from running any script but the
    one of this package and from loading anything.

    Parameters
    ----------
    page
        What it says.
    explorer
        See `explorer_data`.
    """
    scripts = "".join(map(_packaged, _SCRIPTS))
    script = f'"use strict";\n(() => {{\n{scripts}}})();\n'
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    template = environment.from_string(_packaged("template.html"))
    return template.render(
        page=page,
        sliders=_SLIDERS,
        style=Markup(_packaged("style.css")),
        script=Markup(script),
        script_digest=Markup(digest),
        data=Markup(_embedded(explorer)),
    )


def _embedded(values: Mapping[str, Any]) -> str:
    """JSON that cannot end the element of a script."""
    return json.dumps(values, allow_nan=False).replace("<", "\\u003c")


def _packaged(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text("utf-8")
