"""Files of a design: ranking, progress, settings, spectra and figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dnawire import __version__
from dnawire.api.conditions import Setup
from dnawire.api.design_question import DesignQuestion
from dnawire.inference import Evaluator, Target, WantedSpectrum

if TYPE_CHECKING:
    from dnawire.api.design import Design
    from dnawire.plots import Table

_LARGEST_IN_FULL: Final = 10**12


def write_design(folder: Path, design: Design) -> None:
    """Write all tables, and the figure if a sequence was found.

    Raises
    ------
    NotWritableError
        The system refuses.
    """
    from dnawire import plots

    plots.save_table(folder / "settings.csv", design.settings())
    plots.save_table(folder / "ranking.csv", design.table())
    plots.save_table(folder / "progress.csv", design.progress)
    wanted = design.wanted()
    if wanted is not None:
        plots.save_table(folder / "wanted.csv", wanted)
    if len(design):
        records = design.records()
        table = plots.spectra_table([record for row in records for record in row])
        plots.save_figure(design.figure(records), folder / "design", table)


def settings_table(
    question: DesignQuestion,
    target: Target,
    evaluator: Evaluator,
    setup: Setup,
    found: Mapping[str, Any],
) -> Table:
    """All that shapes a design, by name: conditions, flags, and how the search went."""
    asked = setup.asked
    rows: dict[str, Any] = {
        "dnawire": __version__,
        "model": setup.predictor.name,
        "left_contact": evaluator.left.text,
        "right_contact": evaluator.right.text,
        "energy_min": float(evaluator.energies[0]),
        "energy_max": float(evaluator.energies[-1]),
        "num_energy_points": len(evaluator.energies),
        "eta": evaluator.eta,
        "fermi_energy": asked.fermi_energy,
        "temperature": asked.temperature,
        "conductance_from_grid": asked.conductance_from_grid,
        **{one.name: getattr(question, one.name) for one in fields(DesignQuestion)},
        "spectrum": target.origin if isinstance(target, WantedSpectrum) else None,
        "described": target.description,
        **found,
    }
    return {"setting": ("", list(rows)), "value": ("", [_plain(one) for one in rows.values()])}


def number_text(number: float) -> str:
    """Number of sequences; a large one is rounded."""
    return f"{number:,.0f}" if number < _LARGEST_IN_FULL else f"about {number:.1e}"


def _plain(value: object) -> str:
    """Text of a value; empty if there is none."""
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return "" if value is None else str(value)
