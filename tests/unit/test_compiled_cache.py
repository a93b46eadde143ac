"""Kernels come from the disk where they can, and are compiled whatever the disk is like."""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import resource
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from malice import Call
from numba import config

from dnawire.compiled import cache
from dnawire.compiled.cache import kernel_folder
from dnawire.compiled.kernel import compiled

MONTH = 31 * 24 * 3600
DIGEST_BYTES = hashlib.sha256().digest_size


def triple(number: float) -> float:
    return 3.0 * number


def double(number: float) -> float:
    return 2.0 * number


def call(function: Callable[[float], float] = triple) -> tuple[float, bool]:
    """Do what a new process does: return a value, and whether the code came from the cache."""
    kernel = compiled(function)
    return kernel(1.0), sum(kernel.stats.cache_hits.values()) == 1


def begin() -> None:
    """Forget what this process knows of the cache."""
    kernel_folder.cache_clear()
    cache._said.clear()


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Folder of all caches; that of the program is `kernel_folder`."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "cache"))
    begin()
    yield tmp_path / "cache" / "dnawire"
    begin()


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What was said as a warning so far."""
    return lambda: [
        record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    ]


def folder() -> Path:
    found = kernel_folder()
    assert found is not None
    return found


def only_file() -> Path:
    (file,) = folder().iterdir()
    return file


def framed(content: bytes) -> bytes:
    return hashlib.sha256(content).digest() + content


def test_code_is_found_again(told: Callable[[], list[str]]) -> None:
    assert call() == (3.0, False)
    assert call() == (3.0, True)
    assert stat.S_IMODE(folder().stat().st_mode) == 0o700
    assert told() == []


def test_that_something_is_compiled_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dnawire")
    call()
    call(double)
    (message,) = [record.getMessage() for record in caplog.records]
    assert message.startswith("compiling kernels")
    assert str(folder()) in message


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "torn": lambda data: data[: len(data) // 2],
    "zeros": lambda data: bytes(len(data)),
    "garbage": lambda data: bytes(range(256)) * (len(data) // 256),
    "one bit": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "longer": lambda data: data + b"\0",
    "other pickle": lambda _: framed(pickle.dumps(())),
    "no pickle": lambda _: framed(b"nothing"),
    "machine code": lambda data: data.replace(b"ELF", b"FLE"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_told_and_written_again(
    damage: str, told: Callable[[], list[str]]
) -> None:
    call()
    file = only_file()
    file.write_bytes(DAMAGE[damage](file.read_bytes()))
    assert call() == (3.0, False)
    (message,) = told()
    assert str(file) in message
    assert call() == (3.0, True)


def test_many_faults_are_told_once(told: Callable[[], list[str]]) -> None:
    for function in (triple, double):
        call(function)
    for file in folder().iterdir():
        file.write_bytes(b"")
    assert [call(function)[0] for function in (triple, double)] == [3.0, 2.0]
    assert len(told()) == 1


def test_damaged_content_is_not_unpickled(tmp_path: Path) -> None:
    call()
    only_file().write_bytes(
        bytes(DIGEST_BYTES) + pickle.dumps(Call(os.mkdir, str(tmp_path / "trace")))
    )
    assert call() == (3.0, False)
    assert not (tmp_path / "trace").exists()


def test_what_stands_in_the_place_of_a_file_does_not_stop(
    told: Callable[[], list[str]],
) -> None:
    call()
    file = only_file()
    file.unlink()
    file.mkdir()
    assert call() == (3.0, False)
    assert len(told()) == 1


def replace_by_link(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")


def give_away(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs the right to give a folder to another user")
    os.chown(folder, 65534, -1)


OPENED: dict[str, Callable[[Path], None]] = {
    "written by the group": lambda folder: folder.chmod(0o770),
    "entered by others": lambda folder: folder.chmod(0o701),
    "a link": replace_by_link,
    "of another user": give_away,
}


@pytest.mark.parametrize("opened", OPENED)
def test_nothing_is_read_or_written_where_others_can_write(
    opened: str, tmp_path: Path, told: Callable[[], list[str]]
) -> None:
    call()
    file = only_file()
    trap = framed(pickle.dumps(Call(os.mkdir, str(tmp_path / "trace"))))
    file.write_bytes(trap)
    OPENED[opened](file.parent)
    begin()
    assert call() == (3.0, False)
    assert call(double) == (2.0, False)
    (message,) = told()
    assert str(file.parent) in message
    assert "NUMBA_CACHE_DIR" in message
    assert not (tmp_path / "trace").exists()
    assert list(file.parent.iterdir()) == [file]
    assert file.read_bytes() == trap


def test_a_folder_that_cannot_be_made_is_told_once(
    base: Path, told: Callable[[], list[str]]
) -> None:
    base.parent.write_text("a file in the way")
    assert call() == (3.0, False)
    assert call(double) == (2.0, False)
    (message,) = told()
    assert "NUMBA_CACHE_DIR" in message


def test_a_file_that_cannot_be_written_whole_is_told_once_and_not_there(
    told: Callable[[], list[str]],
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        assert call() == (3.0, False)
        assert call(double) == (2.0, False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (message,) = told()
    assert "NUMBA_CACHE_DIR" in message
    assert list(folder().iterdir()) == []


@pytest.fixture
def disk(base: Path) -> Iterator[Path]:
    """The caches on a file system of their own, where the user may mount one."""
    base.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(base)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield base
    subprocess.run(["umount", str(base)], check=True)


def test_a_full_disk_does_not_stop(disk: Path, told: Callable[[], list[str]]) -> None:
    with pytest.raises(OSError, match="No space left"):
        (disk / "ballast").write_bytes(bytes(2**17))
    assert call() == (3.0, False)
    (message,) = told()
    assert "No space left" in message
    (disk / "ballast").unlink()
    begin()
    call()
    assert call() == (3.0, True)


def test_a_disk_that_can_only_be_read_is_read(disk: Path, told: Callable[[], list[str]]) -> None:
    call()
    begin()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert call() == (3.0, True)
    assert told() == []
    assert call(double) == (2.0, False)
    (message,) = told()
    assert "Read-only" in message


def test_folders_that_nothing_uses_any_more_are_removed(base: Path) -> None:
    old, recent, other = (base / name for name in ("0" * 16, "1" * 16, "notes"))
    for made in (old, recent, other):
        made.mkdir(parents=True)
        (made / "file").touch()
    used = folder()
    for aged in (old, other, used):
        then = aged.stat().st_mtime - MONTH
        os.utime(aged, (then, then))
    begin()
    assert folder() == used
    assert {entry.name for entry in base.iterdir()} == {recent.name, other.name, used.name}
    assert used.stat().st_mtime > then + MONTH / 2


class Pair(NamedTuple):
    a: float
    b: float


class Turned(NamedTuple):
    b: float
    a: float


Turned.__name__ = "Pair"


def difference(pair: Pair | Turned) -> float:
    return pair.a - pair.b


def test_the_order_of_fields_tells_kernels_apart() -> None:
    assert compiled(difference)(Pair(a=3.0, b=1.0)) == 2.0
    assert compiled(difference)(Turned(a=3.0, b=1.0)) == 2.0


def test_enclosed_values_tell_kernels_apart() -> None:
    def times(factor: float) -> Callable[[float], float]:
        def function(number: float) -> float:
            return factor * number

        return function

    assert [call(times(factor)) for factor in (2.0, 3.0)] == [(2.0, False), (3.0, False)]
    assert call(times(2.0)) == (2.0, True)
