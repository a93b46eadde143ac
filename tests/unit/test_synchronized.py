"""Several processes stop for what has reached any of them."""

from __future__ import annotations

from dnawire.cluster.stop_request import _URGENCIES, StopRequest
from dnawire.errors import EXIT_STOPPED
from dnawire.training.distributed.synchronized import SynchronizedStop


def test_a_request_to_another_process_counts_once_all_are_synchronized() -> None:
    elsewhere = _URGENCIES.index("SIGTERM")
    stop = SynchronizedStop(StopRequest(), lambda own: max(own, elsewhere))
    assert not stop.requested
    stop.synchronize()
    assert (stop.requested, stop.reason, stop.exit_code) == (True, "SIGTERM", EXIT_STOPPED)
