"""Names of the files of checkpoints in their folder. Imports no torch."""

from __future__ import annotations

from typing import Final

LATEST: Final = "checkpoint_latest.pth"
PREVIOUS: Final = "checkpoint_previous.pth"
BEST: Final = "checkpoint_best.pth"
