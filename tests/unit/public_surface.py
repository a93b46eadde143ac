"""Names and signatures of `import dnawire`, as they are promised."""

from __future__ import annotations

import dataclasses
from inspect import Parameter
from typing import Any, Final

from dnawire.config import GenerationConfig, SeedConfig, settings
from dnawire.junction import DNA

REQUIRED: Final = Parameter.empty
CONDITIONS: Final[dict[str, Any]] = {
    "left": None,
    "right": None,
    "gamma_left": None,
    "gamma_right": None,
    "energies": None,
    "energy_min": None,
    "energy_max": None,
    "num_energy_points": None,
    "eta": None,
    "fermi_energy": None,
    "temperature": 300.0,
    "conductance_from_grid": False,
}
SELECTION: Final[dict[str, Any]] = {
    "sequences": None,
    "length": None,
    "pattern": None,
    "letters": None,
    "rank_by": "mean_log10_transmission",
    "lowest": False,
    "top": 100,
    "window_min": None,
    "window_max": None,
    "unique": False,
    "executor": None,
}
CONTACTS: Final[dict[str, Any]] = dict.fromkeys(("left", "right", "gamma_left", "gamma_right"))
AT: Final[dict[str, Any]] = {**CONTACTS, "fermi_energy": None, "temperature": 300.0}
CURRENT: Final[dict[str, Any]] = {
    "voltages": (),
    "max_bias": None,
    "num_voltages": None,
    "division": 0.5,
}
THERMOELECTRIC: Final[dict[str, Any]] = {
    "fermi_energy": None,
    "fermi_min": None,
    "fermi_max": None,
    "num_fermi_energies": 201,
    "temperatures": (300.0,),
}
DEPHASING: Final[dict[str, Any]] = {
    "probes": "voltage",
    "probe_coupling": (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1),
    "probe_sites": None,
}
DISORDER: Final[dict[str, Any]] = {
    "onsite": 0.0,
    "hopping": 0.0,
    "correlation_length": 0.0,
    "distribution": "gaussian",
    "samples": 1000,
    "seed": 42,
}
DESIGN: Final[dict[str, Any]] = {
    "target": None,
    "value": None,
    "spectrum": None,
    "window_min": None,
    "window_max": None,
    "energy_on": None,
    "energy_off": None,
    "mismatch": None,
    "floor": None,
    "length": (),
    "pattern": None,
    "gc_min": 0.0,
    "gc_max": 1.0,
    "max_run": None,
    "max_palindrome": None,
    "forbidden": (),
    "unique": False,
    "evaluations": None,
    "top": 10,
    "seed": 42,
}
FIT: Final[dict[str, Any]] = {
    "vary": ("fermi_energy", "gamma", "probe_coupling"),
    "fermi_energy": None,
    "fermi_reference": "absolute",
    "probes": "voltage",
    "probe_coupling": 0.0,
    "probe_sites": None,
    "hopping_scale": 1.0,
    "hopping_shift": 0.0,
    "prefactor": 1.0,
    "temperature": 300.0,
    "error_decades": None,
    "confidence": 0.95,
    "starts": 8,
    "seed": 42,
}
UNCERTAINTY: Final[dict[str, Any]] = {"fermi_range": 0.0, "sets": (), "zeros": ()}
ASKED: Final = {"sequences": REQUIRED, "model": REQUIRED, "device": "auto"}
GENERATION: Final = {
    one.name: one.default
    for kind in (GenerationConfig, SeedConfig)
    for one in dataclasses.fields(kind)
}
TRAINING: Final = {name: one.default for name, one in settings().items()}

FUNCTIONS: Final[dict[str, dict[str, Any]]] = {
    "available_models": {},
    "calibrate": {
        "model": REQUIRED,
        "records": None,
        "splits": None,
        "coverage": 0.9,
        "overwrite": False,
        "device": "auto",
    },
    "dephasing": {**ASKED, **AT, **DEPHASING},
    "design": {"model": REQUIRED, "device": "auto", **CONDITIONS, **DESIGN},
    "disorder": {**ASKED, **AT, **DISORDER},
    "compare_runs": {"runs": REQUIRED},
    "report": {"targets": REQUIRED},
    "export": {
        "model": REQUIRED,
        "output": None,
        "license": None,
        "citation": None,
        "overwrite": False,
    },
    "compare": {
        "sequences": REQUIRED, "models": REQUIRED, "zeros": (), "device": "auto", **CONDITIONS,
    },
    "evaluate": {"model": REQUIRED, "records": REQUIRED, "splits": None, "device": "auto"},
    "ensemble": {
        "duplex": REQUIRED,
        "model": REQUIRED,
        "frames": None,
        "seed": None,
        "scf_steps": 1,
        "check": 0,
        "trajectory": None,
        "device": "auto",
        **{name: value for name, value in CONDITIONS.items() if name != "conductance_from_grid"},
    },
    "fit": {"table": REQUIRED, "model": REQUIRED, "device": "auto", **CONTACTS, **FIT},
    "generate": {"path": None, "overwrite": False, **GENERATION},
    "iv": {**ASKED, **AT, **CURRENT},
    "load": {"model": REQUIRED, "device": "auto"},
    "predict": {"sequences": REQUIRED, "model": REQUIRED, "device": "auto", **CONDITIONS},
    "read": {"path": REQUIRED},
    "scan": {
        "sequences": REQUIRED, "model": REQUIRED, "device": "auto",
        **CONDITIONS, "rank_by": "log10_transmission",
    },
    "screen": {"model": REQUIRED, "device": "auto", **CONDITIONS, **SELECTION},
    "thermoelectric": {**ASKED, **CONTACTS, **THERMOELECTRIC},
    "series": {
        "pattern": REQUIRED, "model": REQUIRED, "device": "auto",
        **CONDITIONS, "lengths": None, "probe_coupling": None,
    },
    "structure": {"source": REQUIRED, "form": None, "chains": (), "terminal_phosphates": "refuse"},
    "train": {"config": None, **TRAINING},
    "uncertainty": {**ASKED, **AT, **DISORDER, **UNCERTAINTY},
}  # fmt: skip
ASKED_OF_MODELS: Final = (
    "dephasing", "design", "disorder", "ensemble", "evaluate", "fit", "iv", "scan", "series",
    "thermoelectric", "uncertainty",
)  # fmt: skip
"""Functions that are methods of a loaded model as well, without these parameters."""
ASKING: Final = {"model", "device"}
RESULT: Final[dict[str, dict[str, Any]]] = {
    "to_dataframe": {},
    "plot": {},
    "save": {"output": None, "overwrite": False},
}
OBSERVATION: Final[dict[str, Any]] = {
    "summary": {},
    "to_dataframe": {},
    "plot": {},
    "save": {"output": None, "overwrite": False},
}
CLASSES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    "Model": {
        "predict": {"sequences": REQUIRED, **CONDITIONS},
        "screen": {**CONDITIONS, **SELECTION},
        "hamiltonian": {"duplex": REQUIRED},
        **{
            name: {word: one for word, one in FUNCTIONS[name].items() if word not in ASKING}
            for name in ASKED_OF_MODELS
        },
    },
    "DephasingScan": OBSERVATION,
    "Design": {
        "to_dataframe": {},
        "plot": {},
        "save": {"output": None, "overwrite": False},
    },
    "DisorderEnsemble": {**OBSERVATION, "quantiles": {"probabilities": REQUIRED}},
    "Fit": {**RESULT, "table": {}, "plot_profiles": {}},
    "IVCurves": OBSERVATION,
    "Prediction": {
        "bond_transmissions": {"energy": REQUIRED},
        "conductance": {"fermi_energy": None, "temperature": None},
        "eigenchannels": {"energy": REQUIRED},
        "to_dataframe": {},
        "plot": {},
        "plot_hamiltonian": {},
        "to_ase": {},
        "to_kwant": {},
        "to_sisl": {},
        "plot_ldos": {},
        "save": {"output": None, "overwrite": False},
    },
    "Predictions": RESULT,
    "RunComparison": {
        "table": {},
        "to_dataframe": {},
        "plot": {},
        "save": {"output": None, "overwrite": False},
    },
    "Report": {"table": {}, "save": {"output": "report.html", "overwrite": False}},
    "Evaluation": {**RESULT, "to_dataframe": {"by": "predictor"}, "plot_errors": {}},
    "ModelComparison": {**RESULT, "predictions": {"model": REQUIRED}},
    "Scan": RESULT,
    "Scans": RESULT,
    "Series": RESULT,
    "Screening": RESULT,
    "ThermoelectricScan": OBSERVATION,
    "Uncertainty": {**OBSERVATION, "log10_values": {"source": REQUIRED}},
    "Ensemble": {
        "to_dataframe": {},
        "plot": {},
        "save": {"output": None, "overwrite": False},
    },
    "Structure": {
        "to_dataframe": {},
        "save": {"path": REQUIRED, "overwrite": False},
    },
    "Duplex": {"__init__": {"upper": REQUIRED, "lower": None, "alphabet": DNA}},
    "Contact": {"__init__": {"attachments": REQUIRED}},
    "Junction": {"__init__": {"duplex": REQUIRED, "left": REQUIRED, "right": REQUIRED}},
}
OBSERVED: Final = {"heading", "rows", "sequences", "warnings"}
ATTRIBUTES: Final = {
    "DephasingScan": OBSERVED | {
        "coherent_quanta", "conductance", "conductance_quanta", "incoherent_quanta",
        "probe_couplings",
    },
    "Design": {
        "found", "heading", "is_complete", "is_exhaustive", "num_sequences", "objective",
        "progress", "rows", "sequences", "warnings",
    },
    "DisorderEnsemble": OBSERVED | {
        "clean_quanta", "edges", "geometric_mean_quanta", "histogram", "log10_conductance_quanta",
        "log10_deviation", "mean_quanta",
    },
    "Fit": {
        "chi_squared", "correlation", "degrees_of_freedom", "errors", "heading", "intervals",
        "is_converged", "residuals", "rows", "unidentifiable", "values", "warnings",
    },
    "IVCurves": OBSERVED | {
        "current", "differential_conductance", "differential_conductance_quanta", "voltages",
    },
    "ThermoelectricScan": OBSERVED | {
        "conductance", "conductance_quanta", "fermi_energies", "figure_of_merit", "power_factor",
        "seebeck", "temperatures", "thermal_conductance",
    },
    "Uncertainty": OBSERVED,
    "Model": {"name", "conditions"},
    "Prediction": {
        "certificate", "dos", "energies", "hamiltonian", "junction", "ldos", "log10_dos",
        "log10_ldos", "log10_transmission", "resolved",
        "resonances", "spread", "status", "summary", "transmission", "warnings",
    },
    "Report": {"html", "lines", "warnings"},
    "RunComparison": {"lines", "names", "rows", "setting_rows", "settings", "warnings"},
    "Ensemble": {
        "answers", "conductance_quanta", "duplex", "energies", "failures", "heading", "is_complete",
        "lines", "log10_transmission", "num_geometries", "rows", "statistics", "warnings",
    },
    "Structure": {
        "charge", "duplex", "elements", "heading", "lines", "names", "positions", "rows", "steps",
    },
    "Evaluation": {"baselines", "heading", "rows", "scores", "warnings"},
    "ModelComparison": {"heading", "rows", "warnings"},
    "Scan": {"changes", "heading", "parent", "rows", "warnings"},
    "Scans": {"heading", "rows", "warnings"},
    "Series": {
        "decay", "decays", "duplexes", "heading", "log10_conductance", "log10_transmission",
        "rows", "warnings",
    },
    "Predictions": {"averages", "heading", "rows", "warnings"},
    "Screening": {"heading", "names", "num_candidates", "rows", "sequences", "warnings"},
    "Training": {
        "checkpoint_dir", "config", "exit_code", "folder", "is_complete", "model", "scores",
    },
    "TransportDataset": {"energies", "lengths", "quantities"},
    "TransportRecord": {"dos", "energies", "junction", "ldos", "transmission"},
    "Conductance": {"conductance_quanta", "siemens"},
}  # fmt: skip
