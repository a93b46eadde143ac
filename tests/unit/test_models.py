"""Models: what is particular to one of them; tests/contract holds what is common to all."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from model_kit import Pairs, junction_of, make_model, pairs, specification

from dnawire.errors import NotFoundError, UnusableFileError
from dnawire.graphs import junction_batch
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import HamiltonianModel, load_model, save_model


@settings(max_examples=25, deadline=None)
@given(pairs)
def test_hamiltonian_is_the_same_object_from_the_other_strand(
    letters: Pairs,
) -> None:
    model, junction = make_model("hamiltonian"), junction_of(letters)
    assert isinstance(model, HamiltonianModel)
    with torch.no_grad():
        one = model.hamiltonian(junction_batch([junction]))
        other = model.hamiltonian(junction_batch([junction.flipped()]))
    mirrored = other.diagonal.flip(1, 2, 3)
    np.testing.assert_allclose(one.diagonal, mirrored, atol=1e-6)
    np.testing.assert_allclose(one.step, other.step.flip(1, 2, 3).mT, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(pairs)
def test_hamiltonian_is_symmetric_and_respects_missing_bases(
    letters: Pairs,
) -> None:
    model, batch = make_model("hamiltonian"), junction_batch([junction_of(letters)])
    assert isinstance(model, HamiltonianModel)
    with torch.no_grad():
        diagonal, step = model.hamiltonian(batch)
    assert torch.equal(diagonal, diagonal.mT)
    missing = ~batch.present
    assert bool((diagonal[missing] == 0).all())
    assert bool((step[missing[:, :-1]] == 0).all())
    assert bool((step.mT[missing[:, 1:]] == 0).all())


def test_hamiltonian_does_not_depend_on_the_contacts() -> None:
    model = make_model("hamiltonian")
    assert isinstance(model, HamiltonianModel)
    duplex = Duplex.parse("ACGTTGCA")
    variants = [
        Junction(duplex, Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1)),
        Junction(duplex, Contact.at("lower", 2, 0.6), Contact.at("upper", (1, 5), (0.2, 0.3))),
    ]
    with torch.no_grad():
        first, second = (model.hamiltonian(junction_batch([variant])) for variant in variants)
    assert torch.equal(first.diagonal, second.diagonal)
    assert torch.equal(first.step, second.step)


def test_dropout_without_a_generator_is_refused() -> None:
    model = make_model("standard", dropout=0.5).train()
    with pytest.raises(RuntimeError, match="`seed`"):
        model(junction_batch([junction_of([("A", "T"), ("G", "C")])]))


def test_the_description_of_a_model_has_the_form_of_its_version(tmp_path: Path) -> None:
    save_model(tmp_path, make_model("standard"), specification("standard"), {"eta": 0.0})
    assert json.loads((tmp_path / "config.json").read_text()) == {
        "format": "dnawire-model",
        "version": 1,
        "specification": {
            "model_type": "standard",
            "num_energies": 9,
            "hidden_dim": 16,
            "num_layers": 3,
            "num_heads": 2,
            "dropout": 0.1,
        },
        "provenance": {"eta": 0.0},
    }


def test_models_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no model in"):
        load_model(tmp_path)
    folder = tmp_path / "model"
    save_model(folder, make_model("standard"), specification("standard"), {})
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(UnusableFileError, match=r"model\.safetensors"):
        load_model(folder)
    (folder / "config.json").write_text('{"format": "something else", "version": 1}')
    with pytest.raises(UnusableFileError, match="does not describe a model"):
        load_model(folder)
    stranger = {"model_type": "strange", "num_energies": 9}
    description = {"format": "dnawire-model", "version": 1, "specification": stranger}
    (folder / "config.json").write_text(json.dumps(description))
    with pytest.raises(UnusableFileError, match="of type 'strange'; here are atomistic, hamil"):
        load_model(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems want names in UTF-8")
def test_the_name_of_a_folder_may_be_any_bytes(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"o\xff")
    save_model(folder, make_model("standard"), specification("standard"), {})
    assert load_model(folder).specification == specification("standard")
