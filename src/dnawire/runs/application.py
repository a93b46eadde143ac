"""What the checkpoints of a run hold, and what this program advises where one cannot be used."""

from __future__ import annotations

from typing import Final

from dnawire.checkpoint import Application

APPLICATION: Final = Application(
    keys=(
        "model_state_dict",
        "optimizer_state_dict",
        "epoch",
        "train_losses",
        "val_losses",
        "args",
        "energy_grid",
        "timestamp",
        "resume",
    ),
    unusable=(
        "try resuming from a different checkpoint (--resume_from, for example "
        "checkpoint_previous.pth or checkpoint_best.pth of the same folder), or start fresh with "
        "--fresh, which archives the old files"
    ),
    not_writable="give another --checkpoint_dir",
)

CHANGED_SETTINGS: Final = (
    "give the saved settings, allow the change with --allow_change {names}, or start fresh with "
    "--fresh"
)
"""Remedy where settings that must match differ."""
