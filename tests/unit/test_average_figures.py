"""``dnawire predict --average``: mean spectra of patterns are drawn, and no single ones."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import dnawire as dw
from dnawire.cli import main
from dnawire.errors import EXIT_FINISHED, UsageError


def test_an_average_is_drawn_and_no_single_sequence(tmp_path: Path) -> None:
    arguments = ["predict", "exact:kordas2025", "ACNT", "GGR", "--fermi_energy=-7.1", "--average"]
    energies = ["--num_energy_points", "9"]
    assert main([*arguments, *energies, "--output", str(tmp_path / "a")]) == EXIT_FINISHED
    names = {path.name for path in (tmp_path / "a").iterdir()}
    drawn = {name for name in names if name.endswith((".png", ".svg"))}
    assert drawn == {"average.png", "average.svg"}
    table = list(csv.DictReader((tmp_path / "a" / "average.csv").read_text().splitlines()))
    assert [row["pattern"] for row in table] == ["ACNT"] * 9 + ["GGR"] * 9
    texts = ["ACAT", "ACCT", "ACGT", "ACTT"]
    single = dw.predict(texts, "exact:kordas2025", num_energy_points=9)
    each = np.array([one.log10_transmission for one in single])
    for name, values in (("mean", each.mean(0)), ("lowest", each.min(0)), ("highest", each.max(0))):
        written = [float(row[f"{name}_log10_transmission"]) for row in table[:9]]
        np.testing.assert_allclose(written, values, rtol=1e-12)


def test_averages_of_too_many_patterns_are_not_one_figure() -> None:
    found = dw.predict(["AN", "CN", "GN", "TN", "NA", "NC", "NG", "NT"], "exact:kordas2025")
    with pytest.raises(UsageError, match="8 patterns in one figure"):
        found.plot_averages()
    assert len(found[:28].plot_averages().axes) == 2
