"""DNA as a molecular wire: density of states and transmission of DNA junctions.

``import dnawire as dw`` is instant; a name of ``dw`` is imported when it is asked for:
``dw.predict("ACGT", "exact:kordas2025")``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "Conductance",
    "Contact",
    "DephasingScan",
    "Design",
    "DisorderEnsemble",
    "Duplex",
    "Ensemble",
    "Evaluation",
    "Fit",
    "IVCurves",
    "Junction",
    "Model",
    "ModelComparison",
    "Prediction",
    "Predictions",
    "Report",
    "RunComparison",
    "Scan",
    "Scans",
    "Screening",
    "Series",
    "Structure",
    "ThermoelectricScan",
    "Training",
    "TransportDataset",
    "TransportRecord",
    "Uncertainty",
    "available_models",
    "calibrate",
    "compare",
    "compare_runs",
    "dephasing",
    "design",
    "disorder",
    "ensemble",
    "errors",
    "evaluate",
    "export",
    "fit",
    "generate",
    "iv",
    "load",
    "predict",
    "read",
    "report",
    "scan",
    "screen",
    "series",
    "structure",
    "thermoelectric",
    "train",
    "uncertainty",
]

if TYPE_CHECKING:
    from dnawire import errors
    from dnawire.api.analyses import compare, evaluate, scan, series
    from dnawire.api.calibrate import calibrate
    from dnawire.api.compare_runs import RunComparison, compare_runs
    from dnawire.api.comparison import ModelComparison
    from dnawire.api.dephasing import DephasingScan, dephasing
    from dnawire.api.design import Design, design
    from dnawire.api.disorder import DisorderEnsemble, disorder
    from dnawire.api.ensemble import ensemble
    from dnawire.api.ensemble_result import Ensemble
    from dnawire.api.evaluation import Evaluation
    from dnawire.api.export import export
    from dnawire.api.fit import fit
    from dnawire.api.fit_result import Fit
    from dnawire.api.generate import generate, read
    from dnawire.api.iv import IVCurves, iv
    from dnawire.api.model import Model, load
    from dnawire.api.predict import predict, screen
    from dnawire.api.prediction import Prediction
    from dnawire.api.predictions import Predictions
    from dnawire.api.report import Report, report
    from dnawire.api.scan import Scan
    from dnawire.api.scans import Scans
    from dnawire.api.screening import Screening
    from dnawire.api.series import Series
    from dnawire.api.structure import Structure, structure
    from dnawire.api.thermoelectric import ThermoelectricScan, thermoelectric
    from dnawire.api.train import Training, train
    from dnawire.api.uncertainty import Uncertainty, uncertainty
    from dnawire.data import TransportDataset, TransportRecord
    from dnawire.inference import available_models
    from dnawire.junction import Contact, Duplex, Junction
    from dnawire.transport import Conductance
else:
    _HOMES = {
        "api.dephasing": ("DephasingScan", "dephasing"),
        "api.design": ("Design", "design"),
        "api.disorder": ("DisorderEnsemble", "disorder"),
        "api.compare_runs": ("RunComparison", "compare_runs"),
        "api.export": ("export",),
        "api.analyses": ("compare", "evaluate", "scan", "series"),
        "api.comparison": ("ModelComparison",),
        "api.evaluation": ("Evaluation",),
        "api.ensemble": ("ensemble",),
        "api.ensemble_result": ("Ensemble",),
        "api.fit": ("fit",),
        "api.fit_result": ("Fit",),
        "api.generate": ("generate", "read"),
        "api.iv": ("IVCurves", "iv"),
        "api.model": ("Model", "load"),
        "api.predict": ("predict", "screen"),
        "api.prediction": ("Prediction",),
        "api.predictions": ("Predictions",),
        "api.report": ("Report", "report"),
        "api.scan": ("Scan",),
        "api.scans": ("Scans",),
        "api.screening": ("Screening",),
        "api.thermoelectric": ("ThermoelectricScan", "thermoelectric"),
        "api.series": ("Series",),
        "api.structure": ("Structure", "structure"),
        "api.train": ("Training", "train"),
        "api.calibrate": ("calibrate",),
        "api.uncertainty": ("Uncertainty", "uncertainty"),
        "data": ("TransportDataset", "TransportRecord"),
        "inference": ("available_models",),
        "junction": ("Contact", "Duplex", "Junction"),
        "transport": ("Conductance",),
    }

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name == "errors":
            return import_module("dnawire.errors")
        home = next(home for home, names in _HOMES.items() if name in names)
        value = globals()[name] = getattr(import_module(f"dnawire.{home}"), name)
        return value

    def __dir__() -> list[str]:
        return [*__all__, "__version__"]
