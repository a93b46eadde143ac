"""What a finished run can do without: its failure is told and ends nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from dnawire.errors import LockedError, LostProcessError, NotSavedError, NotWritableError

logger = logging.getLogger(__name__)


@contextmanager
def optional(what: str) -> Iterator[None]:
    """Context of a result that the trained model does not depend on.

    Whatever cannot be computed in it is logged with its reason, and the run goes on.

    Parameters
    ----------
    what
        Name of the result, for the log.

    Raises
    ------
    OSError, NotWritableError, NotSavedError, LockedError, LostProcessError
        The storage refused, or the folder or another process is lost: the run has not finished.
    """
    try:
        yield
    except (OSError, NotWritableError, NotSavedError, LockedError, LostProcessError):
        raise
    except Exception as error:
        logger.error(
            "%s cannot be made: %s: %s; the model and all other results are complete",
            what, type(error).__name__, error,
        )  # fmt: skip
        logger.debug("where it happened:", exc_info=True)
