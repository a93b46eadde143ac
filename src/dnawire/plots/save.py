"""Figures to files: the same figure gives the same bytes, and its numbers lie beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from dnawire.errors import NotWritableError
from dnawire.files.durable import replace_atomically
from dnawire.plots.style import png, style
from dnawire.quantities import column_name

Table = Mapping[str, tuple[str, Sequence[Any] | np.ndarray[Any, Any]]]
"""Columns by name: unit (empty if there is none) and values."""

SUFFIXES: Final = (".png", ".svg", ".csv")


def save_figure(figure: Figure, stem: Path, table: Table) -> list[Path]:
    """Write a figure as PNG and SVG, and its numbers as CSV beside it.

    Parameters
    ----------
    figure
        The figure.
    stem
        Path without suffix; its folder is made if need be.
    table
        The numbers that are drawn.

    Returns
    -------
    list of Path
        The three files.

    Raises
    ------
    NotWritableError
        If the system refuses.
    """
    paths = figure_paths(stem)
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        with style():
            # One layout for all files: each would look for its own, which costs as much as drawing.
            if layout := figure.get_layout_engine():
                layout.execute(figure)
            figure.set_layout_engine("none")
            images = png(figure, mpl.rcParams["savefig.dpi"]), _svg(figure)
            for path, image in zip(paths, images, strict=False):
                replace_atomically(path, image)
    except OSError as error:
        raise _not_writable(stem, error) from error
    save_table(paths[-1], table)
    return paths


def svg(figure: Figure) -> bytes:
    """Image of a figure as SVG, in the style of this package."""
    with style():
        return _svg(figure)


def _svg(figure: Figure) -> bytes:
    image = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(image, metadata={"Date": None})
    return image.getvalue()


def figure_paths(stem: Path) -> list[Path]:
    """Files that `save_figure` writes."""
    return [stem.with_name(stem.name + suffix) for suffix in SUFFIXES]


def save_table(path: Path, table: Table) -> None:
    """Write columns as CSV: their names with units, as in ``energy_eV``, then a row for each value.

    Parameters
    ----------
    path
        File to write.
    table
        Columns of equal length.

    Raises
    ------
    NotWritableError
        If the system refuses.
    """
    rows: Iterable[tuple[Any, ...]] = zip(
        *(np.asarray(values).tolist() for _, values in table.values()), strict=True
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column_name(name, unit) for name, (unit, _) in table.items())
    writer.writerows(rows)
    try:
        replace_atomically(path, text.getvalue().encode())
    except OSError as error:
        raise _not_writable(path, error) from error


def _not_writable(path: Path, error: OSError) -> NotWritableError:
    return NotWritableError(
        f"{path} cannot be written: {error.strerror or error}.",
        "choose another folder, or mend its permissions or quota.",
    )
