"""Training runs side by side: what differs, how far they are, how good, and what compares."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import SMALL_MODEL, no_figures

import dnawire as dw
from dnawire.api.compare_runs import compare_runs
from dnawire.cli import main
from dnawire.cli.train import parse_flags
from dnawire.errors import (
    EXIT_FINISHED,
    NotFoundError,
    UnusableDataFileError,
    UsageError,
)
from dnawire.plots.run_comparison import MOST_CURVES, curves_figure
from dnawire.runs import train

TINY = (*SMALL_MODEL, "--num_samples", "40", "--seq_length", "3", "--num_energy_points", "8")
RUNS: dict[str, tuple[str, ...]] = {
    "usual": (),
    "fast": ("--learning_rate", "3e-3", "--output_dir", "outputs/more"),
    "other records": ("--seed", "7", "--huber_delta", "0.5"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Working directory of three finished runs."""
    place = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for name, flags in RUNS.items():
            typed = (*TINY, "--num_epochs", "2", "--model_name", name, *flags)
            assert train(parse_flags(typed).resolved(), "", no_figures) == EXIT_FINISHED
    return place


@pytest.fixture(autouse=True)
def _there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


PATHS = ("outputs/usual", "outputs/more/fast", "outputs/other records")


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_settings_that_differ_and_no_others() -> None:
    found = compare_runs(*PATHS)
    assert found.names == ["usual", "more/fast", "other records"]
    assert found.settings == {
        "learning_rate": [1e-3, 3e-3, 1e-3],
        "huber_delta": [0.1, 0.1, 0.5],
        "seed": [42, 42, 7],
    }
    assert compare_runs(PATHS[0]).settings == {}
    assert "no setting differs" in str(compare_runs(PATHS[0]))


def test_numbers_are_those_of_the_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", *PATHS, "--output", "compared"]) == EXIT_FINISHED
    printed = capsys.readouterr()
    found = compare_runs(*PATHS)
    assert printed.out.rstrip() == "\n".join(found.lines)
    table = rows(Path("compared/runs.csv"))
    for path, row in zip(PATHS, table, strict=True):
        scores = rows(Path(path) / "scores.csv")[0]
        for name in ("transmission_mae_decades", "dos_mae_decades", "status"):
            assert row[name] == scores[name]
        losses = [float(one["val_loss"]) for one in rows(Path(path) / "metrics.csv")]
        assert float(row["best_val_loss"]) == min(losses)
        assert int(row["best_epoch"]) == 1 + losses.index(min(losses))
        assert row["run_id"] == json.loads((Path(path) / "run.json").read_text())["run_id"]
        assert row["epochs"] == row["num_epochs"] == "2"
    assert [row["learning_rate"] for row in table] == ["0.001", "0.003", "0.001"]
    assert list(found.to_dataframe().columns) == list(table[0])
    curves = rows(Path("compared/curves.csv"))
    assert [row["run"] for row in curves] == [name for name in found.names for _ in range(2)]
    assert {path.name for path in Path("compared").iterdir()} == {
        "runs.csv", "curves.csv", "curves.png", "curves.svg",
    }  # fmt: skip
    assert main(["runs", *PATHS, "--output", "compared", "--overwrite", "--json"]) == EXIT_FINISHED
    told = json.loads(capsys.readouterr().out)
    values = {one["name"]: [str(value) for value in one["values"]] for one in told["columns"]}
    assert values["best_val_loss"] == [row["best_val_loss"] for row in table]
    assert told["warnings"] == found.warnings != []


def test_what_does_not_compare_is_said() -> None:
    assert compare_runs(*PATHS[:2]).warnings == []
    records, losses = compare_runs(PATHS[0], PATHS[2]).warnings
    assert records == "the records differ: neither scores nor validation losses compare"
    assert losses == "validation losses do not compare, as these differ: huber_delta"


def test_a_run_under_way_and_one_before_its_first_epoch(tmp_path: Path) -> None:
    for name, kept in (("begun", 2), ("new", 1)):
        shutil.copytree(PATHS[0], tmp_path / name)
        for file in ("scores.csv", "test_reference.h5"):
            (tmp_path / name / file).unlink()
        metrics = tmp_path / name / "metrics.csv"
        metrics.write_text("".join(metrics.read_text().splitlines(keepends=True)[:kept]))
    found = compare_runs(tmp_path / "begun", tmp_path / "new")
    assert [one.epochs for one in found.runs] == [1, 0]
    assert [one.status for one in found.runs] == [
        "not complete: 1 of 2 epochs", "not complete: 0 of 2 epochs",
    ]  # fmt: skip
    assert [row[1:3] for row in found.rows[1:]] == [["1/2", "1"], ["0/2", "-"]]
    assert len(found.plot().axes) == 3
    alone = compare_runs(tmp_path / "new")
    assert {path.name for path in alone.save(tmp_path / "out").iterdir()} == {"runs.csv"}
    with pytest.raises(UsageError, match="no run has completed an epoch"):
        alone.plot()


def test_more_runs_than_lines_are_told_apart_in_the_table(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number:02d}" for number in range(MOST_CURVES + 2)]
    for path in paths:
        shutil.copytree(PATHS[0], path)
    found = compare_runs(*paths)
    assert found.warnings == ["2 runs of a higher validation loss are not in the figure"]
    assert len(found.rows) == 1 + len(paths)
    axes = found.plot().axes[0]
    looks = {(one.get_color(), str(one._dash_pattern)) for one in axes.lines[::2]}  # type: ignore[attr-defined]
    assert len(looks) == MOST_CURVES


def test_a_model_without_errors_in_training_has_its_loss_alone() -> None:
    empty = np.full(2, np.nan)
    metrics: dict[str, Any] = {
        "epoch": np.array([1.0, 2.0]), "train_loss": empty + 1, "val_loss": np.array([2.0, 1.0]),
        "val_transmission_mae": empty, "val_dos_mae": empty,
    }  # fmt: skip
    assert len(curves_figure({"atomistic": metrics}, "").axes) == 1


def test_it_shows_itself_and_takes_trainings() -> None:
    typed = parse_flags((*TINY, "--num_epochs", "2", "--model_name", "usual")).resolved()
    found = dw.compare_runs(dw.Training(typed, 0), PATHS[1])
    assert found.names == ["usual", "more/fast"]
    html = found._repr_html_()
    assert html.count("<table>") == 2
    assert "data:image/png" in html


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run to compare"):
        compare_runs()
    with pytest.raises(UsageError, match="is named twice"):
        compare_runs(PATHS[0], "outputs/../outputs/usual").rows  # noqa: B018
    with pytest.raises(NotFoundError, match=r"config\.yaml is missing"):
        compare_runs(tmp_path)
    for name, content in (("scores.csv", "a,b\n"), ("run.json", "{}"), ("metrics.csv", "a\n1\n")):
        copy = tmp_path / name
        shutil.copytree(PATHS[0], copy)
        (copy / name).write_text(content)
        with pytest.raises(UnusableDataFileError, match=name):
            compare_runs(copy)
