"""Files of predictions: a table, spectra, LDOS and Hamiltonians, figures beside their numbers."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dnawire import plots
from dnawire.api.prediction_tables import average_table, name_columns, summary_table
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.spread_tables import band_columns
from dnawire.errors import UsageError
from dnawire.quantities import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from dnawire.api.predictions import Predictions

MEMBERS: Final = RESULT_NAMES["predict"]
"""Names of all files that can be written."""

_LDOS: Final = BY_NAME["ldos"].column
_SUMMARY, _AVERAGES = "summary.csv", "averages.csv"
_LONGEST_NAME: Final = 40
_DRAWN: Final = 60
"""Predictions of which figures are drawn, which take a second each."""

_logger = logging.getLogger(__name__)


def write_predictions(folder: Path, predictions: Predictions) -> None:
    """Write all that is known of some junctions; figures of the first `_DRAWN` alone.

    Raises
    ------
    NotWritableError
        The system refuses.
    """
    plots.save_table(folder / _SUMMARY, summary_table(predictions))
    _write_spectra(folder, predictions)
    _write_maps(folder, predictions)
    if len(predictions) > _DRAWN:
        _logger.info(
            "figures are drawn of the first %d of %d sequences; the tables have all",
            _DRAWN,
            len(predictions),
        )


def drawn_spectra(predictions: Predictions) -> Figure:
    """Figure of T(E) and DOS(E), with the intervals of members.

    Raises
    ------
    UsageError
        If there are more junctions than colors.
    """
    setup, size = predictions.setup, len(plots.LINES)
    if not 0 < len(predictions) <= size:
        raise UsageError(
            f"{len(predictions)} junctions in one figure, which has {size} colors",
            f"Draw some of them, e.g. result[:{size}].plot().",
        )
    known, summaries = setup.calibration, [one.summary for one in predictions]
    told = "" if known is None else f"; shaded: {known.coverage:.0%} intervals"
    return plots.spectra_figure(
        [one.spectra for one in summaries],
        f"Predicted by {setup.predictor.name}",
        setup.footer + told,
        setup.asked.fermi_energy,
        [None if one.spread is None else one.spread.bands for one in summaries],
    )


def write_averages(folder: Path, predictions: Predictions) -> None:
    """Write the averages over patterns.

    Raises
    ------
    NotWritableError
        The system refuses.
    """
    plots.save_table(folder / _AVERAGES, average_table(predictions.averages))


def _write_spectra(folder: Path, predictions: Predictions) -> None:
    size = len(plots.LINES)
    pages = [predictions[start : start + size] for start in range(0, len(predictions), size)]
    for number, page in enumerate(pages, start=1):
        stem = folder / ("spectra" if len(pages) == 1 else f"spectra_{number}")
        records = [one.resolved for one in page]
        sizes = [len(one.energies) for one in records]
        names = {
            name: (unit, np.repeat(values, sizes))
            for name, (unit, values) in name_columns(page).items()
        }
        spreads = [one.summary.spread for one in page]
        bands = band_columns([one for one in spreads if one is not None])
        table = {**names, **plots.spectra_table(records), **bands}
        if number * size <= _DRAWN or number == 1:
            plots.save_figure(page.plot(), stem, table)
        else:
            plots.save_table(stem.with_suffix(".csv"), table)


def _write_maps(folder: Path, predictions: Predictions) -> None:
    """LDOS and Hamiltonians, where they are known."""
    for number, one in enumerate(predictions, start=1):
        duplex = one.junction.duplex
        name = f"{number}_{duplex.text.replace('/', '-')[:_LONGEST_NAME]}"
        if _LDOS in one.record.spectra:
            table = plots.ldos_table(one.record)
            _save(one.plot_ldos, folder / f"ldos_{name}", table, is_drawn=number <= _DRAWN)
        if predictions.setup.predictor.knows_hamiltonian:
            table = plots.hamiltonian_table(duplex, hamiltonian=one.hamiltonian)
            draw, stem = one.plot_hamiltonian, folder / f"hamiltonian_{name}"
            _save(draw, stem, table, is_drawn=number <= _DRAWN)


def _save(draw: Callable[[], Figure], stem: Path, table: plots.Table, *, is_drawn: bool) -> None:
    if is_drawn:
        plots.save_figure(draw(), stem, table)
    else:
        plots.save_table(stem.with_suffix(".csv"), table)
