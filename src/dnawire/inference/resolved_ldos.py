"""The local density of states at energies that miss no resonance."""

from __future__ import annotations

from typing import Final

import numpy as np

from dnawire.data import TransportRecord
from dnawire.inference.summary import broadened_grid
from dnawire.predictors import Predictor
from dnawire.transport import resolving_energies

_MOST: Final = 2**24
"""Values that are computed at most: 128 MB."""


def resolved_ldos(predictor: Predictor, record: TransportRecord) -> TransportRecord | None:
    """All spectra of a junction with the LDOS, every resonance resolved.

    None where the predictor knows the energies of its grid alone, or there would be too many
    values: above a hundred base pairs at eta 0.

    Parameters
    ----------
    predictor
        What predicted the record.
    record
        The junction, eta, and the energies that bound the result.

    Raises
    ------
    UsageError
        If neither levels nor eta tell how sharp resonances are.
    """
    if not predictor.knows_all_energies:
        return None
    most = _MOST // max(1, len(record.junction.duplex.sites))
    span = float(np.ptp(record.energies))
    levels = predictor.resonances(record.junction, record.energies, record.eta)
    if levels is None or 0.0 < span < most * record.eta / 4:
        energies = broadened_grid(record)
    else:
        energies = resolving_energies(levels, record.energies)
    if len(energies) > most:
        return None
    [found] = predictor.predict([record.junction], energies, record.eta)
    return found
