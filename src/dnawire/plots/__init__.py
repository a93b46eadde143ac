"""Figures: functions that draw into given axes, and files that repeat to the byte."""

from dnawire.plots import _cache  # noqa: F401 (before matplotlib is imported)
from dnawire.plots.ensemble import (
    EnsembleData,
    ensemble_figure,
    ensemble_table,
    plot_conductances,
    plot_ensemble_transmission,
)
from dnawire.plots.fit import DrawnProfile, profile_figure, residual_figure
from dnawire.plots.footer import footer
from dnawire.plots.hamiltonian import (
    hamiltonian_comparison_figure,
    hamiltonian_figure,
    hamiltonian_table,
    plot_difference,
    plot_hamiltonian,
)
from dnawire.plots.observables import (
    current_figure,
    dephasing_figure,
    disorder_figure,
    thermoelectric_figure,
)
from dnawire.plots.parity import parity_figure, parity_table, plot_parity
from dnawire.plots.run import write_training_figures
from dnawire.plots.save import Table, figure_paths, save_figure, save_table
from dnawire.plots.screening import distribution_figure, distribution_table, plot_distribution
from dnawire.plots.spectra import (
    Comparison,
    comparison_figure,
    comparison_table,
    plot_spectrum,
    spectra_figure,
    spectra_table,
)
from dnawire.plots.style import LINES, shown, style
from dnawire.plots.training import (
    plot_errors,
    plot_losses,
    read_metrics,
    read_restarts,
    training_figure,
    training_table,
)

__all__ = [
    "LINES",
    "Comparison",
    "DrawnProfile",
    "EnsembleData",
    "Table",
    "comparison_figure",
    "comparison_table",
    "current_figure",
    "dephasing_figure",
    "disorder_figure",
    "distribution_figure",
    "distribution_table",
    "ensemble_figure",
    "ensemble_table",
    "figure_paths",
    "footer",
    "hamiltonian_comparison_figure",
    "hamiltonian_figure",
    "hamiltonian_table",
    "parity_figure",
    "parity_table",
    "plot_conductances",
    "plot_difference",
    "plot_distribution",
    "plot_ensemble_transmission",
    "plot_errors",
    "plot_hamiltonian",
    "plot_losses",
    "plot_parity",
    "plot_spectrum",
    "profile_figure",
    "read_metrics",
    "read_restarts",
    "residual_figure",
    "save_figure",
    "save_table",
    "shown",
    "spectra_figure",
    "spectra_table",
    "style",
    "thermoelectric_figure",
    "training_figure",
    "training_table",
    "write_training_figures",
]
