"""Figures: functions that draw into given axes, and files that repeat to the byte."""

from dnawire.plots import _cache  # noqa: F401 (before matplotlib is imported)
from dnawire.plots.averages import average_figure, average_spectra_table
from dnawire.plots.design import design_figure, plot_search
from dnawire.plots.ensemble import (
    EnsembleData,
    ensemble_figure,
    ensemble_table,
    plot_conductances,
    plot_ensemble_transmission,
)
from dnawire.plots.evaluation import evaluation_figure, plot_group_errors
from dnawire.plots.fit import DrawnProfile, profile_figure, residual_figure
from dnawire.plots.footer import footer
from dnawire.plots.hamiltonian import (
    hamiltonian_comparison_figure,
    hamiltonian_figure,
    hamiltonian_table,
    plot_difference,
    plot_hamiltonian,
)
from dnawire.plots.ldos import ldos_figure, ldos_scale, ldos_table, plot_ldos
from dnawire.plots.ldos_comparison import ldos_comparison_figure
from dnawire.plots.models import PANELS, models_figure, models_table
from dnawire.plots.observables import (
    current_figure,
    dephasing_figure,
    disorder_figure,
    thermoelectric_figure,
)
from dnawire.plots.parity import parity_figure, parity_table, plot_parity
from dnawire.plots.run import FinishedRun, write_training_figures
from dnawire.plots.save import Table, figure_paths, save_figure, save_table, svg
from dnawire.plots.scan import Effect, plot_scan, scan_figure
from dnawire.plots.screening import distribution_figure, distribution_table, plot_distribution
from dnawire.plots.series import Measured, plot_decay, series_figure
from dnawire.plots.spectra import (
    Comparison,
    comparison_figure,
    comparison_table,
    energy_label,
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
from dnawire.plots.uncertainty import Spreads, plot_uncertainty, uncertainty_figure

__all__ = [
    "LINES",
    "PANELS",
    "Comparison",
    "DrawnProfile",
    "Effect",
    "EnsembleData",
    "FinishedRun",
    "Measured",
    "Spreads",
    "Table",
    "average_figure",
    "average_spectra_table",
    "comparison_figure",
    "comparison_table",
    "current_figure",
    "dephasing_figure",
    "design_figure",
    "disorder_figure",
    "distribution_figure",
    "distribution_table",
    "energy_label",
    "ensemble_figure",
    "ensemble_table",
    "evaluation_figure",
    "figure_paths",
    "footer",
    "hamiltonian_comparison_figure",
    "hamiltonian_figure",
    "hamiltonian_table",
    "ldos_comparison_figure",
    "ldos_figure",
    "ldos_scale",
    "ldos_table",
    "models_figure",
    "models_table",
    "parity_figure",
    "parity_table",
    "plot_conductances",
    "plot_decay",
    "plot_difference",
    "plot_distribution",
    "plot_ensemble_transmission",
    "plot_errors",
    "plot_group_errors",
    "plot_hamiltonian",
    "plot_ldos",
    "plot_losses",
    "plot_parity",
    "plot_scan",
    "plot_search",
    "plot_spectrum",
    "plot_uncertainty",
    "profile_figure",
    "read_metrics",
    "read_restarts",
    "residual_figure",
    "save_figure",
    "save_table",
    "scan_figure",
    "series_figure",
    "shown",
    "spectra_figure",
    "spectra_table",
    "style",
    "svg",
    "thermoelectric_figure",
    "training_figure",
    "training_table",
    "uncertainty_figure",
    "write_training_figures",
]
