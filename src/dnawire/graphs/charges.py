"""Shell charges of records as targets."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dnawire.data.atomistic import AtomisticColumns
from dnawire.electronic.nucleotides import nucleotide_shells
from dnawire.graphs.tensors import ChargeSource
from dnawire.junction import Duplex
from dnawire.structures import build_duplex


def charge_source(columns: AtomisticColumns) -> ChargeSource:
    """Charges of the records of a file, whose duplexes are ideal helices."""
    shells = nucleotide_shells()

    @cache
    def table(duplex: int) -> NDArray[np.float64]:
        structure = build_duplex(Duplex.parse(str(columns.texts[duplex])))
        return shells.table(structure, columns.shell_charges(duplex))

    def source(records: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.stack([table(duplex) for duplex in columns.duplex[records].tolist()])

    return source
