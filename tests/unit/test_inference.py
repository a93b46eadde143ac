"""Predictors: one interface to trained models and exact spectra."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from inference_kit import ENERGIES, LEFT, RIGHT, junction, provenance, records, save, trained
from model_kit import SPECTRAL

from dnawire.errors import (
    NotFoundError,
    UnknownParameterSetError,
    UnusableFileError,
    UsageError,
)
from dnawire.graphs import junction_batch
from dnawire.inference import Predictor, align_signs, load_predictor
from dnawire.junction import Contact, Duplex, Junction
from dnawire.tightbinding import dense_hamiltonian, ladder_blocks, load_parameters


@pytest.fixture(params=[*SPECTRAL, "exact"])
def predictor(request: pytest.FixtureRequest, tmp_path: Path) -> Predictor:
    if request.param == "exact":
        return load_predictor("exact:kordas2025")
    return load_predictor(str(save(tmp_path / "run", request.param)))


def test_records_come_in_the_order_of_the_junctions(predictor: Predictor) -> None:
    texts = ["GCGC", "ACG", "GATTACA", "ACG/C_T", "GGG", "ACGT", "TTT"]
    junctions = [junction(text) for text in texts]
    found = predictor.predict(junctions)
    assert [record.junction for record in found] == junctions
    assert found[0].identifier == f"{predictor.name}/GCGC"
    for one, record in zip(junctions, found, strict=True):
        (alone,) = predictor.predict([one])
        np.testing.assert_allclose(record.transmission, alone.transmission, rtol=1e-5)
        np.testing.assert_allclose(record.dos, alone.dos, rtol=1e-5)
        np.testing.assert_array_equal(record.energies, predictor.conditions.energies)
        assert record.eta == predictor.conditions.eta


def test_both_writings_of_a_junction_are_one(predictor: Predictor) -> None:
    one = Junction(Duplex.parse("GATTACA/TGT_ATC"), Contact.at("lower", -1, 0.1), RIGHT)
    record, flipped = predictor.predict([one, one.flipped()])
    np.testing.assert_allclose(record.transmission, flipped.transmission, rtol=1e-5)
    np.testing.assert_allclose(record.dos, flipped.dos, rtol=1e-5)


def test_exact_spectra_are_those_of_the_generator() -> None:
    dataset = records()
    exact = load_predictor("exact:kordas2025")
    found = exact.predict([record.junction for record in dataset], ENERGIES, eta=0.01)
    for reference, record in zip(dataset, found, strict=True):
        np.testing.assert_allclose(record.transmission, reference.transmission, rtol=1e-12)
        assert record.ldos is not None
        assert reference.ldos is not None
        np.testing.assert_allclose(record.ldos, reference.ldos, rtol=1e-12)
        assert record.eta == 0.01


def test_exact_hamiltonian_is_in_site_order() -> None:
    duplex = Duplex.parse("ACG/C_T")
    found = load_predictor("exact:kordas2025").hamiltonian(duplex)
    parameters = load_parameters("kordas2025")
    blocks = ladder_blocks(duplex.codes[None], parameters)
    np.testing.assert_array_equal(found, dense_hamiltonian(*(part[0] for part in blocks)))
    onsite = [parameters.onsite["ACGT".index(site.base)] for site in duplex.sites]
    np.testing.assert_array_equal(np.diag(found), onsite)


def test_spectra_and_hamiltonian_of_a_trained_model_agree(tmp_path: Path) -> None:
    predictor = load_predictor(str(save(tmp_path, "hamiltonian")))
    one = junction("ACG/C_T")
    hamiltonian = predictor.hamiltonian(one.duplex)
    np.testing.assert_array_equal(hamiltonian, hamiltonian.T)
    (record,) = predictor.predict([one], [-7.7, -7.2], eta=0.0)
    assert record.ldos is not None
    left, right = (gamma[one.duplex.mask] for gamma in (one.gamma_left, one.gamma_right))
    for index, energy in enumerate(record.energies):
        inverse = np.diag(energy + 0.5j * (left + right)) - hamiltonian
        greens = np.linalg.inv(inverse)
        transmission = (left[:, None] * np.abs(greens) ** 2 * right).sum()
        assert record.transmission[index] == pytest.approx(transmission, rel=1e-9)
        np.testing.assert_allclose(record.ldos[:, index], -np.diag(greens).imag / np.pi, rtol=1e-9)


def test_a_trained_model_predicts_what_its_forward_pass_says(tmp_path: Path) -> None:
    predictor = load_predictor(str(save(tmp_path, "standard")))
    (record,) = predictor.predict([junction("ACG")], predictor.conditions.energies + 1e-12)
    assert record.ldos is None
    assert not predictor.knows_hamiltonian
    with pytest.raises(UsageError, match="knows no Hamiltonian"):
        predictor.hamiltonian(Duplex.parse("ACG"))
    model, _ = trained("standard")
    with torch.no_grad():
        spectra = model(junction_batch([junction("ACG")]))
    np.testing.assert_allclose(record.transmission, 10.0 ** spectra.log10_transmission[0].numpy())
    np.testing.assert_allclose(record.dos, 10.0 ** spectra.log10_dos[0].numpy())


def test_many_energies_are_divided_into_batches_without_a_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = load_predictor("exact:kordas2025")
    junctions = [junction(text) for text in ("ACG", "GGG", "CGT", "TTA", "CAG")]
    whole = exact.predict(junctions)
    monkeypatch.setattr("dnawire.predictors.predictor._VALUES_PER_BATCH", 2 * 3 * 100 * 2)
    for one, other in zip(whole, exact.predict(junctions), strict=True):
        np.testing.assert_array_equal(one.transmission, other.transmission)


def test_a_standard_model_refuses_other_energies_and_eta(tmp_path: Path) -> None:
    predictor = load_predictor(str(save(tmp_path / "mine", "standard")))
    assert predictor.name == "mine"
    for energies in (ENERGIES[:-1], ENERGIES + 1e-6):
        with pytest.raises(UsageError, match="mine predicts at the 9 energies") as caught:
            predictor.predict([junction("ACG")], energies)
        assert "knows all energies" in caught.value.remedy
    with pytest.raises(UsageError, match="trained on spectra with eta"):
        predictor.predict([junction("ACG")], eta=0.0)


@pytest.mark.parametrize("energies", [[], [[1.0]], [1.0, 1.0], [2.0, 1.0], [1.0, np.nan]])
def test_energies_must_be_a_grid(energies: list[float], predictor: Predictor) -> None:
    with pytest.raises(UsageError, match="energies are not a grid"):
        predictor.predict([junction("ACG")], energies)


@pytest.mark.parametrize("eta", [-0.1, np.nan, np.inf])
def test_eta_must_be_possible(eta: float) -> None:
    with pytest.raises(UsageError, match="eta is"):
        load_predictor("exact:kordas2025").predict([junction("ACG")], eta=eta)


def test_conditions_come_from_the_training(tmp_path: Path) -> None:
    conditions = load_predictor(str(save(tmp_path, "hamiltonian"))).conditions
    assert conditions.contacts == (LEFT, RIGHT)
    assert conditions.eta == 0.01
    assert conditions.parameters == "kordas2025"
    assert conditions.energy_reference == 0.0
    np.testing.assert_array_equal(conditions.energies, ENERGIES)
    assert str(tmp_path) in conditions.origin


def test_the_source_of_the_records_is_never_interpreted(tmp_path: Path) -> None:
    config = provenance()["config"] | {"data": "records.h5", "gamma_left": 7.0}
    texts = ["upper:0=0.1", "lower:0=0.2"]
    told = {"contacts": texts, "parameters": None}
    source = records().source | {"parameters": "nobody1999", "left": "no contact"}
    for name, changes, contacts in (
        ("nothing", {}, None),
        ("derived", {"origin": told}, tuple(map(Contact.parse, texts))),
    ):
        run = save(tmp_path / name, "hamiltonian", config=config, source=source, **changes)
        conditions = load_predictor(str(run)).conditions
        assert conditions.contacts == contacts
        assert conditions.parameters is None


def test_energies_that_each_molecule_counts_from_its_own_level_are_marked(tmp_path: Path) -> None:
    run = save(tmp_path, "hamiltonian", energy_reference=[-7.3, -7.2])
    assert np.isnan(load_predictor(str(run)).conditions.energy_reference)
    run = save(tmp_path, "hamiltonian", energy_reference=[-7.3])
    (record,) = load_predictor(str(run)).predict([junction("ACG")])
    assert record.energy_reference == -7.3


@pytest.mark.parametrize("where", ["run", "run/model", "copy"])
def test_a_model_is_found_by_run_by_folder_and_as_a_copy(where: str, tmp_path: Path) -> None:
    save(tmp_path / "run", "hamiltonian")
    (tmp_path / "copy").mkdir()
    for file in (tmp_path / "run" / "model").iterdir():
        (tmp_path / "copy" / file.name).write_bytes(file.read_bytes())
    expected = "copy" if where == "copy" else "run"
    assert load_predictor(str(tmp_path / where)).name == expected


def test_what_does_not_exist_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no model in"):
        load_predictor(str(tmp_path / "nothing"))
    with pytest.raises(NotFoundError, match="no model in"):
        load_predictor(str(tmp_path))
    with pytest.raises(UnknownParameterSetError, match="kordas2024"):
        load_predictor("exact:kordas2024")


@pytest.mark.parametrize("key", ["config", "eta", "energy_reference"])
def test_a_model_without_provenance_is_unusable(key: str, tmp_path: Path) -> None:
    path = save(tmp_path, "hamiltonian") / "model" / "config.json"
    description = json.loads(path.read_text())
    del description["provenance"][key]
    path.write_text(json.dumps(description))
    with pytest.raises(UnusableFileError, match=f"does not say how it was trained: .*{key}"):
        load_predictor(str(tmp_path))


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_signs_of_orbitals_are_found(size: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    square = generator.normal(size=(size, size))
    reference = square + square.T
    signs = generator.choice([-1.0, 1.0], size)
    changed = signs[:, None] * reference * signs
    np.testing.assert_array_equal(align_signs(changed, reference), reference)


def test_signs_do_not_hide_what_differs_in_physics() -> None:
    """The product of the hoppings around a ring is physical: one wrong sign cannot be undone."""
    reference = np.ones((3, 3)) - np.diag([1.0, 2.0, 3.0])
    wrong = reference.copy()
    wrong[0, 2] = wrong[2, 0] = -0.5
    aligned = align_signs(wrong, reference)
    assert np.prod([aligned[0, 1], aligned[1, 2], aligned[2, 0]]) == -0.5
    np.testing.assert_array_equal(np.diag(aligned), np.diag(reference))


def test_signs_across_a_broken_chain_are_free() -> None:
    reference = np.diag([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(align_signs(reference, reference), reference)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("eta", -1.0),
        ("eta", float("nan")),
        ("trained_on", {"lengths": [4], "couplings": [0.1, 0.2], "placements": [], "pairs": []}),
        ("trained_on", {"lengths": [4, 4], "couplings": ["a", "b"], "placements": [], "pairs": []}),
        ("scores", {"mine": 3}),
    ],
)
def test_a_model_folder_that_says_what_cannot_be_is_refused(
    tmp_path: Path, key: str, value: object
) -> None:
    with pytest.raises(UnusableFileError, match="does not say how it was trained"):
        load_predictor(str(save(tmp_path, "standard", **{key: value})))
