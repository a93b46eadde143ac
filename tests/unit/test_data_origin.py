"""What the records themselves say of their contacts and of their parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from data_samples import make_record

from dnawire.data import (
    GenerationSpec,
    TransportDataset,
    generate_dataset,
    parameter_set_of,
    shared_contacts,
)
from dnawire.junction import Contact
from dnawire.tightbinding import parameters_of_dna


def of(*records: tuple[str, str, str]) -> TransportDataset:
    made = [make_record(text, left=left, right=right) for text, left, right in records]
    return TransportDataset.from_records(made, {"left": "lower:0=9", "parameters": "nobody1999"})


@pytest.mark.parametrize(
    ("records", "left", "right"),
    [
        ([("ACGT", "upper:0=0.1", "upper:-1=0.2")], "upper:0=0.1", "upper:-1=0.2"),
        ([("ACGT", "upper:1=0.1", "upper:2=0.2")], "upper:1=0.1", "upper:-2=0.2"),
        (
            [("ACGT", "upper:0=0.1", "lower:0=0.2"), ("ACG", "upper:0=0.1", "lower:0=0.2")],
            "upper:0=0.1",
            "lower:0=0.2",
        ),
        (
            [
                ("ACGT", "upper:3=0.1", "upper:0=0.3,lower:-1=0.2"),
                ("ACG", "upper:2=0.1", "lower:2=0.2,upper:0=0.3"),
            ],
            "upper:-1=0.1",
            "upper:0=0.3,lower:-1=0.2",
        ),
    ],
)
def test_contacts_that_all_records_share(
    records: list[tuple[str, str, str]], left: str, right: str
) -> None:
    assert shared_contacts(of(*records)) == (Contact.parse(left), Contact.parse(right))


@pytest.mark.parametrize(
    "other",
    [
        ("ACG", "upper:0=0.1", "upper:1=0.2"),
        ("ACGT", "upper:0=0.1", "upper:-1=0.3"),
        ("ACGT", "lower:0=0.1", "upper:-1=0.2"),
        ("ACGT", "upper:0=0.1,upper:1=0.1", "upper:-1=0.2"),
    ],
)
def test_contacts_that_differ_are_shared_by_nobody(other: tuple[str, str, str]) -> None:
    assert shared_contacts(of(("ACGT", "upper:0=0.1", "upper:-1=0.2"), other)) is None


@pytest.mark.parametrize("name", parameters_of_dna())
def test_the_parameter_set_is_known_by_its_spectra(name: str) -> None:
    contacts = Contact.parse("upper:0=0.1"), Contact.parse("upper:-1=0.1")
    energies = np.linspace(-9.0, -6.0, 20)
    dataset = generate_dataset(
        GenerationSpec(40, 3, 6, name, energies, *contacts, 0.01, 0.2, seed=1)
    )
    assert parameter_set_of(replace(dataset, source={})) == name
    moved = replace(
        dataset,
        grids=replace(dataset.grids, values=energies + 7.0),
        energy_reference=-7.0 + 0 * dataset.eta,
    )
    assert parameter_set_of(moved) == name


def test_other_spectra_are_of_no_parameter_set_whatever_the_source_says() -> None:
    dataset = of(("ACGT", "upper:0=0.1", "upper:-1=0.2"))
    assert parameter_set_of(replace(dataset, source={"parameters": "kordas2025"})) is None
