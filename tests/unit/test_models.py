"""Models: exact symmetries, determinism, and what each must not depend on."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dnawire.data import named_seed
from dnawire.errors import NotFoundError, UnusableFileError
from dnawire.graphs import JunctionBatch, junction_batch
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import (
    HamiltonianModel,
    ModelSpecification,
    TargetStatistics,
    TransportModel,
    build_model,
    load_model,
    save_model,
)

CPU = torch.device("cpu")
ENERGIES = torch.linspace(-9.0, -6.5, 9, dtype=torch.float64)
pairs = st.lists(
    st.tuples(st.sampled_from("ACGT"), st.sampled_from("ACGT_")), min_size=2, max_size=8
)
both = pytest.mark.parametrize("model_type", ["standard", "hamiltonian"])


def make_model(model_type: str, dropout: float = 0.1) -> TransportModel:
    model = build_model(ModelSpecification(model_type, 9, 16, 3, 2, dropout), seed=5)
    ones = torch.ones(9, dtype=torch.float64)
    onsite = torch.tensor([-7.6, -7.9, -7.1, -8.2], dtype=torch.float64)
    model.initialize(TargetStatistics(ENERGIES, 0.0, -5 * ones, ones, ones, ones, onsite))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    model.pack()
    return model.eval()


def junction_of(letters: list[tuple[str, str]], gamma_right: float = 0.3) -> Junction:
    duplex = Duplex("".join(a for a, _ in letters), "".join(b for _, b in reversed(letters)))
    left, right = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, gamma_right)
    return Junction(duplex, left, right)


@both
@settings(max_examples=25, deadline=None)
@given(pairs)
def test_other_strand_gives_the_same_spectra(
    model_type: str, letters: list[tuple[str, str]]
) -> None:
    model, junction = make_model(model_type), junction_of(letters)
    with torch.no_grad():
        one = model(junction_batch([junction]))
        other = model(junction_batch([junction.flipped()]))
    np.testing.assert_allclose(one.log10_transmission, other.log10_transmission, atol=2e-3)
    np.testing.assert_allclose(one.log10_dos, other.log10_dos, atol=2e-3)


@settings(max_examples=25, deadline=None)
@given(pairs)
def test_hamiltonian_is_the_same_object_from_the_other_strand(
    letters: list[tuple[str, str]],
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
    letters: list[tuple[str, str]],
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


@both
def test_reciprocity(model_type: str) -> None:
    model = make_model(model_type)
    batch = junction_batch([junction_of([("A", "T"), ("G", "C"), ("C", "_")])])
    swapped = batch._replace(gamma_left=batch.gamma_right, gamma_right=batch.gamma_left)
    with torch.no_grad():
        there, back = model(batch), model(swapped)
    np.testing.assert_allclose(there.log10_transmission, back.log10_transmission, atol=1e-5)


@both
def test_padding_of_the_batch_does_not_matter(model_type: str) -> None:
    model = make_model(model_type)
    junctions = [junction_of([("A", "T"), ("G", "C")]), junction_of([("C", "_"), ("T", "A")])]
    with torch.no_grad():
        together = model(junction_batch(junctions)).log10_transmission
        alone = [model(junction_batch([one])).log10_transmission[0] for one in junctions]
    np.testing.assert_allclose(together, torch.stack(alone), atol=1e-5)


@both
def test_what_a_missing_base_carries_is_never_read(model_type: str) -> None:
    model = make_model(model_type)
    batch = junction_batch([junction_of([("A", "T"), ("G", "_"), ("C", "G")])])
    with torch.no_grad():
        before = model(batch).log10_dos
        model.base.weight[-1] += 7.0
        after = model(batch).log10_dos
    assert torch.equal(before, after)


@both
def test_building_and_dropout_leave_global_randomness_alone(model_type: str) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tobytes(), random.getstate()  # type: ignore[index]
    model = make_model(model_type, dropout=0.5).train()
    model.dropout.seed(named_seed(0, "dropout", 3), CPU)
    model(junction_batch([junction_of([("A", "T"), ("G", "C")])]))
    after = torch.get_rng_state(), np.random.get_state()[1].tobytes(), random.getstate()  # type: ignore[index]
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


@both
def test_dropout_is_a_function_of_its_seed(model_type: str) -> None:
    model = make_model(model_type, dropout=0.5).train()
    batch = junction_batch([junction_of([("A", "T"), ("G", "C"), ("T", "A")])] * 8)

    def draw(seed: int) -> torch.Tensor:
        model.dropout.seed(seed, CPU)
        return model(batch).log10_transmission.detach()  # type: ignore[no-any-return]

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))


def test_dropout_without_a_generator_is_refused() -> None:
    model = make_model("standard", dropout=0.5).train()
    with pytest.raises(RuntimeError, match="`seed`"):
        model(junction_batch([junction_of([("A", "T"), ("G", "C")])]))


@both
def test_a_stored_model_is_the_same_model(model_type: str, tmp_path: Path) -> None:
    model = make_model(model_type)
    specification = ModelSpecification(model_type, 9, 16, 3, 2, 0.1)
    save_model(tmp_path / "model", model, specification, {"eta": 0.0})
    loaded, provenance = load_model(tmp_path / "model")
    batch: JunctionBatch = junction_batch([junction_of([("A", "T"), ("G", "C")])])
    with torch.no_grad():
        assert torch.equal(model(batch).log10_dos, loaded(batch).log10_dos)
    assert provenance == {"eta": 0.0}


def test_models_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no model in"):
        load_model(tmp_path)
    folder = tmp_path / "model"
    save_model(folder, make_model("standard"), ModelSpecification("standard", 9, 16, 3, 2, 0.1), {})
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(UnusableFileError, match=r"model\.safetensors"):
        load_model(folder)
    (folder / "config.json").write_text('{"format": "something else", "version": 1}')
    with pytest.raises(UnusableFileError, match="does not describe a model"):
        load_model(folder)
