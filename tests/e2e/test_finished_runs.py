"""Nothing after the last epoch ends a run, and its model knows the records and not their source."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from harness import CHECKPOINTS, SMALL_MODEL, TINY, drawing, no_figures

from dnawire.checkpoint import load_checkpoint
from dnawire.config import TrainConfig
from dnawire.data import (
    Ragged,
    TransportDataset,
    generate_dataset,
    generation_spec,
    write_dataset,
)
from dnawire.errors import ConfigurationMismatchError, NotWritableError, UsageError
from dnawire.inference import load_predictor
from dnawire.junction import Contact
from dnawire.plots import write_training_figures

ONE = ("--num_epochs", "1")
TWO = ("--num_epochs", "2", "--checkpoint_dir", CHECKPOINTS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def records(**changes: object) -> TransportDataset:
    values = {"num_samples": 40, "seq_length": 4, "num_energy_points": 12}
    config = TrainConfig.from_flat(values | changes)
    return generate_dataset(generation_spec(config.data, seed=1))


def scores_of(folder: Path, name: str = "standard") -> list[list[str]]:
    text = (folder / "outputs" / name / "scores.csv").read_text()
    return [line.split(",") for line in text.splitlines()[2:]]


def fail_with(error: Exception) -> Callable[[Path], None]:
    def draw(folder: Path) -> None:
        assert (folder / "model" / "model.safetensors").exists()
        raise error

    return draw


def all_figures(folder: Path) -> None:
    write_training_figures(folder)


@pytest.mark.parametrize(
    "error", [ValueError("no axis"), UsageError("no set", "none"), KeyError(3)]
)
def test_a_figure_that_cannot_be_drawn_is_told(
    folder: Path, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    assert drawing((*TINY, *ONE), fail_with(error)) == 0
    assert f"a figure cannot be made: {type(error).__name__}" in caplog.text
    assert load_predictor(str(folder / "outputs/standard")).name == "standard"


@pytest.mark.parametrize("error", [OSError("full"), NotWritableError("full", "make room")])
@pytest.mark.usefixtures("folder")
def test_storage_that_refuses_a_figure_ends_the_run(error: Exception) -> None:
    with pytest.raises(type(error), match="full"):
        drawing((*TINY, *ONE), fail_with(error))


@pytest.mark.parametrize("model", ["standard", "hamiltonian"])
def test_records_without_any_transmission_are_trained_on_to_the_end(
    folder: Path, caplog: pytest.LogCaptureFixture, model: str
) -> None:
    plain = records()
    column = plain.spectra["log10_transmission"]
    nothing = Ragged(np.full_like(column.values, -np.inf), column.offsets)
    write_dataset(
        "none.h5", replace(plain, spectra={**plain.spectra, "log10_transmission": nothing})
    )
    flags = ("--data", "none.h5", "--model_type", model, *SMALL_MODEL, *ONE)
    assert drawing(flags, all_figures) == 0
    assert all(row[1] == "nan" and float(row[2]) >= 0.0 for row in scores_of(folder, model))
    assert "ridge on one-hot bases has no score of T: no record" in caplog.text
    assert "cannot be made" not in caplog.text


def test_conditions_of_a_model_come_from_its_records(folder: Path) -> None:
    """The source is free text of the user: it names what nobody knows."""
    source = {"parameters": "nobody1999", "left": "my thiol", "right": 7}
    plain = records(right_contact="lower:0", gamma_right=0.3)
    write_dataset("mine.h5", replace(plain, source=source))
    flags = ("--data", "mine.h5", "--model_type", "hamiltonian", *SMALL_MODEL, *ONE)
    assert drawing(flags, no_figures) == 0
    conditions = load_predictor(str(folder / "outputs/hamiltonian")).conditions
    assert conditions.contacts == (Contact.parse("upper:0=0.1"), Contact.parse("lower:0=0.3"))
    assert conditions.parameters == "kordas2025"


def test_a_split_is_given_by_a_file_and_guarded(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The split of an earlier run gives the same run; another one is refused on resume."""
    assert drawing((*TINY, *TWO), no_figures) == 0
    drawn = folder / "outputs/standard/splits.json"
    assert drawing((*TINY, *TWO, "--splits", str(drawn)), no_figures) == 0
    assert "already complete" in caplog.text
    given = ("--splits", "mine.json")
    Path("mine.json").write_text(drawn.read_text())
    other = ("--checkpoint_dir", "other", "--output_dir", "other")
    assert drawing((*TINY, *TWO, *given, *other), no_figures) == 0
    tensors = [
        load_checkpoint(folder / one).payload["manifest"]["tensors"]
        for one in (CHECKPOINTS, "other")
    ]
    assert tensors[0] == tensors[1]
    split = json.loads(drawn.read_text())
    split["test"] = split["test"][1:]
    Path("mine.json").write_text(json.dumps(split))
    with pytest.raises(ConfigurationMismatchError, match="the records are split otherwise"):
        drawing((*TINY, *TWO, *given), no_figures)


@pytest.mark.usefixtures("folder")
def test_settings_of_a_split_that_have_no_effect_are_refused() -> None:
    for flags, words in (
        (("--splits", "mine.json", "--split_seed", "3"), "split_seed = 3 has no effect"),
        (("--allow_leak",), "allow_leak has no effect"),
    ):
        with pytest.raises(UsageError, match=words):
            drawing((*TINY, *ONE, *flags), no_figures)


@pytest.mark.parametrize(
    ("flags", "is_good"), [(("--num_epochs", "30", "--learning_rate", "0.01"), True), ((), False)]
)
def test_a_model_is_held_against_what_needs_no_training(
    folder: Path, caplog: pytest.LogCaptureFixture, flags: tuple[str, ...], is_good: bool
) -> None:
    """Equal spectra are predicted best by their mean; those of the ladder by its Hamiltonian."""
    flags = (*TINY, *flags) if is_good else ("--data", "equal.h5", *SMALL_MODEL, *ONE)
    if not is_good:
        plain = records()
        spectra = {
            name: Ragged(np.tile(column[0], len(plain.lengths)), column.offsets)
            for name, column in plain.spectra.items()
            if name != "log10_ldos"
        }
        write_dataset("equal.h5", replace(plain, spectra=spectra))
    assert drawing((*flags, "--model_type", "hamiltonian"), no_figures) == 0
    run = folder / "outputs" / "hamiltonian"
    first, *others = csv.DictReader((run / "scores.csv").read_text().splitlines())
    assert [other["status"] for other in others] == ["", ""]
    card = (run / "model" / "README.md").read_text()
    told = load_predictor(str(run)).conditions.shortfalls
    assert first["status"] == ("poor_model: " + "; ".join(told) if told else "ok")
    assert bool(told) != is_good
    assert ("no better than a baseline" in card) != is_good
    assert ("NO BETTER THAN A BASELINE" in caplog.text) != is_good
    assert all(f"- {one}" in card and one in caplog.text for one in told)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("width", "is_told"), [("16", False), ("24", True)])
def test_a_network_that_is_not_compiled_is_told(
    caplog: pytest.LogCaptureFixture, width: str, is_told: bool
) -> None:
    assert drawing((*TINY, *ONE, "--hidden_dim", width), no_figures) == 0
    assert ("message passing is not compiled, thus slower" in caplog.text) == is_told


@pytest.mark.usefixtures("folder")
def test_records_of_one_energy_are_refused() -> None:
    plain = records()
    one = [
        replace(
            record,
            energies=record.energies[:1],
            spectra={name: values[..., :1] for name, values in record.spectra.items()},
        )
        for record in plain
    ]
    write_dataset("one.h5", TransportDataset.from_records(one, {}))
    for model in ("standard", "hamiltonian"):
        with pytest.raises(UsageError, match="the records have 1 energy"):
            drawing(("--data", "one.h5", "--model_type", model, *SMALL_MODEL, *ONE), no_figures)


def test_a_transmission_that_nothing_has_is_refused(folder: Path) -> None:
    plain = records()
    column = plain.spectra["log10_transmission"]
    huge = np.where(np.arange(len(column.values)) == 0, 5.0, column.values)
    spectra = {**plain.spectra, "log10_transmission": Ragged(huge, column.offsets)}
    with pytest.raises(
        UsageError, match=r"record 0 .*log10_transmission.* 5.0, .*no number up to 4"
    ):
        write_dataset(folder / "huge.h5", replace(plain, spectra=spectra))
