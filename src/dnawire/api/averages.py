"""Averages over the sequences that a text with letters like N stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dnawire.errors import UsageError
from dnawire.inference import Average, AverageSpectra, average, average_spectra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from dnawire.api.conditions import Setup
    from dnawire.api.prediction import Prediction


class PatternAverages:
    """What several predictions have, of which some may be meanings of one text."""

    setup: Setup

    if TYPE_CHECKING:

        def __iter__(self) -> Iterator[Prediction]: ...

    @property
    def averages(self) -> dict[str, Average]:
        """Averages of the conductance over the sequences of each pattern, by its text.

        A sequence that is its only meaning is an average of one.

        Raises
        ------
        UsageError
            If no conductance was asked for or is known, or no sequence is one of a pattern.
        """
        groups = self._groups()
        return {
            key: average([one.conductance().conductance_quanta for one in group])
            for key, group in groups.items()
        }

    @property
    def average_spectra(self) -> dict[str, AverageSpectra]:
        """Means of log10 T and log10 DOS at the energies that were asked for, like `averages`.

        Raises
        ------
        UsageError
            If no sequence is one of a pattern.
        """
        groups = self._groups()
        return {
            key: average_spectra([one.record for one in group]) for key, group in groups.items()
        }

    def plot_averages(self) -> Figure:
        """Figure of the mean spectra of each pattern, shaded from its lowest to its highest one.

        Raises
        ------
        UsageError
            If no sequence is one of a pattern, or there are more patterns than colors.
        """
        from dnawire.api.prediction_files import drawn_averages

        return drawn_averages(self.average_spectra, self.setup)

    def _groups(self) -> dict[str, list[Prediction]]:
        """Predictions by the text that they are meanings of."""
        groups: dict[str, list[Prediction]] = {}
        for one in self:
            key = f"{one.name} {one.pattern or one.junction.duplex.text}".strip()
            groups.setdefault(key, []).append(one)
        if not any(one.pattern for one in self):
            raise UsageError(
                "no sequence has a letter that stands for several bases: there is nothing to "
                "average over",
                "Write one with N, R, Y, S, W, K, M, B, D, H or V, e.g. ACGNNCGT.",
            )
        return groups
