"""Files of predictions: a table, spectra, LDOS and Hamiltonians, figures beside their numbers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dnawire import plots
from dnawire.api.prediction_tables import summary_table
from dnawire.quantities import BY_NAME

if TYPE_CHECKING:
    from dnawire.api.prediction import Predictions

MEMBERS: Final = re.compile(
    r"summary\.csv|(spectra(_\d+)?|(hamiltonian|ldos)_\d+_[ACGT_-]+)\.(png|svg|csv)"
)
"""Names of all files that can be written."""

_LDOS: Final = BY_NAME["ldos"].column
_SUMMARY: Final = "summary.csv"
_LONGEST_NAME: Final = 40


def write_predictions(folder: Path, predictions: Predictions) -> None:
    """Write all that is known of some junctions.

    Raises
    ------
    NotWritableError
        The system refuses.
    """
    plots.save_table(folder / _SUMMARY, summary_table(predictions))
    size = len(plots.LINES)
    pages = [predictions[start : start + size] for start in range(0, len(predictions), size)]
    for number, page in enumerate(pages, start=1):
        stem = "spectra" if len(pages) == 1 else f"spectra_{number}"
        numbers = plots.spectra_table([one.resolved for one in page])
        plots.save_figure(page.plot(), folder / stem, numbers)
    for number, one in enumerate(predictions, start=1):
        duplex = one.junction.duplex
        name = f"{number}_{duplex.text.replace('/', '-')[:_LONGEST_NAME]}"
        if _LDOS in one.record.spectra:
            table = plots.ldos_table(one.record)
            plots.save_figure(one.plot_ldos(), folder / f"ldos_{name}", table)
        if predictions.setup.predictor.knows_hamiltonian:
            table = plots.hamiltonian_table(duplex, hamiltonian=one.hamiltonian)
            plots.save_figure(one.plot_hamiltonian(), folder / f"hamiltonian_{name}", table)
