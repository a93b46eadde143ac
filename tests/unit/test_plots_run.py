"""Figures of a finished run: drawn from its files, each showing the record that it names."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from inference_kit import provenance, records, save

from dnawire.data import TransportDataset, write_dataset
from dnawire.errors import NotFoundError, UnusableDataFileError
from dnawire.inference import load_predictor
from dnawire.plots import write_training_figures

METRICS = """\
epoch,train_loss,val_loss,val_transmission_mae_decades,val_dos_mae_decades,learning_rate,seconds
1,1.0,1.1,0.9,0.3,0.001,0.1
2,0.5,0.6,0.5,0.2,0.001,0.1
"""
SPECTRA = ["spectra_best", "spectra_median", "spectra_worst"]


def dataset() -> TransportDataset:
    return records().select([0, 1, 2])


def shifted(decades: tuple[float, ...]) -> TransportDataset:
    """Predictions that are wrong by the given numbers of decades, in T and in DOS."""
    predicted = [
        replace(
            one,
            spectra={
                "log10_transmission": one.log10_transmission + by,
                "log10_dos": one.spectra["log10_dos"] - by,
            },
        )
        for one, by in zip(dataset(), decades, strict=True)
    ]
    return TransportDataset.from_records(predicted, {})


def make_run(folder: Path, model_type: str = "hamiltonian", **changes: object) -> Path:
    save(folder, model_type, **changes)
    (folder / "metrics.csv").write_text(METRICS)
    (folder / "starts.jsonl").write_text(json.dumps({"epoch": 0}) + "\n")
    write_dataset(folder / "test_reference.h5", dataset())
    write_dataset(folder / "test_predicted.h5", shifted((0.3, -0.1, 0.2)))
    return folder


def column(path: Path, name: str) -> list[str]:
    rows = list(csv.reader(path.read_text().splitlines()))
    return [row[rows[0].index(name)] for row in rows[1:]]


def stems(paths: list[Path]) -> list[str]:
    assert all(path.stat().st_size > 0 for path in paths)
    assert [path.suffix for path in paths] == [".png", ".svg", ".csv"] * (len(paths) // 3)
    return [path.stem for path in paths[::3]]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """A run with a Hamiltonian that is known, and its figures."""
    run = make_run(tmp_path_factory.mktemp("run"))
    return run / "figures", write_training_figures(run)


def test_best_median_and_worst_record_are_what_they_are_called(
    drawn: tuple[Path, list[Path]],
) -> None:
    figures, paths = drawn
    assert stems(paths) == ["loss", *SPECTRA, "parity", "hamiltonian"]
    assert {path.parent for path in paths} == {figures}
    for stem, index, error in zip(SPECTRA, (1, 2, 0), (0.1, 0.2, 0.3), strict=True):
        path = figures / f"{stem}.csv"
        of_reference = np.array(column(path, "record")) == "reference"
        energies, values = (
            np.array(column(path, name), dtype=float)[of_reference]
            for name in ("energy_eV", "transmission")
        )
        expected = dataset()[index]
        assert len(energies) > len(expected.energies)
        on_grid = np.isin(energies, expected.energies)
        np.testing.assert_allclose(values[on_grid], expected.transmission, rtol=1e-6)
        text = (figures / f"{stem}.svg").read_text().replace("\N{NO-BREAK SPACE}", " ")
        assert "upper:0=0.1 | upper:" in text
        assert f"mean error {error:#.2g} decades" in text
    assert column(figures / "loss.csv", "val_loss") == ["1.1", "0.6"]
    counts = map(int, column(figures / "parity.csv", "count"))
    assert sum(counts) == 2 * 3 * len(dataset().energies)


def test_predicted_and_true_hamiltonian_are_those_of_the_median_duplex(
    drawn: tuple[Path, list[Path]],
) -> None:
    figures, _ = drawn
    duplex = dataset()[2].junction.duplex
    true = load_predictor("exact:kordas2025").hamiltonian(duplex)
    predicted = load_predictor(str(figures.parent)).hamiltonian(duplex)
    assert true is not None
    assert predicted is not None
    path = figures / "hamiltonian.csv"
    labels = [site.label for site in duplex.sites]
    rows, columns = ([labels.index(one) for one in column(path, key)] for key in ("row", "column"))
    written = {
        key: np.array(column(path, f"{key}_eV"), dtype=float) for key in ("predicted", "true")
    }
    np.testing.assert_array_equal(written["true"], true[rows, columns])
    np.testing.assert_array_equal(np.abs(written["predicted"]), np.abs(predicted[rows, columns]))


def test_where_the_truth_is_not_known_the_prediction_stands_alone(tmp_path: Path) -> None:
    config = provenance()["config"] | {"data": "records.h5"}
    run = make_run(tmp_path, config=config, source={"kind": "g3nat-archive"})
    assert stems(write_training_figures(run))[-1] == "hamiltonian"
    header = (tmp_path / "figures" / "hamiltonian.csv").read_text().splitlines()[0]
    assert header == "row,column,predicted_eV"


def test_figures_are_replaced_and_repeat_to_the_byte(drawn: tuple[Path, list[Path]]) -> None:
    figures, paths = drawn
    first = {path: path.read_bytes() for path in paths}
    assert {path: path.read_bytes() for path in write_training_figures(figures.parent)} == first


def test_records_without_transmission_and_models_without_hamiltonian(tmp_path: Path) -> None:
    """The silent record is the median by its DOS alone."""
    run = make_run(tmp_path, "standard")
    silent, *others = dataset()
    nothing = {"log10_transmission": np.full_like(silent.energies, -np.inf)}
    silent = replace(silent, spectra={**silent.spectra, **nothing})
    broken = TransportDataset.from_records([silent, *others], {})
    write_dataset(run / "test_reference.h5", broken, overwrite=True)
    assert stems(write_training_figures(run)) == ["loss", *SPECTRA, "parity"]
    path = tmp_path / "figures" / "spectra_median.csv"
    kinds, values = column(path, "record"), column(path, "transmission")
    of_reference = {value for kind, value in zip(kinds, values, strict=True) if kind == "reference"}
    assert of_reference == {"0.0"}


@pytest.mark.parametrize(
    "name", ["metrics.csv", "starts.jsonl", "test_reference.h5", "test_predicted.h5"]
)
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    run = make_run(tmp_path)
    (run / name).unlink()
    with pytest.raises(NotFoundError, match=name):
        write_training_figures(run)
    assert not (run / "figures").exists()


@pytest.mark.parametrize("order", [[0, 1], [2, 1, 0], [0, 1, 1]])
def test_records_of_other_junctions_are_refused(order: list[int], tmp_path: Path) -> None:
    run = make_run(tmp_path)
    other = shifted((0.1, 0.1, 0.1)).select(order)
    write_dataset(run / "test_predicted.h5", other, overwrite=True)
    with pytest.raises(UnusableDataFileError, match=r"not those of test_reference\.h5"):
        write_training_figures(run)
