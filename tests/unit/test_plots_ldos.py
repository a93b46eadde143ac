"""The map of the LDOS, and the level of theory below figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from inference_kit import junction

from dnawire import plots
from dnawire.data import TransportRecord
from dnawire.inference import load_predictor
from dnawire.junction import Duplex

DUPLEX: Final = Duplex.parse("GCA/T_C")
FOOTER: Final = "footer"


def record(duplex: Duplex) -> TransportRecord:
    (found,) = load_predictor("exact:kordas2025").predict([junction(duplex.text)])
    return found


def test_a_map_of_the_ldos_shows_every_base_of_its_strand() -> None:
    drawn = record(DUPLEX)
    upper, lower, bar = plots.ldos_figure(drawn, "LDOS", FOOTER).axes
    for ax, letters in ((upper, "GCA"), (lower, "C_T")):
        assert [tick.get_text() for tick in ax.get_xticklabels()] == list(letters)
        assert ax.get_ylim() == (drawn.energies[0], drawn.energies[-1])
    shown = lower.collections[0].get_array()
    assert isinstance(shown, np.ma.MaskedArray)
    is_masked = np.ma.getmaskarray(shown)
    assert is_masked[:, 1].all()
    assert not is_masked[:, [0, 2]].any()
    of_site = {site.label: row for row, site in enumerate(DUPLEX.sites)}
    values = drawn.spectra["log10_ldos"][of_site["T lower:0"]]
    assert shown[:, 2].data == pytest.approx(values)
    assert "Local density of states (1/eV)" in {bar.get_xlabel(), bar.get_ylabel()}
    table = plots.ldos_table(drawn)
    unit, column = table["ldos"]
    assert (unit, len(column)) == ("1/eV", len(DUPLEX.sites) * len(drawn.energies))
    is_it = np.asarray(table["base"][1]) == "T lower:0"
    assert np.asarray(column)[is_it] == pytest.approx(10.0**values)


def test_colors_of_a_vanishing_ldos_have_a_scale() -> None:
    drawn = record(Duplex.parse("A/A"))
    spectra = dict(drawn.spectra) | {"log10_ldos": np.full((2, len(drawn.energies)), -np.inf)}
    assert plots.ldos_scale(replace(drawn, spectra=spectra)) == (0.0, 1.0)


def test_a_figure_names_the_level_of_theory() -> None:
    level = "GFN1-xTB/ALPB(water)"
    text = plots.footer(None, energy_reference=0.0, eta=0.005, parameters=None, level=level)
    assert f"; {level}; " in text
    assert load_predictor("pretrained:xtb").conditions.level == level
