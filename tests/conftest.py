"""What the tests share: signals as usual, no deadlines, and the numbers of storms at the end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dnawire.checkpoint import CheckpointStore, DirectoryLock


def pytest_configure() -> None:
    """Let tests and their children receive signals that whoever started them may have ignored.

    A shell lets its background ignore Ctrl+C, and nohup the end of the terminal.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # On a busy machine no example keeps a deadline; the same command tries the same examples.
    settings.register_profile("dnawire", deadline=None, derandomize=True)
    settings.load_profile("dnawire")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what a test has recorded under the name ``summary``, e.g. its number of kills."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "summary":
                terminalreporter.write_line(str(value))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CheckpointStore]:
    """An empty store, locked."""
    with DirectoryLock(tmp_path / "run") as lock:
        yield CheckpointStore(tmp_path / "run", lock)
