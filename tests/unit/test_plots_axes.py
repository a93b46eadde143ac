"""Ends and ticks of axes where intervals are wide or parameters are narrow."""

from __future__ import annotations

import numpy as np
import pytest
from inference_kit import junction

from dnawire import plots
from dnawire.inference import load_predictor

FOOTER = "footer"


def test_wide_intervals_do_not_flatten_the_line() -> None:
    drawn = load_predictor("exact:kordas2025").predict([junction("GCA/T_C")])[0]
    values = drawn.spectra["log10_transmission"]
    wide = {"log10_transmission": (values - 300.0, values + 300.0)}
    narrow = {"log10_transmission": (values - 0.1, values + 0.1)}
    for band, reach in ((wide, 0.5 * np.ptp(values)), (narrow, 1.0)):
        ax = plots.spectra_figure([drawn], "T", FOOTER, bands=[band]).axes[0]
        low, high = ax.get_ylim()
        assert values.min() - reach - 1e-9 <= low <= values.min() - 0.1
        assert values.max() + 0.1 <= high <= values.max() + reach + 1e-9


@pytest.mark.parametrize(
    ("low", "high", "logarithmic"),
    [(0.0312, 0.0335, True), (0.9, 1.15, True), (0.02, 0.09, True), (1e-6, 0.3, True),
     (-7.1052, -7.1048, False)],
)  # fmt: skip
def test_a_profile_has_two_to_six_ticks(low: float, high: float, logarithmic: bool) -> None:
    values = np.geomspace(low, high, 9) if logarithmic else np.linspace(low, high, 9)
    rises = np.linspace(-1.2, 1.2, 9) ** 2
    one = plots.DrawnProfile(
        "x (eV)", logarithmic, values, rises, values[4], (values[1], values[7]), (), "determined"
    )
    ax = plots.profile_figure([one], "Profiles", FOOTER).axes[0]
    left, right = ax.get_xlim()
    shown = [tick for tick in ax.get_xticks() if left <= tick <= right]
    assert 2 <= len(shown) <= 6
