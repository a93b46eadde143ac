"""Finding runs, reading light files of any origin, and the table."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dnawire.checkpoint import STALE_SECONDS, FileSystem, Owner, read_holder
from dnawire.cli._status_table import status_table
from dnawire.cli.status import _fitting, with_interval
from dnawire.monitor import PROGRESS_NAME, find_runs, read_status, search

NOW = 1_700_000_000.0
DESCRIBED = {
    "epoch": 45,
    "train_loss": 0.1234,
    "val_loss": 0.1456,
    "timestamp": NOW - 60.0,
    "args": {"num_epochs": 100},
}
OURS = {
    "status": "running",
    "num_epochs": 100,
    "checkpoint_epoch": 40,
    "eta_seconds": 3000.0,
    "learning_rate": 1e-3,
    "epoch_seconds": 55.0,
    "starts": 2,
    "lock": 2,
}
ME = Owner.this_process()
ELSEWHERE = replace(ME, token="other", host="node17", boot="other", process=4711)


def make_run(folder: Path, values: object = DESCRIBED) -> Path:
    folder.mkdir(parents=True)
    (folder / PROGRESS_NAME).write_text(json.dumps(values))
    return folder


def make_lock(folder: Path, owner: Owner, age: float, number: int = 2) -> None:
    path = folder / f"run-{number:06d}.lock"
    path.write_bytes(owner.to_json())
    os.utime(path, (NOW - age, NOW - age))


def names(*roots: Path) -> list[str]:
    found = find_runs(roots)
    assert found.problems == ()
    return [str(path.relative_to(roots[0])) for path in found.runs]


def test_runs_are_found_below_a_folder_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("run10", "run2", "run2/deeper/below", "b/c/d"):
        make_run(tmp_path / name)
    for name in ("set_aside_2026/x", "earlier-1", ".hidden", "1/2/3/4/5/6/7"):
        make_run(tmp_path / name)
    (tmp_path / "link").symlink_to(tmp_path / "run2")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "checkpoint_latest.pth").touch()
    wanted = ["b/c/d", "only", "run2", "run2/deeper/below", "run10"]
    assert names(tmp_path) == wanted
    assert names(tmp_path, tmp_path / "run2", tmp_path / "link") == wanted


def test_the_search_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(9):
        make_run(tmp_path / str(number))
    monkeypatch.setattr(search, "MAX_FOLDERS", 5)
    found = find_runs([tmp_path])
    assert len(found.runs) == 4
    assert "stopped looking after 5 folders" in found.problems[0]


def test_the_described_file_alone_is_enough(tmp_path: Path) -> None:
    status = read_status(make_run(tmp_path / "run"), NOW, ME)
    assert (status.epoch, status.num_epochs, status.val_loss) == (45, 100, 0.1456)
    assert (status.state, status.seconds_left, status.starts) == ("lost", None, None)
    assert status.last_sign == NOW - 60.0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b'{"epoch": 3', "is not JSON"),
        (b"[" * 200_000, "is not JSON"),
        (b"[1, 2]", "is not a JSON object"),
        (b"{}", "has no epoch"),
        (b'{"epoch": "3"}', "epoch is 3"),
        (b'{"epoch": true}', "epoch is True"),
        (b'{"epoch": -1}', "epoch is -1"),
        (b'{"epoch": 3, "status": 7}', "status is 7"),
        (b'{"epoch": 3, "val_loss": [1]}', "val_loss is [1]"),
        (b'{"epoch": 3, "val_loss": 1' + b"0" * 400 + b"}", "val_loss is 10"),
        (b" " * (2**20 + 1), "is larger than"),
    ],
)
def test_what_is_no_progress_file_is_told_and_no_more(
    tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / PROGRESS_NAME).write_bytes(content)
    status = read_status(tmp_path, NOW, ME)
    assert status.state == "unreadable"
    assert words in status.detail
    assert status.epoch is None


def test_a_pipe_in_the_place_of_the_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / PROGRESS_NAME)
    assert read_status(tmp_path, NOW, ME).state == "unreadable"


def test_numbers_that_are_not_finite_are_unknown(tmp_path: Path) -> None:
    text = '{"epoch": 3, "val_loss": NaN, "train_loss": 1e999, "newer": {}, "schema": 99}'
    (tmp_path / PROGRESS_NAME).write_text(text)
    status = read_status(tmp_path, NOW, ME)
    assert (status.epoch, status.val_loss, status.train_loss) == (3, None, None)


@pytest.mark.parametrize(
    ("owner", "age", "changes", "state"),
    [
        (ELSEWHERE, STALE_SECONDS - 1.0, {}, "running"),
        (ELSEWHERE, STALE_SECONDS + 1.0, {}, "lost"),
        (ELSEWHERE, STALE_SECONDS + 1.0, {"status": "stopped"}, "stopped"),
        (ELSEWHERE, 1.0, {"lock": 1}, "starting"),
        (ELSEWHERE, STALE_SECONDS + 1.0, {"lock": 1, "status": "stopped"}, "lost"),
        (replace(ELSEWHERE, released=True), 1.0, {}, "failed"),
        (replace(ELSEWHERE, released=True), 1.0, {"lock": 1, "status": "stopped"}, "stopped"),
        (replace(ME, token="gone", started="1"), 1.0, {}, "killed"),
        (replace(ME, token="gone", started="1"), 1.0, {"status": "finished"}, "finished"),
        (replace(ME, token="gone", boot="earlier"), 1.0, {}, "running"),
        (replace(ME, token="gone", boot="earlier"), 1e9, {}, "killed"),
        (ME, STALE_SECONDS + 1.0, {}, "running"),
    ],
)
def test_what_the_file_says_is_held_against_the_owner(
    tmp_path: Path, owner: Owner, age: float, changes: dict[str, Any], state: str
) -> None:
    folder = make_run(tmp_path / "run", {**DESCRIBED, **OURS, **changes})
    make_lock(folder, owner, age)
    make_lock(folder, replace(ELSEWHERE, released=True), 0.5, number=1)
    assert read_status(folder, NOW, ME).state == state


def test_time_passes_between_two_epochs_of_a_run_that_goes_on(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", {**DESCRIBED, **OURS})
    make_lock(folder, ELSEWHERE, 20.0)
    status = read_status(folder, NOW, ME)
    assert (status.seconds_left, status.last_sign) == (3000.0 - 60.0, NOW - 20.0)


def test_an_owner_that_is_replaced_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    class Racing(FileSystem):
        """A new owner comes after the first look into the folder."""

        def list_names(self, path: Path) -> list[str]:
            names = super().list_names(path)
            if names == ["run-000001.lock"]:
                (path / names[0]).unlink()
                make_lock(path, ME, 0.0, number=2)
            return names

    make_lock(tmp_path, ELSEWHERE, 0.0, number=1)
    found = read_holder(tmp_path, Racing())
    assert found is not None
    assert (found.number, found.owner) == (2, ME)


def test_a_lock_file_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", {**DESCRIBED, **OURS})
    (folder / "run-000099.lock").symlink_to("nowhere")
    assert "No such file" in read_status(folder, NOW, ME).detail


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_the_table_fits_and_keeps_the_end_of_long_names(tmp_path: Path, width: int) -> None:
    folders = [make_run(tmp_path / name, {**DESCRIBED, **OURS}) for name in ("short", "x" * 90)]
    for folder in folders:
        make_lock(folder, ELSEWHERE, 20.0)
    runs = [read_status(folder, NOW, ME) for folder in folders]
    lines = status_table(["short", f"{'x' * 90}/end"], runs, NOW, width)
    head = lines[0].split()
    assert {"run", "state", "epoch", "val", "left", "seen"} <= set(head)
    assert ("starts" in head) == (width >= 120)
    assert max(map(len, lines)) <= width
    assert "x/end  running  45/100" in lines[2]
    assert "49m" in lines[1]


def test_words_of_a_foreign_file_do_not_command_the_terminal(tmp_path: Path) -> None:
    values = {**DESCRIBED, "status": "\x1b[2Jgone", "detail": "a\nb\x07"}
    status = read_status(make_run(tmp_path / "run", values), NOW, ME)
    text = "".join(status_table(["a\x1bb"], [status], NOW, 160))
    assert text.isprintable()


def test_the_interval_may_be_left_out() -> None:
    assert with_interval(["--watch", "a"]) == ["--watch", "5.0", "a"]
    assert with_interval(["a", "--watch"]) == ["a", "--watch", "5.0"]
    assert with_interval(["--watch", "2", "a"]) == ["--watch", "2", "a"]
    assert with_interval(["--watch=2", "a"]) == ["--watch=2", "a"]


def test_a_table_that_is_higher_than_the_terminal_is_cut() -> None:
    text = "\n".join(map(str, range(30)))
    assert _fitting(text, 50) == text + "\n"
    cut = _fitting(text, 10).splitlines()
    assert (len(cut), cut[-1]) == (9, "... 22 more lines")
