"""The map of the LDOS, and the level of theory below figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
import pytest
from inference_kit import junction
from matplotlib.figure import Figure
from matplotlib.text import Text

import dnawire as dw
from dnawire import plots
from dnawire.data import TransportRecord
from dnawire.inference import load_predictor, resolved_ldos
from dnawire.junction import Duplex
from dnawire.plots.ldos_cells import ldos_cells

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
    edges, cells = ldos_cells(drawn)
    lowest, _ = plots.ldos_scale(drawn)
    assert shown[:, 2].data == pytest.approx(np.maximum(cells[of_site["T lower:0"]], lowest))
    assert edges[[0, -1]].tolist() == drawn.energies[[0, -1]].tolist()
    assert "Local density of states (1/eV)" in {bar.get_xlabel(), bar.get_ylabel()}
    table = plots.ldos_table(drawn)
    unit, column = table["ldos"]
    assert (unit, len(column)) == ("1/eV", len(DUPLEX.sites) * len(drawn.energies))
    is_it = np.asarray(table["base"][1]) == "T lower:0"
    assert np.asarray(column)[is_it] == pytest.approx(10.0**values)


def test_a_resonance_between_the_energies_is_seen() -> None:
    """Eleven energies miss every level of a junction that is coupled by 1e-4 eV."""
    energies: dict[str, Any] = {"energy_min": -9.0, "energy_max": -6.5, "num_energy_points": 11}
    weak: dict[str, Any] = {"left": "upper:0=1e-4", "right": "upper:-1=1e-4"}
    coarse = dw.predict("GCA", "exact:kordas2025", **energies, **weak)
    resolved = resolved_ldos(load_predictor("exact:kordas2025"), coarse.record)
    assert resolved is not None
    edges, cells = ldos_cells(resolved)
    levels = np.linalg.eigvalsh(coarse.hamiltonian)
    rows = np.searchsorted(edges, levels) - 1
    assert (cells.max(0)[rows] > 2.0).all()
    assert (ldos_cells(coarse.record)[1].max(0)[rows] < 1.0).all()
    assert "energies: resonances" not in " ".join(_texts(coarse.plot_ldos()))
    long = dw.predict("ACGT" * 60, "exact:kordas2025", **energies, **weak)
    assert "11 energies: resonances between them are missing" in " ".join(_texts(long.plot_ldos()))


def test_eta_is_as_narrow_as_anything_is() -> None:
    exact = load_predictor("exact:kordas2025")
    [drawn] = exact.predict([junction("ACGT" * 60)], np.array([-9.0, -6.5]), 0.01)
    resolved = resolved_ldos(exact, drawn)
    assert resolved is not None
    assert np.diff(resolved.energies).max() <= 0.005 + 1e-9


def _texts(figure: Figure) -> list[str]:
    return [one.get_text().replace("\xa0", " ") for one in figure.findobj(Text)]


def test_both_maps_draw_the_same_cells() -> None:
    drawn = record(Duplex.parse("GCA"))
    [upper, *_] = plots.ldos_figure(drawn, "LDOS", FOOTER).axes
    [other, *_] = plots.ldos_comparison_figure({"True": drawn}, FOOTER).axes
    scale = plots.ldos_scale(drawn)[0], other.collections[0].get_clim()[0]
    maps = (
        np.asarray(upper.collections[0].get_array()),
        np.asarray(other.collections[0].get_array()),
    )
    high = maps[0] > max(scale)
    assert high.any()
    np.testing.assert_allclose(maps[0][high], maps[1][[0, 2, 4]].T[high])


def test_colors_of_a_vanishing_ldos_have_a_scale() -> None:
    drawn = record(Duplex.parse("A/A"))
    spectra = dict(drawn.spectra) | {"log10_ldos": np.full((2, len(drawn.energies)), -np.inf)}
    assert plots.ldos_scale(replace(drawn, spectra=spectra)) == (0.0, 1.0)


def test_a_figure_names_the_level_of_theory() -> None:
    level = "GFN1-xTB/ALPB(water)"
    text = plots.footer(None, energy_reference=0.0, eta=0.005, parameters=None, level=level)
    assert f"; {level}; " in text
    assert load_predictor("pretrained:xtb").conditions.level == level
