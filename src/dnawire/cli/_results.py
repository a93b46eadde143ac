"""What the commands with a result share: progress, the table, warnings, files."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from dnawire.api.folder import ResultPlace, result_folder
from dnawire.cli._progress import reported
from dnawire.errors import EXIT_FINISHED

if TYPE_CHECKING:
    from dnawire.api.result import Result
    from dnawire.cli._flags import ResultMessages

_logger = logging.getLogger(__name__)


def finish(result: Result, place: ResultPlace, messages: ResultMessages) -> int:
    """Complete what was prepared, write it, print it, and return the exit code.

    Raises
    ------
    DnawireError
        It cannot be computed, or its files cannot be written.
    """
    with result_folder(place, result.below, result.name, result.members) as folder:
        deque(reported(result.steps(), result.num_steps, result.unit), maxlen=0)
        result.write(folder.path)
        published = folder.publish()
    table, notes = result.table(), result.lines
    messages.show_result(result.text, result.heading, table, result.warnings, notes)
    for warning in result.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)
    return EXIT_FINISHED
