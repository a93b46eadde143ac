"""``dnawire evaluate``: one definition of errors, whatever groups them; what cannot be answered."""

from __future__ import annotations

import csv
import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_kit import ENERGIES, FAIR_SCORES, POOR_SCORES, records, save

import dnawire as dw
from dnawire.cli import main
from dnawire.data import TransportDataset, split_dataset, write_dataset
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE, UnusableDataFileError, UsageError
from dnawire.inference import load_predictor, other_theory

EXACT = "exact:kordas2025"
NAMES = {"transmission": "log10_transmission", "dos": "log10_dos", "ldos": "log10_ldos"}


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_a_set_has_no_error_on_its_own_records() -> None:
    dataset = dw.generate(num_samples=12, seq_length=6, min_length=3, eta=0.01, gamma_left=0.2)
    found = dw.evaluate(EXACT, dataset)
    assert set(found.scores) == {"transmission", "dos", "ldos"}
    np.testing.assert_allclose(list(found.scores.values()), 0.0, atol=1e-9)
    assert found.plot() is not None
    other = dw.evaluate("exact:roche-voityuk", dataset)
    assert min(mae for mae, _ in other.scores.values()) > 0.1
    said = " ".join(other.warnings)
    assert "the records are of the parameter set kordas2025" in said
    assert "guanine is at -7.13 eV in the records and at 0 eV in the model" in said


def test_records_of_another_level_of_theory_are_told(tmp_path: Path) -> None:
    dataset = dw.generate(num_samples=3, seq_length=3, min_length=3)
    ours = load_predictor(EXACT)
    run = save(tmp_path / "mine", "hamiltonian", source={"level": "GFN1-xTB"})
    atoms = load_predictor(str(run))
    leveled = replace(dataset, source={"level": "GFN1-xTB/ALPB(water)"})
    set_ = "the parameter set kordas2025"
    for predictor, records_, said in (
        (ours, dataset, []),
        (ours, leveled, [f"the records are of GFN1-xTB/ALPB(water), the model of {set_}"]),
        (atoms, leveled, ["the records are of GFN1-xTB/ALPB(water), the model of GFN1-xTB"]),
        (atoms, replace(dataset, source={"level": "GFN1-xTB"}), []),
        (atoms, dataset, [f"the records are of {set_}, the model of GFN1-xTB"]),
    ):
        assert other_theory(predictor, records_) == said
    assert any(said in dw.evaluate(EXACT, leveled).warnings for said in other_theory(ours, leveled))


@pytest.mark.parametrize("model_type", ["standard", "hamiltonian"])
def test_errors_are_those_of_the_predictions(tmp_path: Path, model_type: str) -> None:
    """By hand: over all values, over those of a length, of an energy and of a record."""
    run, dataset = save(tmp_path / "mine", model_type), records()
    found = dw.evaluate(run, dataset)
    predictor = dw.load(run).predictor
    predicted = predictor.predict([one.junction for one in dataset])
    frames = {by: found.to_dataframe(by) for by in ("length", "energy", "record")}
    for name, (mae, rmse) in found.scores.items():
        pairs = zip(predicted, dataset, strict=True)
        errors = [np.abs(one.spectra[NAMES[name]] - true.spectra[NAMES[name]])
                  for one, true in pairs]  # fmt: skip
        flat = np.concatenate([one.reshape(-1) for one in errors])
        assert mae == pytest.approx(flat.mean(), rel=1e-5)
        assert rmse == pytest.approx(np.sqrt((flat**2).mean()), rel=1e-5)
        column = f"{name}_mae_decades"
        of_length = np.concatenate(
            [one.reshape(-1) for one, true in zip(errors, dataset, strict=True)
             if true.junction.length == 4]
        )  # fmt: skip
        frame = frames["length"].set_index("length_base_pairs")
        assert frame[column][4] == pytest.approx(of_length.mean(), rel=1e-5)
        third = np.concatenate([np.atleast_2d(one)[:, 2] for one in errors])
        assert frames["energy"]["energy_eV"][2] == ENERGIES[2]
        assert frames["energy"][column][2] == pytest.approx(third.mean(), rel=1e-5)
        frame = frames["record"].set_index("record")
        assert frame[column][dataset[5].identifier] == pytest.approx(errors[5].mean(), rel=1e-5)
    assert set(found.scores) == {"transmission", "dos"} | (
        {"ldos"} if model_type == "hamiltonian" else set()
    )
    sums = frames["record"]["transmission_mae_decades"] + frames["record"]["dos_mae_decades"]
    assert sums.is_monotonic_decreasing
    with pytest.raises(UsageError, match="'sequence' is no grouping"):
        found.to_dataframe("sequence")  # type: ignore[arg-type]


def test_what_vanishes_counts_in_no_error() -> None:
    dataset = dw.generate(num_samples=3, seq_length=3)
    blocked = dw.load(EXACT).predictor.predict([dw.Junction("A_G", "upper:0=0.1", "upper:2=0.1")])
    mixed = TransportDataset.from_records([*dataset, *blocked], dataset.source)
    found = dw.evaluate(EXACT, mixed)
    assert "T vanishes in 100 values, which no error counts" in found.warnings
    np.testing.assert_allclose(found.scores["transmission"], 0.0, atol=1e-9)
    of_records = found.to_dataframe("record")["transmission_mae_decades"]
    assert np.isnan(of_records[3]) or of_records.isna().sum() == 1


def test_baselines_learn_from_the_training_part(tmp_path: Path) -> None:
    run = save(tmp_path / "mine", "standard", scores=FAIR_SCORES)
    dataset = records()
    splits = split_dataset(dataset, (0.6, 0.2, 0.2), 0)
    (tmp_path / "splits.json").write_text(splits.to_json())
    found = dw.evaluate(run, dataset, splits=tmp_path / "splits.json")
    assert found.num_steps == len(splits.test)
    alone = dw.evaluate(run, dataset.select(splits.test))
    assert found.scores == alone.scores
    assert alone.baselines == {}
    train = np.stack([dataset[row].log10_transmission for row in splits.train.tolist()])
    test = np.stack([dataset[row].log10_transmission for row in splits.test.tolist()])
    expected = np.abs(test - train.mean(axis=0)).mean()
    assert found.baselines["training mean"]["transmission"] == pytest.approx(expected)
    assert set(found.baselines) == {"training mean", "ridge on one-hot bases"}
    assert any("no better than a baseline here" in one for one in found.warnings)
    assert [row[0] for row in found.rows] == ["predictor", "mine", *found.baselines]
    (tmp_path / "splits.json").write_text("{}")
    with pytest.raises(UnusableDataFileError, match="it is not JSON with lists"):
        dw.evaluate(run, dataset, splits=str(tmp_path / "splits.json"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"eta": np.full(12, 0.02)}, "cannot be answered: the model mine was trained on spectra"),
        ({"energy_reference": np.full(12, -5.0)}, "counts energies from -5 eV"),
    ],
)
def test_records_that_cannot_be_answered(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    run = save(tmp_path / "mine", "standard")
    with pytest.raises(UsageError, match=problem) as caught:
        dw.evaluate(run, replace(records(), **change))
    assert "generated/0000000" in caught.value.problem


def test_other_energies_are_for_those_who_know_them(tmp_path: Path) -> None:
    dataset = dw.generate(num_samples=3, seq_length=3, num_energy_points=7, eta=0.01)
    with pytest.raises(UsageError, match="at the 9 energies that it was trained on"):
        dw.evaluate(save(tmp_path / "a", "standard"), dataset)
    assert dw.evaluate(save(tmp_path / "b", "hamiltonian"), dataset).num_steps == 3


def test_records_of_another_helix_are_told() -> None:
    grid = {"energy_min": -11.0, "energy_max": -10.0, "num_energy_points": 3, "eta": 0.005}
    dataset = dw.generate(num_samples=1, seq_length=2, missing_fraction=0.0, **grid)  # type: ignore[arg-type]
    other = dataclasses.replace(dataset, source={**dataset.source, "helix": "a-dna"})
    said = "the records are of a-dna, and the model builds b-dna for each of them"
    for model, asked, is_told in (
        ("pretrained:xtb", other, True), ("pretrained:xtb", dataset, False), (EXACT, other, False),
    ):  # fmt: skip
        assert (said in dw.evaluate(model, asked).warnings) == is_told


def test_each_molecule_has_its_own_zero(tmp_path: Path) -> None:
    """Records of a model of such records must not count from the vacuum."""
    run = save(tmp_path / "mine", "standard", energy_reference=[-5.0, -5.1])
    with pytest.raises(UsageError, match="from 0 eV, the model mine from the reference of each"):
        dw.evaluate(run, records())
    own = replace(records(), energy_reference=np.full(12, -5.3))
    assert dw.evaluate(run, own).num_steps == 12


def test_grids_and_etas_may_be_mixed() -> None:
    """Each record is predicted at its own energies and with its own eta."""
    parts = [
        dw.generate(num_samples=2, seq_length=3, num_energy_points=number, eta=eta)
        for number, eta in ((5, 0.0), (7, 0.01), (5, 0.01))
    ]
    mixed = TransportDataset.from_records([one for part in parts for one in part], parts[0].source)
    found = dw.evaluate(EXACT, mixed)
    np.testing.assert_allclose(list(found.scores.values()), 0.0, atol=1e-9)
    assert "eta of each record" in found._footer
    assert len(found.to_dataframe("energy")) == 9


def test_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, file = save(tmp_path / "mine", "standard", scores=POOR_SCORES), tmp_path / "records.h5"
    write_dataset(file, records())
    out = tmp_path / "out"
    assert main(["evaluate", str(run), str(file), "--output", str(out)]) == EXIT_FINISHED
    printed, log = capsys.readouterr()
    assert f"records       12 of {file}, all of them" in printed
    assert "no better than a baseline: log10 DOS: 0.4, training mean 0.3" in log
    stems = {f"{stem}{suffix}" for stem in ("parity", "errors") for suffix in
             (".png", ".svg", ".csv")}  # fmt: skip
    assert {path.name for path in out.iterdir()} == {"scores.csv", "records.csv"} | stems
    found = dw.evaluate(run, file)
    (score,) = read(out / "scores.csv")
    assert float(score["transmission_mae_decades"]) == found.scores["transmission"][0]
    assert float(score["dos_rmse_decades"]) == found.scores["dos"][1]
    assert len(read(out / "records.csv")) == 12
    by = [row["by"] for row in read(out / "errors.csv")]
    assert by == ["energy_eV"] * 9 + ["length_base_pairs"] * 3
    assert main(["evaluate", EXACT, str(file), "--splits", "none.json"]) != EXIT_FINISHED
    assert main(["evaluate", EXACT]) == EXIT_USAGE
