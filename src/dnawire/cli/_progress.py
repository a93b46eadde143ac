"""How far a long computation is, for a person who waits and for a log file."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterable
from typing import Final, TypeVar

_logger = logging.getLogger(__name__)

_SHORTEST: Final = 10.0
"""Seconds between two lines, at least; what takes less has none."""
_LONGEST: Final = 600.0
"""Seconds after which there is a line, however long it has taken before."""

Item = TypeVar("Item")


def reported(
    items: Iterable[Item],
    total: int,
    unit: str,
    size: Callable[[Item], int] | None = None,
    clock: Callable[[], float] = time.monotonic,
    state: Callable[[], str] = str,
) -> Generator[Item]:
    """Pass on what is computed, and show how much of it is done.

    On a terminal that is a bar, elsewhere a line with the time left now and then; with --verbose
    one for each item.

    Parameters
    ----------
    items
        What is computed while it is asked for.
    total
        How much that will be, as far as is known.
    unit
        What is counted, e.g. ``junctions``.
    size
        How much one item is; None counts items.
    clock
        Tells seconds.
    state
        Says what is found so far; nothing if it is empty.

    Yields
    ------
    object
        The items. All that is done with one before the next is asked for belongs to its time.
    """
    from tqdm import tqdm

    from dnawire.monitor.progress_file import duration

    start = told = clock()
    done = 0
    with tqdm(total=total, unit=f" {unit}", unit_scale=True, disable=None, leave=False) as bar:
        for item in items:
            yield item
            step = 1 if size is None else size(item)
            done += step
            bar.update(step)
            now = clock()
            left = (now - start) * max(total / max(done, 1) - 1, 0.0)
            pause = min(max(_SHORTEST, (told - start) / 2), _LONGEST)
            is_due = done < total and now - told >= pause
            told = now if is_due else told
            if bar.disable:
                level = logging.INFO if is_due else logging.DEBUG
                found = f", {state()}" if state() else ""
                words = done, total, unit, found, duration(left)
                _logger.log(level, "%d of %d %s%s, about %s left", *words)
