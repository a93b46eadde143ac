"""The one writer: what is replaced, added to, moved away and cleaned, and who is asked."""

from __future__ import annotations

import errno
import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checkpoint_kit import TappedFileSystem, fork, wait

from dnawire.files import ownership
from dnawire.files.durable import (
    append,
    move_away,
    remove_leftovers,
    replace_atomically,
    replace_durably,
    replacing,
    temporary_path,
)
from dnawire.files.exclusive import create_durably
from dnawire.files.rewrite import rewrite


class LostError(Exception):
    """The folder has another owner."""


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[list[bool]]:
    """Own a folder; what is put into the list makes it lost."""
    marks: list[bool] = []

    def permit() -> None:
        if marks:
            raise LostError

    ownership.claim(tmp_path, permit)
    yield marks
    ownership.give_back(tmp_path, permit)


def stream(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)


Write = Callable[[Path, bytes], None]
WRITERS = (replace_atomically, replace_durably, stream)


@pytest.mark.parametrize("write", WRITERS)
def test_whoever_writes_below_an_owned_folder_asks_its_owner(
    tmp_path: Path, lost: list[bool], write: Write
) -> None:
    (tmp_path / "model").mkdir()
    path = tmp_path / "model" / "weights"
    write(path, b"mine")
    assert path.read_bytes() == b"mine"
    lost.append(True)
    with pytest.raises(LostError):
        write(path, b"late")
    assert path.read_bytes() == b"mine"
    assert {entry.name for entry in tmp_path.rglob("*")} == {"model", "weights"}


@pytest.mark.parametrize("write", WRITERS)
def test_failure_that_a_new_owner_causes_is_told_as_a_loss(
    tmp_path: Path, lost: list[bool], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def taken_over(source: Path, target: Path) -> None:
        remove_leftovers(tmp_path)
        lost.append(True)
        real(source, target)

    monkeypatch.setattr(os, "replace", taken_over)
    with pytest.raises(LostError):
        write(tmp_path / "scores.csv", b"late")
    assert not list(tmp_path.iterdir())


def test_temporary_files_lie_where_a_new_owner_looks_for_them(
    tmp_path: Path, lost: list[bool]
) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "link").symlink_to(below)
    for target in (below / "x", tmp_path / "link" / "x"):
        assert temporary_path(target).parent == tmp_path
    assert temporary_path(tmp_path.parent / "x").parent == tmp_path.parent


def test_a_line_added_late_goes_to_the_file_that_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_bytes(b"old\n")
    append(path, b"1\n")
    assert path.read_bytes() == b"old\n1\n"
    append(path, b"2\n", permit=lambda: replace_atomically(path, b"new\n"))
    assert path.read_bytes() == b"new\n"


def test_an_archive_that_is_cut_short_is_finished_by_the_next_owner(tmp_path: Path) -> None:
    def fill(names: str) -> None:
        for name in names:
            (tmp_path / name).write_text(name)

    def die(name: str, arguments: tuple[object, ...], proceed: Callable[[], object]) -> object:
        if name == "replace" and str(arguments[0]).endswith("b"):
            os._exit(9)
        return proceed()

    fill("ab")
    dying = TappedFileSystem(die)

    def start() -> None:
        move_away("ab", tmp_path, "old", fs=dying)

    assert wait(fork(start)) == 9
    remove_leftovers(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["b", "old"]
    assert (tmp_path / "old" / "a").read_text() == "a"
    fill("a")
    assert move_away("ab", tmp_path, "old") == tmp_path / "old_2"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["old", "old_2"]


def test_what_a_killed_command_left_goes_when_the_file_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"

    def die() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            os._exit(9)

    assert wait(fork(die)) == 9
    foreign = tmp_path / ".scores.csv.1-0123456789abcdef-0.tmp"
    foreign.touch()
    alive = temporary_path(path)
    alive.touch()
    assert len(list(tmp_path.iterdir())) == 3
    stream(path, b"whole")
    assert set(tmp_path.iterdir()) == {path, foreign, alive}


def test_a_stream_that_is_broken_off_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("old")

    def break_off() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [(path.name, "old")]


def test_of_many_who_create_a_file_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "file"
    several = range(6)

    def create(number: int) -> int:
        while not (tmp_path / "go").exists():
            pass
        try:
            create_durably(path, b"the same")
        except FileExistsError:
            return 1
        return 0

    children = [fork(lambda number=number: create(number)) for number in several]  # type: ignore[misc]
    (tmp_path / "go").touch()
    assert sorted(map(wait, children)) == [0, 1, 1, 1, 1, 1]
    assert path.read_bytes() == b"the same"
    assert sorted(os.listdir(tmp_path)) == ["file", "go"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOTSUP])
def test_a_file_is_created_where_there_are_no_hard_links(tmp_path: Path, number: int) -> None:
    def around(name: str, _: tuple[object, ...], act: Callable[[], object]) -> object:
        if name == "link":
            raise OSError(number, "no links")
        return act()

    fs = TappedFileSystem(around)
    create_durably(tmp_path / "file", b"first", fs=fs)
    with pytest.raises(FileExistsError):
        create_durably(tmp_path / "file", b"second", fs=fs)
    assert (tmp_path / "file").read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_that_is_reported_as_taken_may_be_ours(tmp_path: Path) -> None:
    def around(name: str, _: tuple[object, ...], act: Callable[[], object]) -> object:
        done = act()
        if name == "link":
            raise FileExistsError(errno.EEXIST, "told twice")
        return done

    create_durably(tmp_path / "file", b"first", fs=TappedFileSystem(around))
    assert (tmp_path / "file").read_bytes() == b"first"


def test_a_folder_on_other_storage_gets_its_own_temporary_files(
    tmp_path: Path, lost: list[bool]
) -> None:
    """No file can be renamed from the owned folder into it."""
    mine = tmp_path.stat().st_dev
    others = [Path("/dev/shm"), Path(tempfile.gettempdir()), Path.home()]
    others = [one for one in others if one.is_dir() and one.stat().st_dev != mine]
    if not others:
        pytest.skip("there is no other storage")
    with tempfile.TemporaryDirectory(dir=others[0]) as elsewhere:
        (tmp_path / "figures").symlink_to(elsewhere)
        path = tmp_path / "figures" / "loss.png"
        replace_atomically(path, b"mine")
        assert path.read_bytes() == b"mine"
        lost.append(True)
        with pytest.raises(LostError):
            replace_atomically(path, b"late")


def test_a_former_owner_does_not_give_back_the_folder_of_the_next(tmp_path: Path) -> None:
    def first() -> None: ...
    def second() -> None: ...

    ownership.claim(tmp_path, first)
    ownership.claim(tmp_path, second)
    ownership.give_back(tmp_path, first)
    owned = ownership.folder_around(tmp_path / "file")
    ownership.give_back(tmp_path, second)
    assert owned is not None
    assert owned.permit is second
    assert ownership.folder_around(tmp_path / "file") is None


def test_a_report_that_finds_no_room_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, hard))
    try:
        with pytest.raises(OSError, match="No space left"):
            rewrite(path, b"a report that is too long", lambda: None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == b"old"
