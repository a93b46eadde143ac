"""``dnawire compare``: models on the same sequences, only under the same conditions."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_kit import LEFT, RIGHT, save

import dnawire as dw
from dnawire.cli import main
from dnawire.errors import EXIT_FINISHED, EXIT_NOT_FOUND, EXIT_USAGE, UsageError
from dnawire.inference import Predictor, load_predictor

KORDAS, ROCHE = "exact:kordas2025", "exact:roche-voityuk"
FERMI = -7.5
CONDITIONS: Any = {"left": LEFT, "right": RIGHT, "eta": 0.01, "fermi_energy": FERMI}
DOOR: Any = dw


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    return [save(tmp_path / name, name) for name in ("hamiltonian", "standard")]


def test_numbers_are_those_of_predictions(runs: list[Path]) -> None:
    """All models answer at the energies of the one that knows no others."""
    models: list[str | Path] = [KORDAS, *runs]
    texts = ["ACG", "GGGG"]
    found = dw.compare(texts, models, **CONDITIONS)
    grid = dw.load(runs[1]).conditions.energies
    frame = found.to_dataframe().set_index(["sequence", "model"])
    for text in texts:
        alone = [dw.predict(text, one, energies=grid, **CONDITIONS) for one in models]
        for label, one in zip(found.labels, alone, strict=True):
            row = frame.loc[text, label]
            at_fermi = one.summary.at_fermi_energy
            assert at_fermi is not None
            assert row["log10_transmission"] == pytest.approx(at_fermi.log10_transmission)
            np.testing.assert_equal(row["conductance_S"], at_fermi.conductance.siemens)
            difference = np.abs(one.log10_transmission - alone[0].log10_transmission)
            if one is alone[0]:
                assert np.isnan(row["transmission_difference_decades"])
                continue
            assert row["transmission_difference_decades"] == pytest.approx(difference.mean())
            largest = row["largest_transmission_difference_decades"]
            assert largest == pytest.approx(difference.max())
            place = row["largest_transmission_difference_energy_eV"]
            assert place == grid[difference.argmax()]
            dos = np.abs(one.log10_dos - alone[0].log10_dos).mean()
            assert row["dos_difference_decades"] == pytest.approx(dos)
    assert [one.junction.duplex.text for one in found.predictions("standard")] == texts


def test_equal_models_do_not_differ_and_are_told_apart() -> None:
    found = dw.compare("ACG", [KORDAS, KORDAS])
    assert found.labels == ["exact:kordas2025#1", "exact:kordas2025#2"]
    assert found.to_dataframe()["largest_transmission_difference_decades"][1] == 0.0
    assert "log10_transmission" not in found.to_dataframe()
    assert "E_F" not in repr(found)


def test_the_finest_energies_between_the_same_ends_are_taken() -> None:
    def at(number: int) -> Predictor:
        predictor = load_predictor(KORDAS)
        energies = np.linspace(-9.0, -6.5, number)
        predictor.conditions = replace(predictor.conditions, energies=energies)  # type: ignore[misc]
        return predictor

    models = [dw.Model(at(7)), dw.Model(at(9))]
    found = dw.compare("ACG", models)
    assert [len(found.predictions(number)[0].energies) for number in (0, 1)] == [9, 9]
    assert "energies      9 from -9 to -6.5 eV" in repr(found)


def test_zeros_shift_the_energies_of_each_model() -> None:
    zeros = (-7.13, 0.2)
    found = dw.compare(
        "GGCG", [KORDAS, ROCHE], zeros=zeros, energies=np.linspace(-1, 0.6, 9), fermi_energy=0.1
    )
    for number, (model, zero) in enumerate(zip((KORDAS, ROCHE), zeros, strict=True)):
        alone = dw.predict(
            "GGCG", model, energies=np.linspace(-1, 0.6, 9) + zero, fermi_energy=0.1 + zero
        )
        (ours,) = found.predictions(number)
        np.testing.assert_array_equal(ours.log10_transmission, alone.log10_transmission)
        assert ours.conductance() == alone.conductance()
    lines = found.plot().axes[0].lines
    for line in lines[:2]:
        assert np.asarray(line.get_xdata())[[0, -1]] == pytest.approx([-1.0, 0.6])
    assert "zeros         -7.13 0.2 eV" in repr(found)
    assert "E_F           0.1 eV" in repr(found)
    assert "energies from -7.13, 0.2 eV" in found._footer


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda runs: DOOR.compare("A", [KORDAS]), "1 models to be compared"),
        (lambda runs: DOOR.compare("A", [KORDAS] * 8), "8 models to be compared"),
        (lambda runs: DOOR.compare([], [KORDAS] * 2), "no sequence to be asked for"),
        (
            lambda runs: DOOR.compare("ACG", [KORDAS, ROCHE]),
            "kordas2025 has -9 to -6.5 eV, exact:roche-voityuk has -3 to 3 eV",
        ),
        (lambda runs: DOOR.compare("ACG", [KORDAS, runs[0]]), "contacts: exact:kordas2025 has"),
        (
            lambda runs: DOOR.compare("ACG", [KORDAS, runs[0]], left=LEFT, right=RIGHT),
            "eta: exact:kordas2025 has 0.0, hamiltonian has 0.01",
        ),
        (
            lambda runs: DOOR.compare("ACG", [KORDAS, KORDAS], zeros=[0.0]),
            "1 zeros of the energy for 2 models",
        ),
        (
            lambda runs: DOOR.compare("ACG", [KORDAS, KORDAS], zeros=[0.0, 1e9]),
            "zeros = 1000000000.0 is not allowed",
        ),
        (
            lambda runs: DOOR.compare("ACG", [KORDAS, ROCHE], zeros=[-7.0, 0.0], energy_min=-1.0),
            "both ends of the energies are needed",
        ),
        (
            lambda runs: DOOR.compare(
                "ACG", [KORDAS, runs[1]], **{**CONDITIONS, "energies": [-8.0, -7.0]}
            ),
            "at the 9 energies that it was trained on",
        ),
    ],
)
def test_what_cannot_be_compared(runs: list[Path], call: Any, problem: str) -> None:  # noqa: ANN401
    with pytest.raises(UsageError) as caught:
        call(runs)
    assert problem in caught.value.problem


def test_models_with_other_zeros_need_to_be_told(tmp_path: Path) -> None:
    run = save(tmp_path / "mine", "hamiltonian", energy_reference=[-5.0])
    with pytest.raises(UsageError, match="exact:kordas2025 has 0 eV, mine has -5 eV"):
        dw.compare("ACG", [KORDAS, run], **CONDITIONS)


def test_words_are_models_or_sequences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What reads as a sequence is one; a folder that does is named by its path."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "ACT", "hamiltonian")
    flags = ["--left_contact", LEFT.text, "--right_contact", RIGHT.text, "--eta", "0.01"]
    words = ["A", KORDAS, "AC/GT", "./ACT", "C", "GG"]
    flags += ["--energy_min", "-8.5", "--energy_max", "-7", "--output", "out"]
    assert main(["compare", *words, *flags]) == EXIT_FINISHED
    printed = capsys.readouterr().out
    assert "models        exact:kordas2025, ACT; differences are from the first" in printed
    names = {path.name for path in Path("out").iterdir()}
    assert names == {"comparison.csv"} | {
        f"spectra_{page}{suffix}" for page in (1, 2) for suffix in (".png", ".svg", ".csv")
    }
    rows = list(csv.DictReader(Path("out/comparison.csv").read_text().splitlines()))
    assert [row["sequence"] for row in rows] == [
        one for one in ("A", "AC", "C", "GG") for _ in "12"
    ]
    capsys.readouterr()
    for word, problem in {
        "ACT": "Write ./ACT for the model in that folder",
        "standard": "'standard' may be a sequence or the name of a model",
    }.items():
        assert main(["compare", KORDAS, word, "A"]) == EXIT_USAGE
        assert problem in capsys.readouterr().err
    assert main(["compare", KORDAS, "AN", "A"]) == EXIT_USAGE
    assert "1 models to be compared" in capsys.readouterr().err
    assert main(["compare", KORDAS, "ACX", "A"]) == EXIT_NOT_FOUND
    assert main(["compare", KORDAS, KORDAS]) == EXIT_USAGE
