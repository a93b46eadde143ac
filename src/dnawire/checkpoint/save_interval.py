"""When to save. The clock decides only this, and saving changes no number of a run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable


class SaveInterval:
    """When the next save is due: by completed epochs and, beside that, by time.

    Parameters
    ----------
    every_epochs
        Save when this many epochs are complete, and at every multiple.
    seconds
        Save also when this much time has passed since the last save.
    max_share
        Largest share of the time that saving by time may take: where a save is slow, the time
        between two is stretched.
    max_epoch_share
        Largest share of the time that saving by epochs may take: where epochs are short, some are
        passed over. Infinite if every one must be saved.
    clock
        Monotonic clock in seconds.

    Raises
    ------
    ValueError
        A number is not positive.
    """

    def __init__(
        self,
        every_epochs: int,
        seconds: float,
        *,
        max_share: float = 0.01,
        max_epoch_share: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if every_epochs < 1 or not min(seconds, max_share, max_epoch_share) > 0.0:
            raise ValueError("every_epochs, seconds and both shares must be positive")
        self._every_epochs = every_epochs
        self._seconds = seconds
        self._max_share = max_share
        self._max_epoch_share = max_epoch_share
        self._clock = clock
        self._last = clock()
        self._cost = 0.0

    @property
    def seconds(self) -> float:
        """Seconds between two saves by time."""
        return max(self._seconds, self._cost / self._max_share)

    def due(self, completed_epochs: int | None = None) -> bool:
        """Whether to save now.

        Parameters
        ----------
        completed_epochs
            Number of complete epochs if one has just been completed, else None.
        """
        passed = self._clock() - self._last
        if completed_epochs is not None and completed_epochs % self._every_epochs == 0:
            return passed >= min(self.seconds, self._cost / self._max_epoch_share)
        return passed >= self.seconds

    def saved(self, seconds: float) -> None:
        """Note that a save has just ended and how long it took."""
        self._last = self._clock()
        self._cost = seconds

    def postpone(self) -> None:
        """Note that a save has just failed: the next attempt by time waits for its turn."""
        self._last = self._clock()


def suggested_interval(save_seconds: float, mtbf_seconds: float) -> float:
    """Time between two saves that loses least, in seconds: sqrt(2 C M).

    Parameters
    ----------
    save_seconds
        Cost C of one save.
    mtbf_seconds
        Mean time M between two failures.

    Raises
    ------
    ValueError
        A time is not positive.

    References
    ----------
    J. W. Young, Commun. ACM 17, 530 (1974), doi:10.1145/361147.361115; J. T. Daly, Future Gener.
    Comput. Syst. 22, 303 (2006), doi:10.1016/j.future.2004.11.016.
    """
    if not (save_seconds > 0.0 and mtbf_seconds > 0.0):
        raise ValueError("the cost of a save and the time between failures must be positive")
    return math.sqrt(2.0 * save_seconds * mtbf_seconds)
