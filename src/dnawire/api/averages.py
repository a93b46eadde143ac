"""Averages over the sequences that a text with letters like N stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dnawire.errors import UsageError
from dnawire.inference import Average, average

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dnawire.api.prediction import Prediction


class PatternAverages:
    """What several predictions have, of which some may be meanings of one text."""

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
        groups: dict[str, list[float]] = {}
        for one in self:
            key = f"{one.name} {one.pattern or one.junction.duplex.text}".strip()
            groups.setdefault(key, []).append(one.conductance().conductance_quanta)
        if not any(one.pattern for one in self):
            raise UsageError(
                "no sequence has a letter that stands for several bases: there is nothing to "
                "average over",
                "Write one with N, R, Y, S, W, K, M, B, D, H or V, e.g. ACGNNCGT.",
            )
        return {key: average(quanta) for key, quanta in groups.items()}
