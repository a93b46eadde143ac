"""Names of the files that tell how a run is doing."""

from __future__ import annotations

from typing import Final

PROGRESS_NAME: Final = "training_progress.json"
STATUS_NAME: Final = "training_status.txt"
