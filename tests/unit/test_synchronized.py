"""Several processes stop for what has reached any of them."""

from __future__ import annotations

from dnawire.errors import EXIT_STOPPED
from dnawire.training.distributed.synchronized import SharedStop
from dnawire.training.interrupts import _URGENCIES, StopRequest


def test_a_request_to_another_process_counts_once_all_have_agreed() -> None:
    elsewhere = _URGENCIES.index("SIGTERM")
    stop = SharedStop(StopRequest(), lambda own: max(own, elsewhere))
    assert not stop.requested
    stop.agree()
    assert (stop.requested, stop.reason, stop.exit_code) == (True, "SIGTERM", EXIT_STOPPED)
