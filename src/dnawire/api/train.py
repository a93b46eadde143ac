"""``dnawire.train``: the run of `python main.py`, and what it leaves behind."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dnawire.api.keywords import takes
from dnawire.api.model import Model, load
from dnawire.api.run import run_training
from dnawire.api.settings import plain_settings, setting_parameters
from dnawire.api.tables import aligned, html_lines, html_table
from dnawire.config import CheckpointConfig, TrainConfig, read_settings, settings
from dnawire.errors import EXIT_FINISHED, EXIT_INTERRUPTED
from dnawire.scalars import checked_path

_SCORES = "scores.csv"


@dataclass(frozen=True, eq=False, repr=False)
class Training:
    """A training run that has ended; it prints as a table, and shows itself in a notebook."""

    config: TrainConfig
    """All its settings."""
    exit_code: int
    """0 if it is complete, 75 if it stopped on request with its state saved."""

    @property
    def is_complete(self) -> bool:
        """Whether all epochs are done; otherwise the same call goes on."""
        return self.exit_code == EXIT_FINISHED

    @property
    def folder(self) -> Path:
        """Folder of the results."""
        return self.config.output.output_dir / self.config.model_name

    @property
    def checkpoint_dir(self) -> Path | None:
        """Folder of the checkpoints; None if there are none."""
        return self.config.checkpoint.directory if self.config.checkpoint.enabled else None

    @cached_property
    def model(self) -> Model:
        """The trained model, ready to predict.

        Raises
        ------
        NotFoundError
            The run is not complete.
        """
        return load(self.folder)

    @property
    def scores(self) -> list[dict[str, str]]:
        """Rows of ``scores.csv``: errors on the test set of the model, then of the baselines."""
        path = self.folder / _SCORES
        if not self.is_complete:
            return []
        return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))

    @property
    def _lines(self) -> list[str]:
        state = "complete" if self.is_complete else "stopped, the same call goes on"
        return [
            f"training      {self.config.model_name}: {state}",
            f"results       {self.folder}",
            f"checkpoints   {self.checkpoint_dir or 'none'}",
        ]

    @property
    def _rows(self) -> list[list[str]]:
        scores = self.scores
        return [list(scores[0]), *(list(row.values()) for row in scores)] if scores else []

    def __repr__(self) -> str:
        rows = self._rows
        return "\n".join([*self._lines, *(["", *aligned(rows)] if rows else [])])

    def _repr_html_(self) -> str:
        return html_lines(self._lines) + (html_table(self._rows) if self._rows else "")


@takes(setting_parameters(settings()))
def train(*, config: Path | str | None = None, **settings: Any) -> Training:  # noqa: ANN401
    """Train a model, or resume its training: the run of ``python main.py``.

    With checkpoints on, the same call resumes a run that was stopped. The messages of the run go to
    the logger ``dnawire`` (``logging.basicConfig(level="INFO")`` shows them). PyTorch is left
    deterministic and with ``num_threads`` threads.

    Parameters
    ----------
    config
        YAML or TOML file of settings; a keyword wins over the file.
    **settings
        Named like the flags of ``dnawire train``, for example ``model_type``, ``num_epochs`` and
        ``checkpoint_dir``; docs/command_line.md explains them.

    Returns
    -------
    Training
        Where everything is.

    Raises
    ------
    DnawireError
        Something that can be mended; nothing that was saved before is lost.
    KeyboardInterrupt
        Ctrl+C; with checkpoints on the state is saved.
    """
    given = plain_settings(settings)
    values = {} if config is None else read_settings(checked_path("config", config))
    resolved = TrainConfig.from_flat(values | given)
    exit_code = run_training(resolved, _resuming_call(config, given, resolved.checkpoint))
    if exit_code == EXIT_INTERRUPTED:
        raise KeyboardInterrupt("the training stopped; its state is saved, the same call resumes")
    return Training(resolved, exit_code)


def _resuming_call(
    file: Path | str | None, given: dict[str, Any], checkpoint: CheckpointConfig
) -> str:
    """Return the call, ready to be made again, without what would start over."""
    words = ({} if file is None else {"config": str(file)}) | given
    if checkpoint.fresh:
        words["fresh"] = False
    if checkpoint.resume_from is not None:
        words |= {"resume_from": None, "checkpoint_dir": str(checkpoint.directory)}
    return f"dnawire.train({', '.join(f'{name}={value!r}' for name, value in words.items())})"
