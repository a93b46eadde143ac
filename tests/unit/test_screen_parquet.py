"""``dnawire screen --parquet``: the numbers of the CSV file, in few rows at a time."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import parquet as pq

from dnawire.cli import main
from dnawire.data.parquet import ROWS_PER_GROUP, parquet_rows
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE

EXACT = "exact:kordas2025"
FLAGS = ("--length", "4", "--fermi_energy", "-7.1", "--save_all", "-q")


def run(folder: Path, *flags: str) -> int:
    return main(["screen", EXACT, *flags, "--workers", "1", "--output", str(folder)])


def as_in_csv(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "scores.csv", keep_default_na=False)


def test_the_numbers_are_those_of_the_csv_file(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        'name,sequence\n"a, ""b""",ACG\nnan,A_A/T_T\n,TT\nNA,ACG/CTT\n', encoding="utf-8"
    )
    for name, flags in (
        ("all", FLAGS),
        ("listed", ("--sequences", str(tmp_path / "list.csv"), "--save_all", "-q")),
    ):
        assert run(tmp_path / name, *flags, "--parquet") == EXIT_FINISHED
        found = pd.read_parquet(tmp_path / name / "scores.parquet")
        pd.testing.assert_frame_equal(found, as_in_csv(tmp_path / name), check_exact=True)
    assert found["name"].tolist() == ['a, "b"', "nan", "", "NA"]
    assert found["mean_log10_transmission"].tolist()[1] == float("-inf")


def test_shards_and_what_is_kept_of_a_killed_screening_give_the_same_bytes(tmp_path: Path) -> None:
    assert run(tmp_path / "whole", *FLAGS, "--parquet") == EXIT_FINISHED
    small = (*FLAGS, "--shard_size", "33")
    # What is computed does not depend on the form of the tables.
    for part in (("--shard", "2/3"), ("--shard", "0/3", "--parquet")):
        assert run(tmp_path / "out", *small, *part) == EXIT_FINISHED
    (folder,) = (tmp_path / "out.shards").iterdir()
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert len(before) == 2 * 5
    assert run(tmp_path / "out", *small, "--shard", "0/1") == EXIT_FINISHED
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert run(tmp_path / "out", *small, "--parquet") == EXIT_FINISHED
    name = "scores.parquet"
    assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    # All results of the folder are replaced, that table too.
    assert run(tmp_path / "out", *FLAGS, "--overwrite") == EXIT_FINISHED
    assert not (tmp_path / "out" / name).exists()


def test_groups_of_rows_are_bounded_however_the_lines_come(tmp_path: Path) -> None:
    lines = [f"{number:030},{number / 7!r},ok\n" for number in range(ROWS_PER_GROUP + 5)]
    for name, sizes in (("at once", [len(lines)]), ("in parts", [7, 0, 70_000, len(lines)])):
        start = 0
        columns = {"text": "text", "number": "number", "word": "word"}
        with parquet_rows(tmp_path / name, columns) as add:  # type: ignore[arg-type]
            for size in sizes:
                add("".join(lines[start : start + size]).encode())
                start += size
    assert (tmp_path / "at once").read_bytes() == (tmp_path / "in parts").read_bytes()
    metadata = pq.ParquetFile(tmp_path / "at once").metadata
    groups = [metadata.row_group(one).num_rows for one in range(metadata.num_row_groups)]
    assert groups == [ROWS_PER_GROUP, 5]
    found = pd.read_parquet(tmp_path / "in parts")
    assert found["number"].tolist() == [number / 7 for number in range(len(lines))]


def test_no_value_is_missing(tmp_path: Path) -> None:
    with parquet_rows(tmp_path / "table", {"text": "text", "number": "number"}) as add:
        add(b",nan\nnan,-inf\nNA,1\n")
    found = pq.read_table(tmp_path / "table")
    assert [one.null_count for one in found.columns] == [0, 0]
    assert found["text"].to_pylist() == ["", "nan", "NA"]


def test_without_pyarrow_it_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert run(tmp_path / "out", *FLAGS, "--parquet") == EXIT_USAGE
    error = capsys.readouterr().err
    assert "pip install 'dnawire[parquet]'" in error
    assert not list(tmp_path.iterdir())
    assert run(tmp_path / "out", *FLAGS) == EXIT_FINISHED


def test_parquet_alone_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "out", "--length", "2", "--parquet") == EXIT_USAGE
    assert "Add --save_all" in capsys.readouterr().err
