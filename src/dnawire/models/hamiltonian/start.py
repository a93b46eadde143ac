"""Where `hamiltonian` starts: tables of the bases whose exact spectra fit a few records best.

T and DOS alone do not say which base a level belongs to: a Watson-Crick duplex has as many A as T
and as many C as G. Exact spectra do. All assignments of likely levels to the bases are compared
on few records at few energies, the best ones on more, and the winner is refined.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dnawire.graphs import Batch
from dnawire.junction import BASES, NUM_BASES
from dnawire.models.hamiltonian.sample import Sample, Tables, evenly

logger = logging.getLogger(__name__)

_ROUGH: Final = 96, 25
_FINE: Final = 768, 50
"""Base pairs and energies, at most, that candidates are compared on, first and last."""

_MANY: Final = 2000
"""Records, at most, whose mean DOS and LDOS tell likely levels."""

_MAXIMA: Final = 6
"""Maxima of the mean DOS that are levels of candidates, at most."""

_OUTSIDE: Final = 0.15
"""Distance of a level beyond either end of the energies, as a fraction of their width."""

_FINALISTS: Final = 8

_STEPS: Final = 20
_UNCERTAINTIES: Final = math.log10(0.05), math.log10(5e-4)
"""log10 of those of the elements of H in eV, at the first and at the last step."""
_LARGEST_STEP: Final = 2.0
"""In units of the uncertainty."""
_SIGMA: Final = 0.1
"""Uncertainty of the spectra relative to their spread."""
_DIFFERENCE: Final = 1e-5
"""eV; of numeric derivatives."""


class Start(NamedTuple):
    """Tables in eV, and how well their exact spectra fit."""

    onsite: Float[Tensor, " 4"]
    hopping: Float[Tensor, "4 4 4"]
    errors: tuple[float, float]
    """Mean absolute errors of log10 T and log10 DOS in decades."""
    trivial_errors: tuple[float, float]
    """Those of the mean spectra of the same records."""
    num_records: int

    @property
    def is_poor(self) -> bool:
        """Whether the mean spectra say more of the records than this Hamiltonian does."""
        pairs = [
            (own, trivial)
            for own, trivial in zip(self.errors, self.trivial_errors, strict=True)
            if not math.isnan(trivial)
        ]
        # A fit that is not a number is none.
        return not sum(own / (trivial or 1.0) for own, trivial in pairs) <= len(pairs)

    def report(self) -> None:
        """Say how well it fits; loudly, and what can be done, if it does so badly."""
        fit, trivial = (
            " and ".join("-" if math.isnan(error) else f"{error:.2f}" for error in errors)
            for errors in (self.errors, self.trivial_errors)
        )
        logger.info(
            "start: on-site energies %s eV; %d records fit to %s decades in log10 T and log10 DOS",
            ", ".join(
                f"{base} {level:.2f}"
                for base, level in zip(BASES, self.onsite.tolist(), strict=True)
            ),
            self.num_records,
            fit,
        )
        if self.is_poor:
            logger.warning(
                "warning: the best start fits %d training records to %s decades in log10 T and "
                "log10 DOS, their mean spectra do to %s: one orbital per base may not describe "
                "these records. Train --model_type standard beside it, and check that the energies "
                "show the levels of all four bases.",
                self.num_records,
                fit,
                trivial,
            )


def find_start(
    training: Sequence[Batch],
    energies: Float[Tensor, " E"],
    eta: float,
    hopping: Float[Tensor, "4 4 4"],
    resonance_width: float,
) -> Start:
    """Find tables to start from; costs about a second and a half of one core, whatever the records.

    Parameters
    ----------
    training
        Training records.
    energies, eta
        Energy grid and imaginary part of the energy in eV.
    hopping
        Hoppings in eV that candidates are compared with.
    resonance_width
        Energy in eV by which resonances may be off; see the loss.

    Returns
    -------
    Start
        Bases and hoppings that do not occur have the mean of the others and what was given.
    """
    rough, fine = (
        Sample.of(training, energies, eta, resonance_width, *size) for size in (_ROUGH, _FINE)
    )
    many = evenly(training, _MANY)
    choices = _choices(levels(many, energies), fine.occurring_bases)
    losses = rough.losses(_tables(choices, hopping))
    finalists = choices[losses.argsort()[:_FINALISTS]]
    if (peaks := ldos_peaks(many, energies)) is not None:
        finalists = torch.cat((finalists, peaks[None]))
    tables = _tables(finalists, hopping)
    first = tables[int(fine.losses(tables).argmin())]
    best = refined(fine, first)
    start = Start(*_complete(fine, best), fine.errors(best), fine.trivial_errors, fine.num_records)
    if not start.is_poor:
        return start
    # Hoppings that are bent to what they cannot describe are a worse start than common ones.
    onsite, common = _complete(fine, first)
    return start._replace(onsite=onsite, hopping=common)


def _complete(sample: Sample, tables: Float[Tensor, " K"]) -> tuple[Tensor, Tensor]:
    """On-site energies and hoppings; a base that does not occur has the mean of the others."""
    onsite, hopping = Tables.split(tables)
    occurring = sample.occurring_bases
    return torch.where(occurring, onsite, onsite[occurring].mean()), hopping


def levels(records: Sequence[Batch], energies: Float[Tensor, " E"]) -> Float[Tensor, " n"]:
    """Energies in eV at which a base may have its level.

    The highest maxima of the mean log10 DOS, or of the mean log10 T of records without one, ends
    included, and one energy beyond either end, for bases that the energies do not show.
    """
    spectra = [batch.spectra for batch in records]
    mean = _mean(
        torch.cat(
            [one.log10_transmission if one.log10_dos is None else one.log10_dos for one in spectra]
        )
    )
    padded = torch.nn.functional.pad(mean, (1, 1), value=-torch.inf)
    maxima = ((mean > padded[:-2]) & (mean >= padded[2:])).nonzero().flatten()
    highest = maxima[mean[maxima].argsort(descending=True)[:_MAXIMA]]
    beyond = _OUTSIDE * (energies[-1] - energies[0])
    ends = torch.stack((energies[0] - beyond, energies[-1] + beyond))
    return torch.cat((energies[highest], ends))


def ldos_peaks(
    records: Sequence[Batch], energies: Float[Tensor, " E"]
) -> Float[Tensor, " 4"] | None:
    """Energy in eV at which the mean log10 LDOS of each base is highest; None without LDOS.

    A base that has none anywhere gets the mean of the others.
    """
    peaks = []
    for base in range(NUM_BASES):
        rows = [
            batch.spectra.log10_ldos[batch.junctions.base == base]
            for batch in records
            if batch.spectra.log10_ldos is not None
        ]
        profile = _mean(torch.cat(rows)) if rows else energies.new_empty(0)
        is_known = bool(profile.isfinite().any())
        peaks.append(energies[profile.argmax()] if is_known else energies.new_tensor(torch.nan))
    found = torch.stack(peaks)
    return None if found.isnan().all() else torch.where(found.isnan(), found.nanmean(), found)


def refined(sample: Sample, tables: Float[Tensor, " K"]) -> Float[Tensor, " K"]:
    """Improve tables by Gauss-Newton steps under an uncertainty that shrinks.

    While every element is uncertain by s, a residual with the slopes J is uncertain by s |J|: it
    counts by 1 / (sigma^2 + s^2 |J|^2), and each step is held by 1 / s^2. So sharp resonances,
    which an error of s moves by more than their width, count little before s is small enough. Each
    step is the update of an extended Kalman filter (doi:10.1109/9.250476), robust against outliers.

    Parameters
    ----------
    sample
        Records to fit.
    tables
        Where to start, as `Tables` lays them out.

    Returns
    -------
    Tensor
        Of all tables on the way, those of the smallest loss.
    """
    moves = torch.eye(len(tables), dtype=tables.dtype)[sample.occurring]
    best, smallest = tables, torch.inf
    for uncertainty in torch.logspace(*_UNCERTAINTIES, _STEPS).tolist():
        residual = sample.residuals(tables[None])[0]
        if (loss := float(sample.reduced(residual))) < smallest:
            best, smallest = tables, loss
        slopes = (sample.residuals(tables + _DIFFERENCE * moves) - residual) / _DIFFERENCE
        tables = tables + _step(sample, residual, slopes, uncertainty) @ moves
    return tables if float(sample.losses(tables[None])) < smallest else best


def _step(
    sample: Sample,
    residual: Float[Tensor, " values"],
    slopes: Float[Tensor, "n values"],
    uncertainty: float,
) -> Float[Tensor, " n"]:
    """Change of each element in eV."""
    variances = _SIGMA**2 + uncertainty**2 * slopes.square().sum(0)
    outlying = (residual.abs() / variances.sqrt()).clamp_min(1.0)
    weighted = slopes * (sample.weights / (variances * outlying))
    held = torch.eye(len(slopes), dtype=slopes.dtype) / uncertainty**2
    step: Tensor = torch.linalg.solve(weighted @ slopes.T + held, -weighted @ residual)
    return step.clamp(-_LARGEST_STEP * uncertainty, _LARGEST_STEP * uncertainty)


def _choices(
    candidates: Float[Tensor, " n"], occurring: Float[Tensor, " 4"]
) -> Float[Tensor, "choices 4"]:
    """All assignments of levels to the bases; those of bases that do not occur are all one."""
    options = [candidates if occurs else candidates[:1] for occurs in occurring.tolist()]
    return torch.cartesian_prod(*options)


def _tables(onsite: Float[Tensor, "k 4"], hopping: Float[Tensor, "4 4 4"]) -> Float[Tensor, "k K"]:
    return torch.stack([Tables.join(one, hopping) for one in onsite])


def _mean(rows: Float[Tensor, "N E"]) -> Float[Tensor, " E"]:
    """Mean of what is finite at each energy; minus infinity where nothing is."""
    mean = torch.where(rows.isfinite(), rows, torch.nan).nanmean(0)
    return mean.double().nan_to_num(-torch.inf)
