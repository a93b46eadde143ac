"""Work that is divided among processes: on this machine, or by any executor."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context, parent_process
from typing import Final, TypeVar

from dnawire.errors import EXIT_LOST_PROCESS, LostProcessError, UsageError
from dnawire.scalars import Range

WORKERS: Final = Range(1, 4096, "processes")
"""How many processes may be asked for."""

_THREADS: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

Item = TypeVar("Item")
Result = TypeVar("Result")


def completed(
    executor: Executor, function: Callable[[Item], Result], items: Iterable[Item]
) -> Generator[tuple[Item, Result]]:
    """Call a function for every item; give items and results in the order in which they end.

    Parameters
    ----------
    executor
        Any executor of `concurrent.futures`.
    function
        What is called there.
    items
        What it is called with, one by one.

    Raises
    ------
    LostProcessError
        If a worker ends before its work is done.
    """
    if not callable(getattr(executor, "submit", None)):
        raise UsageError(
            f"executor = {executor!r} is none", "Give an executor of concurrent.futures."
        )
    futures = {executor.submit(function, item): item for item in items}
    try:
        for future in as_completed(futures):
            yield futures.pop(future), future.result()
    except BrokenExecutor as error:
        raise LostProcessError(
            f"a worker has ended before its work was done ({error}).",
            "give the same command again, with fewer --workers if memory was short.",
        ) from error
    finally:
        for future in futures:
            future.cancel()


@contextmanager
def one_thread() -> Iterator[None]:
    """Context in which numerical libraries that are loaded meanwhile compute with one thread.

    They read that when they are loaded, as new processes do.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def local_processes(count: int) -> Iterator[Executor]:
    """Executor of new processes on this machine with one thread each."""
    executor = partial(
        ProcessPoolExecutor, mp_context=get_context("spawn"), initializer=_begin_worker
    )
    with one_thread(), executor(count) as processes:
        yield processes


def _begin_worker() -> None:
    """End silently with Ctrl+C, and with a parent that is killed, who cannot say so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(EXIT_LOST_PROCESS)


def part_of(text: str | None) -> tuple[int, int] | None:
    """Read a part I/N of a whole, I from 0.

    Raises
    ------
    UsageError
        It is none.
    """
    if text is None:
        return None
    index, slash, count = text.partition("/")
    if not (slash and index.isdecimal() and count.isdecimal() and int(index) < int(count)):
        raise UsageError(
            f"shard = {text!r} is not a part of a whole.", "Write --shard I/N with 0 <= I < N."
        )
    return int(index), int(count)
