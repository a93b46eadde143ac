"""Generation: a function of the specification, exact spectra, missing bases where allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dnawire.data import GenerationSpec, TransportDataset, find_problem, generate_dataset
from dnawire.errors import InvalidContactError, UnknownParameterSetError, UsageError
from dnawire.junction import Contact
from dnawire.tightbinding import dense_hamiltonian, ladder_blocks, load_parameters

SPEC = GenerationSpec(
    num_samples=60,
    min_length=2,
    max_length=5,
    parameters="kordas2025",
    energies=np.linspace(-9.0, -6.5, 7),
    left=Contact.parse("upper:0=0.1"),
    right=Contact.parse("upper:-1=0.05,lower:0=0.2"),
    eta=0.002,
    missing_fraction=0.5,
    seed=11,
)


def _num_missing(dataset: TransportDataset) -> list[int]:
    return [record.junction.duplex.lower.count("_") for record in dataset]


def test_records_are_valid_and_say_where_they_come_from() -> None:
    dataset = generate_dataset(SPEC)
    assert len(dataset) == 60
    assert find_problem(dataset) is None
    assert set(dataset.lengths) == {2, 3, 4, 5}
    np.testing.assert_array_equal(dataset.energies, SPEC.energies)
    assert dataset.source["parameters"] == "kordas2025"
    assert dataset.source["doi"] == ["10.1103/PhysRevE.111.024414"]
    assert dataset[7].identifier == "generated/0000007"
    assert dataset[7].eta == 0.002


def test_long_duplexes_have_a_transmission_that_underflows() -> None:
    long = replace(SPEC, num_samples=2, min_length=250, max_length=250, eta=0.0)
    logarithms = generate_dataset(replace(long, missing_fraction=0.0)).spectra["log10_transmission"]
    assert np.isfinite(logarithms.values).all()
    assert logarithms.values.min() < -324.0


def test_spectra_are_those_of_a_dense_inverse() -> None:
    parameters = load_parameters("kordas2025")
    for record in generate_dataset(replace(SPEC, num_samples=12)):
        junction = record.junction
        blocks = ladder_blocks(junction.duplex.codes[None], parameters)
        hamiltonian = dense_hamiltonian(blocks.diagonal[0], blocks.step[0], blocks.mask[0])
        mask = junction.duplex.mask
        left, right = junction.gamma_left[mask], junction.gamma_right[mask]
        identity = np.eye(len(hamiltonian))
        shifted = (record.energies + 1j * record.eta)[:, None, None] * identity
        greens = np.linalg.inv(shifted - hamiltonian + 0.5j * np.diag(left + right))
        transmission = np.einsum("i,eij,j->e", left, np.abs(greens) ** 2, right)
        ldos = -np.diagonal(greens, axis1=1, axis2=2).imag.T / np.pi
        np.testing.assert_allclose(record.transmission, transmission, rtol=1e-9)
        assert record.ldos is not None
        np.testing.assert_allclose(record.ldos, ldos, rtol=1e-9)
        np.testing.assert_allclose(record.dos, ldos.sum(axis=0), rtol=1e-9)


def test_the_seed_decides_every_draw() -> None:
    digest = generate_dataset(SPEC).digest
    assert generate_dataset(SPEC).digest == digest
    assert generate_dataset(replace(SPEC, seed=12)).digest != digest


def test_the_sequences_do_not_depend_on_contacts_and_energies() -> None:
    other = replace(SPEC, left=Contact.parse("upper:0=0.6"), energies=np.array([-7.0]))
    np.testing.assert_array_equal(
        generate_dataset(other).codes.values, generate_dataset(SPEC).codes.values
    )


def test_missing_bases_are_between_1_and_all_but_one_and_never_contacted() -> None:
    spec = replace(SPEC, num_samples=600, missing_fraction=1.0, energies=np.array([-7.0]))
    dataset = generate_dataset(spec)
    missing = np.array(_num_missing(dataset))
    assert (missing >= 1).all()
    assert (missing <= dataset.lengths - 1).all()
    assert set(missing[dataset.lengths == 5]) == {1, 2, 3, 4}
    assert all("_" not in record.junction.duplex.upper for record in dataset)
    assert all(record.junction.duplex.lower[0] != "_" for record in dataset)


def test_a_number_of_missing_bases_beyond_the_free_ones_takes_all_of_them() -> None:
    spec = replace(
        SPEC,
        num_samples=200,
        min_length=3,
        max_length=3,
        missing_fraction=1.0,
        right=Contact.parse("lower:0=0.1,lower:1=0.0"),
        energies=np.array([-7.0]),
    )
    assert set(_num_missing(generate_dataset(spec))) == {1}


def test_the_fraction_of_duplexes_with_missing_bases() -> None:
    spec = replace(SPEC, num_samples=2000, energies=np.array([-7.0]))
    for fraction in (0.0, 0.1):
        missing = np.array(_num_missing(generate_dataset(replace(spec, missing_fraction=fraction))))
        assert (missing > 0).mean() == pytest.approx(fraction, abs=0.03)


def test_single_base_pairs_lose_nothing() -> None:
    spec = replace(SPEC, min_length=1, max_length=1, missing_fraction=1.0)
    assert set(_num_missing(generate_dataset(spec))) == {0}


def test_bases_and_lengths_are_uniform() -> None:
    spec = replace(SPEC, num_samples=4000, energies=np.array([-7.0]))
    dataset = generate_dataset(spec)
    lengths = np.bincount(dataset.lengths)[2:] / len(dataset)
    np.testing.assert_allclose(lengths, 0.25, atol=0.03)
    bases = np.bincount(dataset.codes.values[:, 0]) / len(dataset.codes.values)
    np.testing.assert_allclose(bases, 0.25, atol=0.02)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"num_samples": 0}, "num_samples is 0"),
        ({"min_length": 0}, "min_length is 0"),
        ({"max_length": 1}, "max_length is 1"),
        ({"missing_fraction": 1.1}, "missing_fraction is 1.1"),
        ({"missing_fraction": np.nan}, "missing_fraction is nan"),
        ({"eta": -1.0}, "eta is -1.0"),
        ({"eta": np.inf}, "eta is inf"),
        ({"energies": np.array([1.0, 1.0])}, "energies is"),
        ({"energies": np.array([])}, "energies is"),
        ({"energies": np.array([np.nan])}, "energies is"),
    ],
)
def test_impossible_specifications_are_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        replace(SPEC, **change)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: replace(SPEC, left=Contact.parse("upper:2=0.1")), InvalidContactError),
        (
            lambda: replace(SPEC, left=Contact.parse("upper:0=0.1,upper:-3=0.1")),
            InvalidContactError,
        ),
        (lambda: generate_dataset(replace(SPEC, parameters="kordas")), UnknownParameterSetError),
    ],
)
def test_what_does_not_exist_is_refused(
    make: Callable[[], object], error: type[UsageError]
) -> None:
    with pytest.raises(error):
        make()
