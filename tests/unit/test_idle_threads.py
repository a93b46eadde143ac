"""Threads that share the work: as many as find a processor, and the same bits with any number."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from dnawire.threads import idle_threads, threaded
from dnawire.transport import ContactedSystem, Eigensystem, PoleExpansion
from dnawire.workers import local_processes

ORBITALS = 120


@pytest.fixture
def _four_processors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    with threadpool_limits(1):
        yield


def test_poles_and_series_have_the_same_bits_with_one_thread_and_with_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draws = np.random.default_rng(4).standard_normal((ORBITALS, ORBITALS))
    left, right = np.zeros(ORBITALS), np.zeros(ORBITALS)
    left[:5], right[-5:] = 0.2, 0.1
    levels = Eigensystem.of(0.3 * (draws + draws.T))
    found = []
    with threadpool_limits(1):
        for count in (1, 2, 4):
            some = set(range(count))
            monkeypatch.setattr(os, "sched_getaffinity", lambda _, some=some: some, raising=False)
            system = ContactedSystem.of(levels, left, right)
            poles = PoleExpansion.of(system, -0.5, 0.5, np.arange(ORBITALS) // 20)
            parts = (poles.amplitudes.energies, poles.amplitudes.series, poles.group_series)
            found.append([part.tobytes() for part in parts])
    assert found[0] == found[1] == found[2]


@pytest.mark.usefixtures("_four_processors")
def test_results_come_in_order_from_tasks_that_run_at_the_same_time() -> None:
    barrier = threading.Barrier(4, timeout=60.0)

    def met(item: int) -> int:
        barrier.wait()
        return item

    assert list(threaded(met, range(8))) == list(range(8))


@pytest.mark.usefixtures("_four_processors")
def test_few_items_are_taken_in_advance() -> None:
    items = iter(range(-100, 0))
    results = threaded(abs, items)
    assert next(results) == 100
    assert next(items) == -95
    results.close()


@pytest.mark.usefixtures("_four_processors")
def test_an_error_of_a_task_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(threaded(lambda item: 1 / item, [1, 0, 2]))


@pytest.mark.usefixtures("_four_processors")
def test_threads_of_the_matrix_library_count() -> None:
    assert idle_threads() == 4
    for threads, wanted in ((2, 2), (3, 1), (4, 1)):
        with threadpool_limits(threads, user_api="blas"):
            assert idle_threads() == wanted


@pytest.mark.parametrize(("count", "wanted"), [(1, 1), (4, 4), (64, 8)])
def test_there_is_one_thread_at_least_and_eight_at_most(
    monkeypatch: pytest.MonkeyPatch, count: int, wanted: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)), raising=False)
    with threadpool_limits(1):
        assert idle_threads() == wanted
    with threadpool_limits(2 * count, user_api="blas"):
        assert idle_threads() == 1


@pytest.mark.usefixtures("_four_processors")
def test_other_libraries_do_not_count() -> None:
    with threadpool_limits(4, user_api="openmp"):
        assert idle_threads() == 4


@pytest.mark.usefixtures("_four_processors")
def test_a_thread_that_another_one_has_started_has_no_more() -> None:
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(idle_threads).result() == 1


def test_a_process_that_another_one_has_started_has_one_thread() -> None:
    with local_processes(1) as processes:
        assert processes.submit(idle_threads).result() == 1
