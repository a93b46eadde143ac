"""Small records for the tests of the data layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from dnawire.data import TransportDataset, TransportRecord
from dnawire.junction import Contact, Duplex, Junction
from dnawire.quantities import scaled_columns

SOURCE: dict[str, Any] = {"kind": "test", "nested": {"numbers": [1, 2.5], "text": "Å"}}


def make_record(
    text: str = "ACGT/ACG_",
    left: str = "upper:0=0.1",
    right: str = "upper:-1=0.2,lower:1=0.3",
    num_energies: int = 5,
    with_ldos: bool = True,
    seed: int = 0,
) -> TransportRecord:
    rng = np.random.default_rng(seed)
    junction = Junction(Duplex.parse(text), Contact.parse(left), Contact.parse(right))
    ldos = rng.uniform(0.1, 1.0, (junction.duplex.num_sites, num_energies))
    return TransportRecord(
        junction=junction,
        energies=np.linspace(-1.0, 1.0, num_energies),
        spectra=scaled_columns(
            transmission=rng.uniform(0.0, 1.0, num_energies),
            dos=ldos.sum(axis=0),
            ldos=ldos if with_ldos else None,
        ),
        eta=0.005,
        energy_reference=-5.25,
        identifier=f"sample {seed} é",
    )


def make_dataset(with_ldos: bool = True) -> TransportDataset:
    records = [
        make_record(seed=0, with_ldos=with_ldos),
        make_record("GC", right="lower:0=0.2", num_energies=3, seed=1, with_ldos=with_ldos),
        make_record("AAAC/GTTA", right="lower:-1=0.2", seed=2, with_ldos=with_ldos),
        make_record("GTTT", right="upper:2=0.2", seed=3, with_ldos=with_ldos),
    ]
    return TransportDataset.from_records(records, SOURCE)
