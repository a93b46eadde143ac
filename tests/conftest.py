"""What the tests share: signals as usual, no deadlines, one thread, and the numbers of storms."""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
import torch
from hypothesis import settings
from threadpoolctl import threadpool_limits

from dnawire.checkpoint import CheckpointStore, DirectoryLock

MOST_WORKERS: Final = 16
"""More would not be faster: one test takes as long as all others then do."""
_MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 4 * 10**9
"""Bytes of it that must be free."""


def pytest_configure() -> None:
    """Let tests and their children receive signals that whoever started them may have ignored.

    A shell lets its background ignore Ctrl+C, and nohup the end of the terminal.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    # On a busy machine no example keeps a deadline; the same command tries the same examples.
    settings.register_profile("dnawire", deadline=None, derandomize=True)
    settings.load_profile("dnawire")
    # Every processor has a worker: second threads would only wait for each other.
    torch.set_num_threads(1)
    threadpool_limits(1)
    if _memory_is_usable():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def _memory_is_usable() -> bool:
    """Whether tests can live in memory: a third of their time they would wait for a disk."""
    if not os.access(_MEMORY, os.W_OK):
        return False
    runs_programs = not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC
    return runs_programs and shutil.disk_usage(_MEMORY).free > _ROOM


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Have more workers than processors: many tests wait for a disk or for another process."""
    processors = yield
    return min(processors + 1, MOST_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, lest one worker is left with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Spare modules and tests the search for garbage, here and in the processes that tests fork."""
    gc.collect()
    gc.freeze()


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
