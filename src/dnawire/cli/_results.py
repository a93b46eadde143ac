"""What the commands with a result share: progress, the table, warnings, files."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from dnawire.api.folder import ResultPlace, result_folder
from dnawire.errors import EXIT_FINISHED

if TYPE_CHECKING:
    from dnawire.api.result import Result

_logger = logging.getLogger(__name__)

_QUIET: Final = 5.0
"""Seconds before progress is told where there is no terminal."""


def finish(result: Result, place: ResultPlace) -> int:
    """Complete what was prepared, write it, print it, and return the exit code.

    Raises
    ------
    DnawireError
        It cannot be computed, or its files cannot be written.
    """
    with result_folder(place, result.below, result.name, result.members) as folder:
        follow(result.steps(), result.num_steps, result.unit)
        result.write(folder.path)
        published = folder.publish()
    print("\n".join(result.text))
    for warning in result.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)
    return EXIT_FINISHED


def follow(steps: Iterable[None], total: int, unit: str) -> None:
    """Show progress: a bar on a terminal, a line for every tenth of the work elsewhere."""
    from tqdm import tqdm

    start = time.monotonic()
    with tqdm(total=total, unit=f" {unit}", disable=None, leave=False) as bar:
        for done, _ in enumerate(steps, start=1):
            bar.update()
            if bar.disable:
                elapsed = time.monotonic() - start
                left = elapsed / done * (total - done)
                is_tenth = 10 * done // total > 10 * (done - 1) // total
                level = logging.INFO if is_tenth and elapsed > _QUIET else logging.DEBUG
                _logger.log(level, "%d of %d %s, %.0f s left", done, total, unit, left)
