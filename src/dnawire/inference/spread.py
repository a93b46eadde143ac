"""How far the members of an ensemble are apart for one junction, and the intervals from that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.inference.interpolate import interpolated
from dnawire.junction import Junction
from dnawire.predictors import Calibration, MembersPredictor, Predictor, junction_totals
from dnawire.quantities import BY_NAME, scored_in

Doubles = NDArray[np.float64]
Band = tuple[Float[Doubles, " E"], Float[Doubles, " E"]]
"""Low and high end in the scale of a quantity."""

_COLUMN = BY_NAME["transmission"].column


class FermiSpread(NamedTuple):
    """Spread of what depends on the Fermi energy."""

    log10_transmission: float
    """Standard deviation of log10 T(E_F) in decades."""
    interval: tuple[float, float] | None
    """Ends of log10 T(E_F); None without a calibration."""
    log10_conductances: Float[Doubles, " M"]
    """log10 G in G0 of each member."""

    @property
    def log10_conductance(self) -> float:
        """Standard deviation of log10 G in decades; NaN where one vanishes."""
        known = np.isfinite(self.log10_conductances).all()
        return float(self.log10_conductances.std(ddof=1)) if known else math.nan

    def without_conductance(self) -> FermiSpread:
        """The same where the conductance is not known."""
        return self._replace(log10_conductances=np.full_like(self.log10_conductances, math.nan))


@dataclass(frozen=True, eq=False)
class Spread:
    """Spread of the members at some energies, by column of `QUANTITIES`."""

    energies: Float[Doubles, " E"]
    """In eV."""
    deviations: Mapping[str, Float[Doubles, " E"]]
    """Standard deviations in decades; NaN where a member has nothing."""
    bands: Mapping[str, Band] | None
    """Ends of the intervals in log10; None without a calibration."""
    each: Mapping[str, Float[Doubles, "M E"]]
    """What each member says."""

    def at_fermi_energy(
        self, fermi_energy: float, log10_conductances: Float[Doubles, " M"]
    ) -> FermiSpread:
        """Spread at a Fermi energy in eV, where members have these conductances in log10 of G0."""
        spread = interpolated(self.energies, self.deviations[_COLUMN][None], fermi_energy)
        return FermiSpread(float(spread[0]), self.interval_at(fermi_energy), log10_conductances)

    def interval_at(self, fermi_energy: float) -> tuple[float, float] | None:
        """Ends of log10 T at a Fermi energy in eV; None without a calibration."""
        if self.bands is None:
            return None
        low, high = interpolated(self.energies, np.stack(self.bands[_COLUMN]), fermi_energy)
        return float(low), float(high)


def spread_of(predictor: Predictor, record: TransportRecord) -> Spread | None:
    """Spread of a predicted record at its energies; None if one model alone predicted it.

    Parameters
    ----------
    predictor
        What predicted the record.
    record
        The junction, energies and eta, and the means of the members.
    """
    if not isinstance(predictor, MembersPredictor):
        return None
    totals = [
        junction_totals(one, record.junction, record.energies, record.eta)
        for one in predictor.members
    ]
    columns = [one.column for one in scored_in(record.spectra)]
    each = {name: np.stack([getattr(one, name) for one in totals]) for name in columns}
    with np.errstate(invalid="ignore"):
        deviations = {name: values.std(0, ddof=1) for name, values in each.items()}
    calibration = predictor.calibration
    bands = None
    if calibration is not None:
        bands = {
            name: _band(calibration, name, record.spectra[name], deviation)
            for name, deviation in deviations.items()
            if name in calibration.factors
        }
        if _COLUMN in bands:
            bands[_COLUMN] = _below_channels(bands[_COLUMN], record.junction)
    return Spread(record.energies, deviations, bands, each)


def _band(calibration: Calibration, name: str, mean: Doubles, deviation: Doubles) -> Band:
    half = calibration.half_width(name, deviation)
    return mean - half, mean + half


def _below_channels(band: Band, junction: Junction) -> Band:
    """The same without what no T can be: more than the contacts have channels."""
    most = math.log10(min(len(one.attachments) for one in (junction.left, junction.right)))
    return np.minimum(band[0], most), np.minimum(band[1], most)
