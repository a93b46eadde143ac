"""Spectra of tables and npz files become records, with or without DOS; training on T alone."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnawire as dw
from dnawire.cli import main
from dnawire.data import TransportDataset, import_records, read_dataset, write_dataset
from dnawire.data.importers import GivenConditions
from dnawire.errors import EXIT_FINISHED, UnusableDataFileError, UsageError
from dnawire.models.hamiltonian.start import find_start
from dnawire.quantities import BY_NAME
from dnawire.tightbinding import load_parameters

CONTACTS = GivenConditions("upper:0=0.1", "upper:-1=0.1")
ENERGIES = np.linspace(-8.0, -7.0, 5)


def predictions() -> Any:  # noqa: ANN401
    return dw.predict(["ACGT", "GG/C_"], "exact:kordas2025", energies=ENERGIES)


def arrays(**more: Any) -> dict[str, Any]:  # noqa: ANN401
    found = predictions()
    return {
        "sequence": np.array([one.junction.duplex.text for one in found]),
        "energies": ENERGIES,
        "transmission": np.stack([one.transmission for one in found]),
        **more,
    }


def imported(tmp_path: Path, given: GivenConditions = CONTACTS, **more: Any) -> TransportDataset:  # noqa: ANN401
    path = tmp_path / "mine.npz"
    content = {name: array for name, array in arrays(**more).items() if array is not None}
    np.savez(path, **content)
    return import_records(path, "common", given=given)


def test_the_table_that_predict_writes_is_read_back(tmp_path: Path) -> None:
    found = predictions()
    path = tmp_path / "mine.csv"
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["energy_eV", "dos_per_eV", "transmission", "sequence", "note"])
        for one in found:
            rows = zip(one.energies, one.dos, one.transmission, strict=True)
            for energy, dos, transmission in reversed(list(rows)):
                text = one.junction.duplex.text
                writer.writerow([energy, dos, transmission, text, "x"])
    out = tmp_path / "records.h5"
    words = ["import", str(path), str(out)]
    words += ["--left_contact", "upper:0=0.1", "--right_contact", "upper:-1=0.1"]
    assert main(words) == EXIT_FINISHED
    records = read_dataset(out)
    for record, one in zip(records, found, strict=True):
        assert record.junction == one.junction
        np.testing.assert_allclose(record.energies, ENERGIES)
        np.testing.assert_allclose(record.transmission, one.transmission)
        np.testing.assert_allclose(record.dos, one.dos)
        assert (record.eta, record.energy_reference) == (0.0, 0.0)


def test_arrays_are_read_with_what_they_say(tmp_path: Path) -> None:
    records = imported(
        tmp_path,
        GivenConditions(),
        left_contact=np.array("upper:0=0.1"),
        right_contact=np.array(["upper:-1=0.2", "upper:1=0.3"]),
        eta=np.array(0.01),
        energy_reference=np.array([-7.0, 0.0]),
        name=np.array(["one", "two"]),
        energies=np.stack([ENERGIES, ENERGIES + 1.0]),
    )
    assert records.identifiers.tolist() == ["one", "two"]
    assert records.energy_reference.tolist() == [-7.0, 0.0]
    assert records[1].energies[0] == -7.0
    assert records[1].junction.right.text == "upper:1=0.3"
    assert set(records.eta) == {0.01}
    assert [one.name for one in records.quantities] == ["transmission"]
    with pytest.raises(UsageError, match="has no DOS"):
        _ = records[0].dos


def test_decades_are_taken_as_they_are(tmp_path: Path) -> None:
    decades = np.log10(arrays()["transmission"]) - 400.0
    records = imported(tmp_path, transmission=None, log10_transmission=decades)
    np.testing.assert_allclose(records[0].log10_transmission, decades[0])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no sequence": ({"sequence": None}, "no array 'sequence'"),
    "no energies": ({"energies": None}, "no array 'energies'"),
    "no T": ({"transmission": None}, "no array 'transmission'"),
    "both": ({"log10_transmission": np.zeros((2, 5))}, "say the same"),
    "shape": ({"transmission": np.ones((2, 4))}, r"transmission has shape \(2, 4\)"),
    "negative": ({"transmission": -np.ones((2, 5))}, "must be finite and not negative"),
    "no number": (
        {"transmission": np.array([[1.0] * 5, [1.0, 1.0, np.nan, 1.0, 1.0]])},
        "transmission: record 1: transmission: value 2 is nan",
    ),
    "letter": ({"sequence": np.array(["AC", "AX"])}, "record 1: .*letter 'X'"),
    "pickle": ({"sequence": np.array(["AC", "GT"], dtype=object)}, "no npz file of plain"),
    "eta": ({"eta": np.array(-1.0)}, "eta = -1 eV must be"),
    "contact": ({"left_contact": np.array("upper:9=0.1")}, "left_contact is in the file"),
    "energies twice": ({"energies": np.zeros(5)}, "not finite and above"),
    "length": ({"eta": np.zeros(3)}, r"eta has shape \(3,\)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arrays_are_named(tmp_path: Path, name: str) -> None:
    more, words = WRONG[name]
    with pytest.raises(UnusableDataFileError, match=words):
        imported(tmp_path, **more)


TABLE = "sequence,energy_eV,transmission\nGG,-8,1e-3\nGG,-7,2e-3\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("energy_eV", "energy", "no column 'energy_eV'"),
        ("transmission", "t", "no column 'transmission'"),
        ("2e-3", "2,3", "line 3: it has 4 columns"),
        ("2e-3", "nan", "line 3, column 'transmission': 'nan' is not a number"),
        ("GG,-7", "GX,-7", "line 3: .*letter 'X'"),
        ("-7", "-8", "not finite and above"),
    ],
)
def test_wrong_tables_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(TABLE.replace(old, new))
    with pytest.raises(UnusableDataFileError, match=words):
        import_records(path, "common", given=CONTACTS)


def test_contacts_must_be_known_and_windows_are_for_molecules(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(TABLE)
    with pytest.raises(UnusableDataFileError, match="its contacts are not known"):
        import_records(path, "common")
    on_atoms = replace(CONTACTS, left_contact="upper:0@N1=0.1")
    with pytest.raises(UnusableDataFileError, match=r"contact 'upper:0@N1=0\.1' names atoms"):
        import_records(path, "common", given=on_atoms)
    with pytest.raises(UsageError, match="--window homo"):
        import_records(path, "homo", given=CONTACTS)
    with pytest.raises(UsageError, match="state their own"):
        import_records(tmp_path, "homo", given=CONTACTS)


def test_the_start_of_hamiltonian_finds_the_levels_from_t_alone() -> None:
    import torch

    from dnawire.graphs import length_buckets
    from dnawire.models.hamiltonian.model import _INITIAL_HOPPING

    full = dw.generate(num_samples=120, seq_length=5, num_energy_points=50)
    alone = replace(full, spectra={"log10_transmission": full.spectra["log10_transmission"]})
    hopping = torch.tensor(_INITIAL_HOPPING, dtype=torch.float64)[:, None, None].repeat(1, 4, 4)
    buckets = length_buckets(alone, np.arange(len(alone)))
    start = find_start(buckets, torch.from_numpy(alone.energies.copy()), 0.0, hopping, 0.1)
    np.testing.assert_allclose(start.onsite, load_parameters("kordas2025").onsite, atol=0.02)
    assert not start.is_poor
    assert np.isnan(start.errors[1])


@pytest.mark.long
def test_standard_trains_on_t_alone_and_tells_no_dos(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    full = dw.generate(num_samples=60, seq_length=4, num_energy_points=8)
    alone = replace(full, spectra={"log10_transmission": full.spectra["log10_transmission"]})
    write_dataset("alone.h5", alone)
    words = "train --data alone.h5 --num_epochs 1 --hidden_dim 16 --num_layers 1 --model_name t"
    assert main(words.split()) == EXIT_FINISHED
    assert "a figure cannot be made" not in capsys.readouterr().err
    model = dw.load("outputs/t")
    assert model.conditions.quantities == ("transmission",)
    found = model.predict("ACGT")
    assert np.isfinite(found.log10_transmission).all()
    with pytest.raises(UsageError, match="tells no DOS"):
        _ = found.log10_dos
    assert "poor_model" not in "".join(one for one in found.warnings if "DOS" in one)
    assert BY_NAME["dos"].name not in " ".join(model.screen(length=2).table())
    with pytest.raises(UsageError, match="records without DOS"):
        model.screen(length=2, rank_by="mean_log10_dos")
