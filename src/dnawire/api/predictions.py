"""Several predictions of one model: a table, a figure, files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from dnawire.api.averages import PatternAverages
from dnawire.api.conditions import Setup
from dnawire.api.prediction import Prediction
from dnawire.api.prediction_tables import (
    conductance_line,
    prediction_rows,
    summary_table,
)
from dnawire.api.result import Result
from dnawire.api.result_names import RESULT_NAMES
from dnawire.inference import model_remarks, said_of_several

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.plots import Table


class Predictions(PatternAverages, Result, Sequence[Prediction]):
    """Several predictions of one model. They print as a table, and show themselves in a notebook.

    Parameters
    ----------
    predictions
        At least one.
    setup
        Who was asked, and for what.
    """

    below = "predictions"
    members = RESULT_NAMES["predict"]
    unit = "junctions"

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
    def name(self) -> str:
        """Name of the model."""
        return self.setup.predictor.name

    @property
    def num_steps(self) -> int:
        """How many predictions there are."""
        return len(self)

    def steps(self) -> Iterator[None]:
        """Resolve the resonances of one junction after the other."""
        for one in self:
            _ = one.summary
            yield

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        return [*self.setup.lines, conductance_line(self.setup)]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then a row for each junction."""
        return prediction_rows(self)

    @property
    def lines(self) -> list[str]:
        """Nothing is said below the table."""
        return []

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences: what holds for all of them once."""
        own = [(one.junction.duplex.text, one.own_remarks) for one in self]
        return said_of_several(list(model_remarks(self.setup.predictor)), own)

    def table(self) -> Table:
        """The numbers of the table as columns, a row for each junction."""
        return summary_table(self)

    def plot(self) -> Figure:
        """Figure of T(E) and DOS(E), resonances resolved.

        Raises
        ------
        UsageError
            If there are more junctions than colors.
        """
        from dnawire.api.prediction_files import drawn_spectra

        return drawn_spectra(self)

    def picture(self) -> Figure | None:
        """Figure, if there are colors for all."""
        from dnawire.plots import LINES

        return self.plot() if 0 < len(self) <= len(LINES) else None

    def write(self, folder: Path) -> None:
        """Write tables and figures into a folder that exists."""
        from dnawire.api.prediction_files import write_predictions

        write_predictions(folder, self)
