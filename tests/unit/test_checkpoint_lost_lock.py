"""Lock files that are gone, copied, torn or of another clock: whose the folder is then."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkpoint_kit import lock_file, rewrite

from dnawire.checkpoint import CheckpointStore, DirectoryLock, advisory, read_holder
from dnawire.errors import LockedError


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


def test_a_save_claims_a_lock_file_that_is_gone(store: CheckpointStore) -> None:
    lock_file(store.directory).unlink()
    store.save({"step": 1})
    assert store.latest.exists()
    assert lock_file(store.directory).name == "run-000002.lock"


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


def test_a_copy_of_a_folder_in_use_is_free(tmp_path: Path) -> None:
    folder, copy, link = (tmp_path / name for name in ("run", "copy", "link"))
    with DirectoryLock(folder) as lock:
        shutil.copytree(folder, copy)
        link.symlink_to(folder)
        for taken in (folder, link):
            with pytest.raises(LockedError):
                DirectoryLock(taken).acquire()
        found = read_holder(copy)
        assert found is not None
        assert found.is_copied
        with DirectoryLock(copy):
            assert lock.still_owned()
        # Moved, and not copied: the owner may find it again.
        folder.rename(tmp_path / "moved")
        with pytest.raises(LockedError):
            DirectoryLock(tmp_path / "moved").acquire()


IN_ANOTHER_TIME = """
import sys
from pathlib import Path
from dnawire.checkpoint import DirectoryLock
from dnawire.errors import LockedError
try:
    DirectoryLock(Path(sys.argv[1])).acquire()
except LockedError as error:
    sys.exit(error.exit_code)
"""


def test_an_owner_in_another_name_space_of_time_lives(tmp_path: Path) -> None:
    space = ["unshare", "--time", "--boottime", "100000", "--fork"]
    if shutil.which("unshare") is None or subprocess.run([*space, "true"], check=False).returncode:
        pytest.skip("needs the right to make a name space")
    with DirectoryLock(tmp_path):
        command = [*space, sys.executable, "-c", IN_ANOTHER_TIME, str(tmp_path)]
        assert subprocess.run(command, check=False).returncode == LockedError.exit_code
