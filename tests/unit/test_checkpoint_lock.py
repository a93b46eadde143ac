"""The lock: one owner at a time, and dead owners are succeeded."""

from __future__ import annotations

import errno
import math
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkpoint_kit import (
    ELSEWHERE,
    TappedFileSystem,
    die_owning,
    fork,
    litter,
    lock_file,
    make_stale,
    rewrite,
    wait,
)

from dnawire.checkpoint import (
    DirectoryLock,
    FileSystem,
    advisory,
)
from dnawire.checkpoint.liveness import STALE_SECONDS
from dnawire.checkpoint.lock import BEAT_SECONDS
from dnawire.errors import LockedError, NotWritableError


def test_second_owner_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path) as first:
        with pytest.raises(LockedError, match=f"process {os.getpid()} on ") as caught:
            DirectoryLock(tmp_path).acquire()
        assert "heartbeat" not in str(caught.value)
        assert caught.value.exit_code == 76
        assert wait(fork(lambda: DirectoryLock(tmp_path).acquire())) == 76
        assert first.still_owned()
        assert not litter(tmp_path)


def test_released_folder_is_free_and_the_fencing_token_grows(tmp_path: Path) -> None:
    for generation in (1, 2, 3):
        with DirectoryLock(tmp_path) as lock:
            assert lock.generation == generation
            assert lock.still_owned()
        assert not lock.still_owned()
        assert lock_file(tmp_path).name == f"run-{generation:06d}.lock"


@pytest.mark.parametrize("dead", [False, True], ids=["free", "dead owner"])
def test_of_simultaneous_starts_exactly_one_wins(tmp_path: Path, dead: bool) -> None:
    starts = 100
    for turn in range(2):
        directory = tmp_path / str(turn)
        if dead:
            die_owning(directory)
        go, result, end = os.pipe(), os.pipe(), os.pipe()

        def start(
            go: tuple[int, int] = go,
            result: tuple[int, int] = result,
            end: tuple[int, int] = end,
            directory: Path = directory,
        ) -> int:
            os.close(go[1])
            os.close(end[1])
            os.read(go[0], 1)
            try:
                DirectoryLock(directory).acquire()
            except LockedError:
                os.write(result[1], b"l")
                return 76
            os.write(result[1], b"w")
            os.read(end[0], 1)
            return 0

        children = [fork(start) for _ in range(starts)]
        os.close(go[1])
        told = b""
        while len(told) < starts:
            told += os.read(result[0], starts)
        os.close(end[1])
        codes = sorted(wait(child) for child in children)
        assert told.count(b"w") == 1
        assert codes == [0] + [76] * (starts - 1)
        with DirectoryLock(directory):
            assert not litter(directory)
        for descriptor in (go[0], *result, end[0]):
            os.close(descriptor)


def test_successor_of_a_killed_owner_starts_at_once(tmp_path: Path) -> None:
    reader, writer = os.pipe()

    def live() -> int:
        with DirectoryLock(tmp_path):
            os.write(writer, b"!")
            signal.pause()
        return 0

    child = fork(live)
    os.read(reader, 1)
    with pytest.raises(LockedError):
        DirectoryLock(tmp_path).acquire()
    os.kill(child, signal.SIGKILL)
    # A zombie still has a number in the process table.
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    with DirectoryLock(tmp_path) as lock:
        assert lock.generation == 2
    wait(child)
    os.close(reader)
    os.close(writer)


def test_old_view_of_the_folder_does_not_make_a_second_owner(tmp_path: Path) -> None:
    die_owning(tmp_path)

    class StoppedError(BaseException):
        pass

    def others(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        if name == "link" and not interfered:
            interfered.append(True)
            with DirectoryLock(tmp_path) as second:
                assert second.generation == 2
            with pytest.raises(StoppedError):
                DirectoryLock(tmp_path, fs=TappedFileSystem(stop_at_unlink)).acquire()
            arguments[0].write_bytes(record[0])
        if name == "write" and not record:
            record.append(bytes(arguments[1]))
        return proceed()

    def stop_at_unlink(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        result = proceed()
        if name == "unlink" and arguments[0].name == "run-000002.lock":
            raise StoppedError
        return result

    interfered: list[bool] = []
    record: list[bytes] = []
    slow = DirectoryLock(tmp_path, fs=TappedFileSystem(others))
    with pytest.raises(LockedError):
        slow.acquire()
    assert interfered
    assert not slow.still_owned()
    assert lock_file(tmp_path).name == "run-000003.lock"


def test_owner_elsewhere_is_believed_until_its_heartbeat_is_old(tmp_path: Path) -> None:
    die_owning(tmp_path)
    path = lock_file(tmp_path)
    rewrite(path, **ELSEWHERE)
    now = path.stat().st_mtime
    os.utime(path, (now, now - STALE_SECONDS + 60))
    with pytest.raises(LockedError, match=r"on elsewhere.*last heartbeat is 9 min") as told:
        DirectoryLock(tmp_path).acquire()
    # The file is a moment older when it is asked.
    assert re.search(r"start again in (1 min|\d+ s),", told.value.remedy)
    assert "no heartbeat for 10 min" in told.value.remedy
    assert not litter(tmp_path)
    os.utime(path, (now, now - STALE_SECONDS - 60))
    with DirectoryLock(tmp_path) as lock:
        assert lock.generation == 2


def test_host_of_the_same_name_is_another_one_while_its_owner_shows_signs_of_life(
    tmp_path: Path,
) -> None:
    die_owning(tmp_path)
    path = lock_file(tmp_path)
    rewrite(path, boot="another boot")
    with pytest.raises(LockedError, match="last heartbeat is"):
        DirectoryLock(tmp_path).acquire()
    os.utime(path, (0, 0))
    with DirectoryLock(tmp_path, stale_seconds=math.inf) as lock:
        assert lock.generation == 2


def test_unreadable_record_is_no_proof_of_death(tmp_path: Path) -> None:
    die_owning(tmp_path)
    path = lock_file(tmp_path)
    for text in (b"", b"{}", b"[1]", b'{"process": "x"}', b"\xff"):
        path.write_bytes(text)
        with pytest.raises(LockedError, match=r"see run-000001\.lock"):
            DirectoryLock(tmp_path).acquire()
    os.utime(path, (0, 0))
    with DirectoryLock(tmp_path):
        assert lock_file(tmp_path).name == "run-000002.lock"


def test_kernel_lock_protects_an_owner_that_cannot_be_seen_otherwise(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path) as lock:
        make_stale(lock_file(tmp_path))
        with pytest.raises(LockedError):
            DirectoryLock(tmp_path).acquire()
        assert lock.still_owned()


def test_forked_worker_neither_owns_nor_keeps_the_kernel_lock(tmp_path: Path) -> None:
    end, ready = os.pipe(), os.pipe()

    def worker(lock: DirectoryLock) -> int:
        assert not lock.still_owned()
        with pytest.raises(LockedError):
            lock.check()
        os.close(end[1])
        os.write(ready[1], b"!")
        os.read(end[0], 1)
        return 0

    def owner() -> int:
        lock = DirectoryLock(tmp_path)
        lock.acquire()
        fork(lambda: worker(lock))
        os.read(ready[0], 1)
        assert advisory.is_held(lock_file(tmp_path))
        return 0

    assert wait(fork(owner)) == 0
    assert not advisory.is_held(lock_file(tmp_path))
    for descriptor in (*end, *ready):
        os.close(descriptor)


def test_heartbeat_touches_the_lock_file_and_not_too_often(tmp_path: Path) -> None:
    time = [0.0]
    with DirectoryLock(tmp_path, clock=lambda: time[0]) as lock:
        path = lock_file(tmp_path)
        os.utime(path, (0, 0))
        time[0] = BEAT_SECONDS - 0.1
        lock.beat()
        assert path.stat().st_mtime == 0
        time[0] = BEAT_SECONDS
        lock.beat()
        assert path.stat().st_mtime > 0


def test_heartbeat_survives_failing_storage(tmp_path: Path) -> None:
    def fail(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        if failing:
            raise OSError(errno.EIO, "injected")
        return proceed()

    failing: list[bool] = []
    time = [0.0]
    with DirectoryLock(tmp_path, fs=TappedFileSystem(fail), clock=lambda: time[0]) as lock:
        failing.append(True)
        time[0] = BEAT_SECONDS
        lock.beat()
        failing.clear()
        assert lock.still_owned()


def test_a_lock_file_that_is_gone_ends_no_ownership(tmp_path: Path) -> None:
    """Nothing is written without it, and the next number is claimed where it can be."""
    folder, away = tmp_path / "run", tmp_path / "away"
    with DirectoryLock(folder) as lock:
        for number in (2, 3):
            lock_file(folder).unlink()
            with pytest.raises(OSError, match="its lock file is gone"):
                lock.check()
            with pytest.raises(LockedError):
                raise_if_free(folder, lock)
            assert lock.generation == number
            assert advisory.is_held(lock_file(folder))
        folder.rename(away)
        with pytest.raises(FileNotFoundError):
            lock.renew()
        assert not folder.exists()
        away.rename(folder)
        lock.renew()
        assert lock.generation == 3
        folder.rename(away)
        lock.restore()
        assert lock.generation == 4
        assert lock.still_owned()
    released = DirectoryLock(folder)
    released.acquire()
    assert released.generation == 5


def raise_if_free(folder: Path, lock: DirectoryLock) -> None:
    """Own the folder again, and try to start another run in it."""
    lock.renew()
    DirectoryLock(folder).acquire()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_folder_that_another_owner_has_cleaned_up_or_restored_is_lost(
    tmp_path: Path, number: int
) -> None:
    lock = DirectoryLock(tmp_path)
    lock.acquire()
    lock_file(tmp_path).unlink()
    lock.renew()
    foreign = tmp_path / f"run-{number:06d}.lock"
    lock_file(tmp_path).rename(foreign)
    rewrite(foreign, token="another")
    for act in (lock.check, lock.renew, lock.restore):
        with pytest.raises(LockedError, match="does not own"):
            act()


def test_a_torn_lock_file_is_replaced_by_the_next_number(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    lock.acquire()
    lock_file(tmp_path).write_bytes(b"{")
    lock.renew()
    assert lock.generation == 2
    # One of a higher number belongs to somebody whose storage knows no hard links.
    (tmp_path / "run-000003.lock").write_bytes(b"")
    with pytest.raises(LockedError):
        lock.renew()


def test_owner_of_the_same_number_or_of_a_higher_one_ends_ownership(tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path)
    lock.acquire()
    path = lock_file(tmp_path)
    successor = path.with_name("run-000002.lock")
    successor.write_bytes(path.read_bytes())
    rewrite(successor, token="another")
    assert not lock.still_owned()
    successor.unlink()
    assert lock.still_owned()
    rewrite(path, token="another")
    assert not lock.still_owned()


def test_start_that_fails_after_taking_the_folder_gives_it_back(tmp_path: Path) -> None:
    def fail(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        if name == "unlink" and arguments[0] == leftover:
            raise OSError(errno.EIO, "injected")
        return proceed()

    leftover = tmp_path / ".checkpoint_latest.pth.1-0123456789abcdef-1.tmp"
    leftover.write_text("")
    with pytest.raises(NotWritableError, match="injected"):
        DirectoryLock(tmp_path, fs=TappedFileSystem(fail)).acquire()
    with DirectoryLock(tmp_path) as lock:
        assert lock.generation == 2
        assert not litter(tmp_path)


def test_storage_without_hard_links_has_one_owner_too(tmp_path: Path) -> None:
    class NoLinks(FileSystem):
        def link(self, source: Path, target: Path) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    with DirectoryLock(tmp_path, fs=NoLinks()) as lock:
        assert lock.still_owned()
        with pytest.raises(LockedError):
            DirectoryLock(tmp_path, fs=NoLinks()).acquire()
    with DirectoryLock(tmp_path, fs=NoLinks()) as lock:
        assert lock.generation == 2


@pytest.mark.parametrize("operation", ["write", "fsync"])
def test_failed_start_on_storage_without_hard_links_blocks_no_later_start(
    tmp_path: Path, operation: str
) -> None:
    def fail(name: str, arguments: tuple[Any, ...], proceed: Callable[[], Any]) -> Any:  # noqa: ANN401
        calls.append(name)
        if name == "link":
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        if name == operation and "link" in calls:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return proceed()

    calls: list[str] = []
    with pytest.raises(NotWritableError, match="No space left"):
        DirectoryLock(tmp_path, fs=TappedFileSystem(fail)).acquire()
    assert not list(tmp_path.iterdir())
    with DirectoryLock(tmp_path) as lock:
        assert lock.still_owned()


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritableError, match=f"in {tmp_path}/file: .*File exists"):
        DirectoryLock(tmp_path / "file").acquire()


def test_storage_that_fails_is_not_taken_for_storage_without_hard_links(tmp_path: Path) -> None:
    class Failing(FileSystem):
        def link(self, source: Path, target: Path) -> None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(NotWritableError, match="Input/output error"):
        DirectoryLock(tmp_path, fs=Failing()).acquire()
    assert not list(tmp_path.iterdir())
