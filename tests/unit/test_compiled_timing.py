"""Time of compilation is not time of work."""

from __future__ import annotations

import time

from numba import njit

from dnawire.compiled import timing


def test_compilation_is_no_work() -> None:
    inner = njit(lambda x: x + 1.0)

    @njit  # type: ignore[untyped-decorator]
    def outer(x: float) -> float:
        return inner(x)  # type: ignore[no-any-return]

    wall, work = time.perf_counter(), timing.working_seconds()
    outer(1.0)
    wall, work = time.perf_counter() - wall, timing.working_seconds() - work
    assert 0.0 <= work < 0.5 * wall
    work = timing.working_seconds()
    outer(2.0)
    assert timing.working_seconds() > work
