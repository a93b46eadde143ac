"""Work that is divided among threads of this process."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing import parent_process
from typing import Final, TypeVar

from threadpoolctl import threadpool_info

_MOST: Final = 8
"""Threads, each of which holds tens of MB; more of them wait for the memory."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def idle_threads() -> int:
    """How many threads find a processor for themselves and those of their matrix library.

    One in a process or thread that another one has started: they share the processors.
    """
    is_first = threading.current_thread() is threading.main_thread()
    if parent_process() is not None or not is_first:
        return 1
    libraries = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    return max(1, min(_MOST, processors() // max(libraries, default=1)))


def threaded(function: Callable[[Item], Result], items: Iterable[Item]) -> Generator[Result]:
    """Results of a function in the order of the items, like those of `map`, by idle threads.

    That pays for large matrices, for which the interpreter is not held.

    Parameters
    ----------
    function
        What is called.
    items
        What it is called with, one by one; few are taken in advance.
    """
    count = idle_threads()
    if count == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(count) as executor:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(executor.submit(function, item))
                if len(waiting) > count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            executor.shutdown(cancel_futures=True)
