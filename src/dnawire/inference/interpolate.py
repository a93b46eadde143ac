"""T at energies between those of a grid, and of many duplexes between the same contacts."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int8
from numpy.typing import NDArray

from dnawire.junction import Contact, JunctionArrays
from dnawire.predictors import Predictor
from dnawire.transport import Totals

Doubles = NDArray[np.float64]


def said_between(predictor: Predictor) -> str:
    """What is T between the energies of a predictor that knows no others, in words; else none."""
    return "" if predictor.knows_all_energies else ", log T linear between them"


def interpolated(
    energies: Float[Doubles, " E"], values: Float[Doubles, "B E"], at: float
) -> Float[Doubles, " B"]:
    """Rows of values, linear between the energies in eV around ``at``; they may be -inf."""
    after = max(1, int(np.searchsorted(energies, at)))
    share = (at - energies[after - 1]) / (energies[after] - energies[after - 1])
    if share in (0.0, 1.0):
        return values[:, after - 1 + int(share)]
    found: Doubles = (1.0 - share) * values[:, after - 1] + share * values[:, after]
    return found


def log10_transmission_at(
    predictor: Predictor,
    junctions: JunctionArrays,
    at: Float[Doubles, " K"],
    grid: Float[Doubles, " E"],
    eta: float,
) -> Float[Doubles, "B K"]:
    """log10 T at increasing energies: of a predictor that has a grid alone, linear within it.

    Parameters
    ----------
    predictor
        Who is asked.
    junctions
        Of what, all of one length.
    at
        Energies in eV.
    grid
        Energies in eV that hold them, for a predictor that knows no others.
    eta
        Imaginary part of the energy in eV.

    Raises
    ------
    UsageError
        If the predictor is bound to another grid or eta.
    """
    asked = at if predictor.knows_all_energies else grid
    return totals_and_at(predictor, junctions, asked, at, eta)[1]


def totals_and_at(
    predictor: Predictor,
    junctions: JunctionArrays,
    grid: Float[Doubles, " E"],
    at: Float[Doubles, " K"],
    eta: float,
) -> tuple[Totals[Doubles], Float[Doubles, "B K"]]:
    """T and DOS at a grid in decades, and log10 T at other energies; see `log10_transmission_at`.

    Raises
    ------
    UsageError
        If the predictor is bound to another grid or eta.
    """
    if predictor.knows_all_energies:
        energies = np.union1d(grid, at)
        found = predictor.totals(junctions, energies, eta)
        rows = found.log10_transmission[:, np.searchsorted(energies, at)]
        return Totals(*(one[:, np.isin(energies, grid)] for one in found)), rows
    found = predictor.totals(junctions, grid, eta)
    each = [interpolated(grid, found.log10_transmission, one) for one in at.tolist()]
    return found, np.stack(each, axis=1) if each else np.empty((len(junctions.codes), 0))


def junctions_between(
    codes: Int8[NDArray[np.int8], "B L 2"], left: Contact, right: Contact
) -> JunctionArrays:
    """Duplexes of one length between the same contacts."""
    left_gamma, right_gamma = (
        np.broadcast_to(one.ladder_gamma(codes.shape[1]), codes.shape).copy()
        for one in (left, right)
    )
    return JunctionArrays(codes, left_gamma, right_gamma)
