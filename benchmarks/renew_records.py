"""Compute small T of long xTB records anew, from the shell potentials that they hold.

Run ``python benchmarks/renew_records.py examples/data/xtb_10_16.h5 NEW.h5`` after a change of the
elimination from base pair to base pair: T below 1e-12 of duplexes of more than 8 base pairs is
computed as `dnawire generate xtb` computes it, without a self-consistent calculation, and all else
is copied. Ten CPU minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from dnawire.data import TransportDataset, TransportRecord, read_dataset, write_dataset
from dnawire.data.atomistic import AtomisticColumns, read_atomistic
from dnawire.electronic import LONGEST_BY_LEVELS, BasePairs
from dnawire.structures import build_duplex, load_helix
from dnawire.xtb.spectra import with_small_ones


def main() -> None:
    """Read, compute, write, and tell what changed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("records", type=Path)
    parser.add_argument("new", type=Path)
    arguments = parser.parse_args()
    dataset, columns = read_dataset(arguments.records), read_atomistic(arguments.records)
    assert columns is not None
    assert columns.helix_digest == load_helix().digest
    new = TransportDataset.from_records(list(renewed(dataset, columns)), dataset.source)
    write_dataset(arguments.new, new, add=columns.write)


def renewed(dataset: TransportDataset, columns: AtomisticColumns) -> Iterator[TransportRecord]:
    """All records, those of long duplexes with new small T."""
    for number in range(len(columns.texts)):
        rows = np.flatnonzero(columns.duplex == number)
        first = dataset[int(rows[0])].junction.duplex
        if first.length <= LONGEST_BY_LEVELS:
            yield from (dataset[row] for row in rows.tolist())
            continue
        pairs = BasePairs.of(build_duplex(first), columns.shell_potentials(number))
        for record in (dataset[row] for row in rows.tolist()):
            old = record.log10_transmission
            found = with_small_ones(10.0**old, pairs, record.junction, record.energies, record.eta)
            changed = 10.0**old != found
            values = np.where(changed, np.log10(found), old)
            print(
                f"{record.identifier}: {changed.sum()} energies, by up to "
                f"{abs(values - old).max():.3f} decades",
                flush=True,
            )
            yield replace(record, spectra={**record.spectra, "log10_transmission": values})


if __name__ == "__main__":
    main()
