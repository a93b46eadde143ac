"""What several files of tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dnawire.checkpoint import CheckpointStore, DirectoryLock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CheckpointStore]:
    with DirectoryLock(tmp_path / "run") as lock:
        yield CheckpointStore(tmp_path / "run", lock)
