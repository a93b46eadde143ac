"""Several predictions of one model: a table, a figure, files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, overload

from dnawire.api.averages import PatternAverages
from dnawire.api.conditions import Setup
from dnawire.api.prediction import Prediction
from dnawire.api.prediction_tables import (
    conductance_line,
    prediction_rows,
    summary_table,
)
from dnawire.api.savable import Destination, Savable
from dnawire.api.tables import aligned, data_frame, html_image, html_lines, html_table
from dnawire.inference import (
    model_remarks,
    said_of_several,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_SHOWN: Final = 50
"""Rows of a table that is printed."""


class Predictions(PatternAverages, Savable, Sequence[Prediction]):
    """Several predictions of one model. They print as a table, and show themselves in a notebook.

    Parameters
    ----------
    predictions
        At least one.
    setup
        Who was asked, and for what.
    """

    def __init__(self, predictions: Sequence[Prediction], setup: Setup) -> None:
        self._predictions = list(predictions)
        self.setup = setup

    def __len__(self) -> int:
        return len(self._predictions)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...

    @overload
    def __getitem__(self, index: slice) -> Predictions: ...

    def __getitem__(self, index: int | slice) -> Prediction | Predictions:
        """One prediction, or several of them."""
        if isinstance(index, slice):
            return Predictions(self._predictions[index], self.setup)
        return self._predictions[index]

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        return [*self.setup.lines, conductance_line(self.setup)]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then a row for each junction."""
        return prediction_rows(self)

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences: what holds for all of them once."""
        own = [(one.junction.duplex.text, one.own_remarks) for one in self]
        return said_of_several(list(model_remarks(self.setup.predictor)), own)

    def to_dataframe(self) -> pd.DataFrame:
        """The numbers of the table as a pandas data frame, a row for each junction.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return data_frame(summary_table(self))

    def plot(self) -> Figure:
        """Figure of T(E) and DOS(E), resonances resolved.

        Raises
        ------
        UsageError
            If there are more junctions than colors.
        """
        from dnawire.api.prediction_files import drawn_spectra

        return drawn_spectra(self)

    @property
    def _destination(self) -> Destination:
        from dnawire.api.prediction_files import MEMBERS

        return Destination("predictions", self.setup.predictor.name, MEMBERS)

    def write(self, folder: Path) -> None:
        """Write tables and figures into a folder that exists."""
        from dnawire.api.prediction_files import write_predictions

        write_predictions(folder, self)

    def __repr__(self) -> str:
        table = aligned(self.rows[: 1 + _SHOWN])
        return "\n".join([*self.heading, "", *table, *self._remainder])

    def _repr_html_(self) -> str:
        from dnawire.plots import LINES, shown

        parts = [html_lines(self.heading), html_table(self.rows[: 1 + _SHOWN])]
        parts += [html_lines(self._remainder)] if self._remainder else []
        parts += [html_image(shown(self.plot()), "spectra")] if 0 < len(self) <= len(LINES) else []
        return "".join(parts)

    @property
    def _remainder(self) -> list[str]:
        """What is said below the table."""
        more = len(self) - _SHOWN
        rest = [f"{more} more; to_dataframe() has all of them"] if more > 0 else []
        return rest + [f"warning: {one}" for one in self.warnings]
