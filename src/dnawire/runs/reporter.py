"""What a person sees of a run: a line per epoch, a bar on a terminal, a row in ``metrics.csv``."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from typing import Self

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from dnawire.quantities import SCORED
from dnawire.runs.outputs import OutputFolder
from dnawire.runs.progress import epoch_line, seconds_left
from dnawire.training.callback import Callback
from dnawire.training.metrics import Scores
from dnawire.training.state import EpochRecord, RunState

logger = logging.getLogger(__name__)


class Reporter(Callback):
    """Reports every finished epoch; the bar is drawn on a terminal only."""

    def __init__(self, folder: OutputFolder, state: RunState, num_epochs: int) -> None:
        self._folder = folder
        self._state = state
        self._num_epochs = num_epochs
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        bar = tqdm(
            total=self._num_epochs,
            initial=self._state.epoch,
            unit="epoch",
            disable=None,
            leave=False,
        )
        self._bar = self._stack.enter_context(bar)
        if not bar.disable:
            loggers = [logging.getLogger("dnawire")]
            self._stack.enter_context(logging_redirect_tqdm(loggers))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def after_epoch(self, record: EpochRecord) -> bool:
        """Report one finished epoch; never stop."""
        is_best = record.epoch == self._state.best_epoch
        left = seconds_left(self._state.history, self._num_epochs)
        logger.info("%s", epoch_line(record, self._num_epochs, left, is_best))
        try:
            self._folder.add_metrics(record)
        except OSError as error:
            logger.error("metrics not written: %s; training goes on", error)
        self._bar.update()
        return False


def score_table(scores: dict[str, Scores]) -> str:
    """Aligned table of errors, each in the unit of its scale."""
    width = max(map(len, scores))
    heads = [one.error_label for one in SCORED]
    lines = ["  ".join([f"  {'':{width}}", *heads])]
    for name, score in scores.items():
        values = [
            f"{score[one.name]:{len(head)}.4f}" for one, head in zip(SCORED, heads, strict=True)
        ]
        lines.append("  ".join([f"  {name:{width}}", *values]))
    return "\n".join(lines)
