"""Errors name what the user knows: folders that were asked for, flags, what differs."""

from __future__ import annotations

import re
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from dnawire.cli import main
from dnawire.data import import_records
from dnawire.errors import EXIT_CANNOT_WRITE, EXIT_UNUSABLE_FILE, EXIT_USAGE, UnusableDataFileError
from dnawire.files.staging import publish_into, staging

AAAC = Path(__file__).parents[1] / "data" / "aaac"
NOTHING = re.compile("(?!)")
PREDICT = ("predict", "exact:kordas2025", "AC", "--num_energy_points", "5")
SCREEN = ("screen", "exact:kordas2025", "--length", "1", "--num_energy_points", "5")


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("words", [PREDICT, (*SCREEN, "--save_all")], ids=["predict", "screen"])
@pytest.mark.parametrize("size", [0, 1000])
def test_a_refusing_storage_is_told_by_the_folder_that_was_asked_for(
    words: tuple[str, ...], size: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    with no_file_above(size):
        code = main([*words, "--output", str(folder), "--quiet"])
    told = capsys.readouterr().err
    assert code == EXIT_CANNOT_WRITE
    assert f"dnawire: error: {folder}" in told
    assert ".tmp" not in told
    assert "--output" in told
    # What is computed need not be computed again.
    kept = ["mine.shards"] if words[0] == "screen" and size else []
    assert [path.name for path in tmp_path.iterdir()] == kept


@pytest.mark.parametrize("words", [PREDICT, SCREEN], ids=["predict", "screen"])
def test_a_file_in_the_place_of_the_folder(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    assert main([*words, "--output", str(path), "--overwrite"]) == EXIT_CANNOT_WRITE
    assert f"{path} is no folder" in capsys.readouterr().err
    assert path.read_text() == "mine"


def test_a_new_folder_of_results_appears_by_one_rename(tmp_path: Path) -> None:
    with staging(tmp_path, "results") as hidden:
        (hidden / "summary.csv").write_text("a\n")
        number = hidden.stat().st_ino
        publish_into(hidden, tmp_path / "new", NOTHING)
    assert (tmp_path / "new").stat().st_ino == number
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_folder_without_runs_is_told_whatever_the_window(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for window in ((), ("--window", "homo")):
        code = main(["import", str(tmp_path), str(tmp_path / "out.h5"), *window])
        assert code == EXIT_UNUSABLE_FILE
        assert "no Parameters.txt lies in it or below" in capsys.readouterr().err


def test_the_window_is_told_as_it_is_typed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(AAAC), str(tmp_path / "out.h5")]) == EXIT_USAGE
    assert "--window homo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda grid: grid[:-1], "200 energies instead of 201"),
        (lambda grid: np.where(np.arange(201) == 5, np.nan, grid), "energy 5 is nan instead of -6"),
    ],
    ids=["fewer", "not finite"],
)
def test_energies_that_differ_are_told_by_the_first(
    change: object, words: str, tmp_path: Path
) -> None:
    assert callable(change)
    folder = tmp_path / "aaac"
    shutil.copytree(AAAC, folder, ignore=shutil.ignore_patterns("*.h5"))
    (path,) = (folder / "run1").glob("Tran*.mat")
    content = {name: value for name, value in loadmat(path).items() if not name.startswith("_")}
    savemat(path, {**content, "Energy": change(content["Energy"].reshape(-1))})
    with pytest.raises(UnusableDataFileError) as caught:
        import_records(folder, "homo")
    assert words in str(caught.value)


def with_transmission(folder: Path, value: float) -> None:
    shutil.copytree(AAAC, folder, ignore=shutil.ignore_patterns("*.h5"))
    (path,) = (folder / "run1").glob("Tran*.mat")
    content = {name: one for name, one in loadmat(path).items() if not name.startswith("_")}
    content["T"].flat[5] = value
    savemat(path, content)


@pytest.mark.parametrize("value", [-1e-22, np.nan, np.inf])
def test_a_value_without_a_logarithm_is_told_as_the_source_has_it(
    value: float, tmp_path: Path
) -> None:
    with_transmission(tmp_path / "aaac", value)
    with pytest.raises(UnusableDataFileError) as caught:
        import_records(tmp_path / "aaac", "homo")
    assert f"transmission: value 5 is {value};" in str(caught.value)


@pytest.mark.parametrize(("homo", "is_told"), [(-5.25, False), (-0.195, True)])
def test_a_homo_outside_of_the_energies_is_told(
    homo: float, is_told: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with_transmission(tmp_path / "aaac", 1e-9)
    import_records(tmp_path / "aaac", "homo", homo=homo)
    assert ("is it in eV?" in caplog.text) == is_told
