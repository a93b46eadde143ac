"""One look for all figures, safe for color-blind readers; needs no display and no global state."""

from __future__ import annotations

import io
from contextlib import AbstractContextManager
from typing import Any, Final

import matplotlib as mpl
import matplotlib.style
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from dnawire.junction import Duplex

PREDICTED: Final = "#D55E00"
REFERENCE: Final = "#9AA5B1"
TRAINING: Final = "#0072B2"
VALIDATION: Final = "#D55E00"
BEST: Final = "#009E73"
MARK: Final = "#6B7280"
INK: Final = "#1F2933"
FAINT: Final = "#E5E7EB"

LINES: Final = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
"""Colors of lines that stand side by side (Okabe and Ito, https://jfly.uni-koeln.de/color/)."""

DENSITY_MAP: Final = LinearSegmentedColormap.from_list(
    "density", mpl.colormaps["YlGnBu"](np.linspace(0.25, 1.0, 256))
)
"""From few to many on white paper: rare values stay pale."""

MINUS: Final = "\N{MINUS SIGN}"
_SUPERSCRIPTS: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

HOPPING_MAP: Final = "RdBu_r"
ONSITE_MAP: Final = "BrBG"
LDOS_MAP: Final = "viridis"
DIFFERENCE_MAP: Final = "PuOr_r"

_SCREEN_DPI: Final = 100.0

_SETTINGS: Final[dict[str, Any]] = {
    "figure.constrained_layout.use": True,
    "figure.facecolor": "white",
    "savefig.dpi": 150,
    "svg.hashsalt": "dnawire",
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": MARK,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=LINES),
    "grid.color": "#E5E7EB",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "round",
    "xtick.color": MARK,
    "ytick.color": MARK,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


def style() -> AbstractContextManager[None]:
    """Draw and save in the style of this package, whatever the settings of the user are."""
    return mpl.style.context(_SETTINGS, after_reset=True)


class ShownFigure(Figure):
    """Figure that shows itself in a notebook, where nobody has imported pyplot."""

    def _repr_png_(self) -> bytes:
        return shown(self)


def new_figure(width: float, height: float) -> Figure:
    """Figure of the given size in inches, which no window manager knows of."""
    return ShownFigure(figsize=(width, height), layout="constrained")


def shown(figure: Figure) -> bytes:
    """Image of a figure as PNG, in the style of this package."""
    with style():
        return png(figure, _SCREEN_DPI)


def png(figure: Figure, dpi: float) -> bytes:
    """Image of a figure in the style of the moment; ``Figure.savefig`` would draw it twice."""
    image = io.BytesIO()
    figure.set_dpi(dpi)
    FigureCanvasAgg(figure).print_png(image, metadata={"Software": None})
    return image.getvalue()


def power_label(decades: float, position: float) -> str:
    """Label of a tick, for example 10⁻³, as plain text: the parser of formulas is slow."""
    del position
    return f"10{f'{decades:.0f}'.translate(_SUPERSCRIPTS)}"


def note(ax: Axes, text: str) -> None:
    """Write a few lines into the upper left corner of the axes."""
    ax.text(
        0.03,
        0.97,
        text,
        transform=ax.transAxes,
        verticalalignment="top",
        linespacing=1.4,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 2.0},
    )


def legend_above(ax: Axes) -> None:
    """Put the legend above the axes, where no line can run through it."""
    ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=4,
        borderaxespad=0.1,
        borderpad=0.2,
        columnspacing=1.4,
        handlelength=1.6,
    )


def set_title(figure: Figure, title: str, duplex: Duplex | None = None) -> None:
    """Write the title of a figure, and a duplex, shortened if need be, above its left edge."""
    limit = int(9.0 * figure.get_figwidth())
    if duplex is not None:
        title = f"{title}: {duplex_label(duplex, limit - len(title) - 3)}"
    figure.suptitle(
        shortened(title, limit),
        x=0.01,
        horizontalalignment="left",
        fontweight="bold",
        fontsize=10.5,
    )


def literal(text: str) -> str:
    """Text that is drawn as it is, whatever a user has named: no part of it is a formula."""
    return text.replace("$", r"\$")


def shortened(text: str, limit: int) -> str:
    """Text that fits into a number of characters: what is too long loses its middle."""
    if len(text) <= limit:
        return text
    end = (limit - 1) // 2
    return f"{text[: limit - 1 - end]}…{text[len(text) - end :]}"


def duplex_label(duplex: Duplex, limit: int) -> str:
    """Text of a duplex in about so many characters: each strand keeps its two ends."""
    strands = duplex.text.split("/")
    return "/".join(shortened(strand, max(3, limit // len(strands))) for strand in strands)
