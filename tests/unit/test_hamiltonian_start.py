"""Where `hamiltonian` starts: at the tables whose exact spectra fit, with and without LDOS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dnawire.data import GenerationSpec, Ragged, TransportDataset, generate_dataset, read_dataset
from dnawire.graphs import length_buckets
from dnawire.junction import Contact
from dnawire.models import ModelSpecification, build_model
from dnawire.models.hamiltonian.start import Start, find_start
from dnawire.tightbinding import load_parameters, parameters_of_dna

XTB = Path(__file__).parents[1] / "data" / "xtb_pairs.h5"
LEFT, RIGHT = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1)
HOPPING = torch.tensor([0.05, 0.03, 0.01, 0.01], dtype=torch.float64)[:, None, None]


def records(parameters: str, *, with_ldos: bool = False, low: float = 0.0) -> TransportDataset:
    """Records of 8 base pairs; the energies begin above the lowest of the set by ``low``."""
    first, last = load_parameters(parameters).energy_window
    energies = np.linspace(first + low, last, 100)
    spec = GenerationSpec(200, 8, 8, parameters, energies, LEFT, RIGHT, 0.0, 0.1, 1)
    return with_columns(generate_dataset(spec), with_ldos=with_ldos)


def with_columns(dataset: TransportDataset, *, with_ldos: bool) -> TransportDataset:
    kept = {n: one for n, one in dataset.spectra.items() if with_ldos or n != "log10_ldos"}
    return replace(dataset, spectra=kept)


def start_of(dataset: TransportDataset) -> Start:
    batches = length_buckets(dataset, np.arange(len(dataset.lengths)))
    energies = torch.from_numpy(dataset.energies)
    return find_start(batches, energies, 0.0, HOPPING.repeat(1, 4, 4), 0.1)


@pytest.mark.parametrize("with_ldos", [False, True])
@pytest.mark.parametrize("parameters", parameters_of_dna())
def test_the_tables_of_a_published_set_are_found(parameters: str, with_ldos: bool) -> None:
    """Up to signs of the orbitals, on which no spectrum depends."""
    truth = load_parameters(parameters)
    found = start_of(records(parameters, with_ldos=with_ldos))
    assert max(found.errors) < 1e-3
    np.testing.assert_allclose(found.onsite, truth.onsite, atol=1e-4)
    hoppings = np.abs([truth.stacking, truth.pairing])
    pairs = np.nonzero(hoppings)
    np.testing.assert_allclose(np.abs(found.hopping[:2].numpy())[pairs], hoppings[pairs], atol=1e-3)


def test_a_base_whose_level_the_energies_do_not_show_spoils_no_other() -> None:
    """Thymine of this set lies at -8.24 eV, the energies begin at -8 eV."""
    truth = load_parameters("kordas2025").onsite
    found = start_of(records("kordas2025", low=1.0))
    assert found.errors[0] < 0.5 * found.trivial_errors[0]
    np.testing.assert_allclose(found.onsite[:3], truth[:3], atol=0.05)
    assert found.onsite[3] < -8.0


def test_records_that_no_such_hamiltonian_describes_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Spectra of other duplexes: nothing of the records follows from their bases."""
    dataset = records("kordas2025")
    order = np.random.default_rng(1).permutation(len(dataset.lengths))
    spectra = {
        name: Ragged(column.values.reshape(len(order), -1)[order].ravel(), column.offsets)
        for name, column in dataset.spectra.items()
    }
    for one, is_told in ((dataset, False), (replace(dataset, spectra=spectra), True)):
        caplog.clear()
        start_of(one).report()
        assert ("the best start fits" in caplog.text) == is_told


def test_records_of_more_states_than_orbitals_are_told(caplog: pytest.LogCaptureFixture) -> None:
    for path, is_told in ((XTB, True), (None, False)):
        dataset = records("kordas2025") if path is None else read_dataset(path)
        model = build_model(ModelSpecification.of("hamiltonian", len(dataset.energies)), seed=1)
        model.energies.copy_(torch.from_numpy(dataset.energies))
        caplog.clear()
        model.adapt_to(length_buckets(dataset, np.arange(len(dataset))))
        assert ("--model_type atomistic" in caplog.text) == is_told


def test_a_pair_that_meets_in_one_order_has_one_hopping() -> None:
    """Upper strands of A and C alone: A meets T, and T never A, on the first strand."""
    records = generate_dataset(
        GenerationSpec(
            20, 4, 4, "kordas2025", np.linspace(-9.0, -6.5, 40), LEFT, RIGHT, 0.0, 0.0, 1
        )
    )
    one_order = [
        n for n in range(len(records)) if set(records.junction(n).duplex.upper) <= set("AC")
    ]
    model = build_model(ModelSpecification.of("hamiltonian", 40), seed=1)
    model.adapt_to(length_buckets(records, one_order))
    table = model.get_parameter("hopping_table").detach()
    for kind in range(1, 4):
        assert torch.equal(table[kind], table[kind].mT)
    assert table[1, 0, 3] != 0.0
