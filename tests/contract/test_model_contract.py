"""What holds for every model of the registry; a new model is tested here without being named."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from model_kit import (
    ENERGIES,
    SPECTRAL,
    Pairs,
    along,
    gradient_error,
    gradients,
    junction_of,
    make_model,
    pairs,
    random_direction,
    specification,
    unpacked_model,
)
from torch import nn

from dnawire.data import named_seed
from dnawire.graphs import JunctionBatch, junction_batch
from dnawire.models import (
    load_model,
    model_class,
    save_model,
)
from dnawire.quantities import BY_COLUMN

CPU = torch.device("cpu")
every = pytest.mark.parametrize("model_type", SPECTRAL)
JUNCTIONS: Final = [[("A", "T"), ("G", "C"), ("C", "_")], [("T", "A"), ("G", "G"), ("A", "T")]]


@every
@settings(max_examples=25, deadline=None)
@given(pairs)
def test_other_strand_gives_the_same_spectra(model_type: str, letters: Pairs) -> None:
    model, junction = make_model(model_type), junction_of(letters)
    with torch.no_grad():
        one = model(junction_batch([junction]))
        other = model(junction_batch([junction.flipped()]))
    np.testing.assert_allclose(one.log10_transmission, other.log10_transmission, atol=2e-3)
    np.testing.assert_allclose(one.log10_dos, other.log10_dos, atol=2e-3)


@every
def test_reciprocity(model_type: str) -> None:
    model = make_model(model_type)
    batch = junction_batch([junction_of([("A", "T"), ("G", "C"), ("C", "_")])])
    swapped = batch._replace(gamma_left=batch.gamma_right, gamma_right=batch.gamma_left)
    with torch.no_grad():
        there, back = model(batch), model(swapped)
    np.testing.assert_allclose(there.log10_transmission, back.log10_transmission, atol=1e-5)


@every
def test_other_junctions_in_the_batch_do_not_matter(model_type: str) -> None:
    model = make_model(model_type)
    junctions = [junction_of([("A", "T"), ("G", "C")]), junction_of([("C", "_"), ("T", "A")])]
    with torch.no_grad():
        together = model(junction_batch(junctions)).log10_transmission
        alone = [model(junction_batch([one])).log10_transmission[0] for one in junctions]
    np.testing.assert_allclose(together, torch.stack(alone), atol=1e-5)


@every
def test_what_a_missing_base_carries_is_never_read(model_type: str) -> None:
    model = make_model(model_type)
    batch = junction_batch([junction_of([("A", "T"), ("G", "_"), ("C", "G")])])
    with torch.no_grad():
        before = model(batch).log10_dos
        model.base.weight[-1] += 7.0
        after = model(batch).log10_dos
    assert torch.equal(before, after)


@every
def test_building_and_dropout_leave_global_randomness_alone(model_type: str) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].tobytes(), random.getstate()  # type: ignore[index]
    model = make_model(model_type, dropout=0.5).train()
    model.dropout.seed(named_seed(0, "dropout", 3), CPU)
    model(junction_batch([junction_of([("A", "T"), ("G", "C")])]))
    after = torch.get_rng_state(), np.random.get_state()[1].tobytes(), random.getstate()  # type: ignore[index]
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]


@every
def test_dropout_is_a_function_of_its_seed(model_type: str) -> None:
    model = make_model(model_type, dropout=0.5).train()
    batch = junction_batch([junction_of([("A", "T"), ("G", "C"), ("T", "A")])] * 8)

    def draw(seed: int) -> torch.Tensor:
        model.dropout.seed(seed, CPU)
        return model(batch).log10_transmission.detach()  # type: ignore[no-any-return]

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))


@every
def test_a_stored_model_is_the_same_model(model_type: str, tmp_path: Path) -> None:
    model = make_model(model_type)
    save_model(tmp_path / "model", model, specification(model_type), {"eta": 0.0})
    loaded, found, provenance = load_model(tmp_path / "model")
    batch: JunctionBatch = junction_batch([junction_of([("A", "T"), ("G", "C")])])
    with torch.no_grad():
        assert torch.equal(model(batch).log10_dos, loaded(batch).log10_dos)
    assert found == specification(model_type)
    assert provenance == {"eta": 0.0}


@every
def test_a_prediction_holds_what_the_model_declares(model_type: str) -> None:
    model = make_model(model_type)
    with torch.no_grad():
        spectra = model(junction_batch([junction_of(letters) for letters in JUNCTIONS]))
    predicted = spectra.known()
    names = [BY_COLUMN[column].name for column in predicted]
    assert tuple(names) == model_class(model_type).quantities
    for value in predicted.values():
        assert value.dtype == torch.float64
        assert value.shape[0] == len(JUNCTIONS)
        assert value.shape[-1] == len(ENERGIES)


@every
def test_gradients_are_those_of_differences(model_type: str) -> None:
    """In double precision, along a random direction; training finds the same in its own."""
    batch = junction_batch([junction_of(letters) for letters in JUNCTIONS])
    model = unpacked_model(model_type).double()
    assert gradient_error(model, partial(loss, batch=batch)) < 1e-6
    exact, trained = (
        gradients(one, partial(loss, batch=batch)) for one in (model, make_model(model_type))
    )
    direction = random_direction(model)
    assert along(trained, direction) == pytest.approx(along(exact, direction), rel=1e-4)


def loss(model: nn.Module, batch: JunctionBatch) -> torch.Tensor:
    """Return a fixed combination of what the model predicts."""
    spectra = model(batch)
    weights = torch.linspace(0.5, 1.0, len(ENERGIES), dtype=torch.float64)
    combined: torch.Tensor = (spectra.log10_transmission + 0.5 * spectra.log10_dos) * weights
    return combined.sum()
