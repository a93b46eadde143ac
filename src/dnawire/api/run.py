"""A training run with its figures, whoever starts it."""

from __future__ import annotations

import os
from pathlib import Path

from dnawire.config import TrainConfig


def run_training(config: TrainConfig, command: str) -> int:
    """Train, draw the figures of a finished run, and return the exit code.

    Parameters
    ----------
    config
        All settings.
    command
        What resumes the run, for messages.

    Raises
    ------
    DnawireError
        Something that the user can mend.
    """
    # Threads that wait actively for each other take the cores from those that work.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    from dnawire.runs import train

    return train(config, command, _draw)


def _draw(folder: Path) -> None:
    from dnawire.plots import write_training_figures

    try:
        write_training_figures(folder)
    except KeyboardInterrupt as interrupt:
        interrupt.add_note(f"Interrupted: the results are in {folder}, without all figures.")
        raise
