"""``dnawire.fit``: what measured conductances tell of Fermi energy, contacts and dephasing."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from dnawire.api.fit_preparation import FitPreparation
from dnawire.api.fit_question import FitKeywords, FitQuestion
from dnawire.api.fit_result import Fit
from dnawire.api.keywords import keyword_parameters, takes
from dnawire.api.model import Model
from dnawire.data import Measurements


@takes(keyword_parameters(FitKeywords, FitQuestion))
def fit(
    table: Measurements | Path | str,
    model: Model | Path | str,
    *,
    device: str = "auto",
    **keywords: Unpack[FitKeywords],
) -> Fit:
    """Fit Fermi energy, couplings, dephasing and hoppings to measured conductances.

    Least squares in log10 G from several starts, with intervals by profile likelihood. Nothing is
    written to disk.

    Parameters
    ----------
    table
        A table with units in the heads of its columns (see `dnawire.data.read_measurements`), what
        was read of one, or ``published:NAME`` for one of this package.
    model
        See `dnawire.load`: what knows a Hamiltonian of one orbital per base.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER.
    **keywords
        ``vary``: parameters that are fitted, each ``"NAME"`` or ``"NAME=LOW:HIGH"``. The value of
        any other, under its name: ``fermi_energy`` (eV, counted from ``fermi_reference``),
        ``gamma_left``, ``gamma_right``, ``probe_coupling`` and ``hopping_shift`` (eV),
        ``hopping_scale``, ``prefactor``. ``temperature`` (K) and ``error_decades`` of rows that
        tell none; ``confidence``, ``starts`` and ``seed``; ``probes`` and ``probe_sites`` as in
        `dnawire.dephasing`; contacts as in `dnawire.predict`.

    Returns
    -------
    Fit
        Parameters with their intervals, correlations, residuals, and what is not identifiable.

    Raises
    ------
    DnawireError
        The table, a value or a keyword is impossible, or the model cannot be used.
    """
    prepared = FitPreparation.of(table, model, device, FitQuestion.of(keywords))
    return Fit(prepared).completed()
