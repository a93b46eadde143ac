"""The public surface of `import dnawire` is a promise: names and signatures may only be added.

A change of these tables breaks notebooks and scripts; it belongs into the changelog.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import subprocess
import sys
from inspect import Parameter
from typing import Any, Final, get_type_hints

import pytest

import dnawire as dw
from dnawire.api.conditions import AskedConditions, ConditionKeywords
from dnawire.api.design_question import DesignKeywords, DesignQuestion
from dnawire.api.keywords import TWINS
from dnawire.api.scan_options import ScanKeywords, ScanOptions
from dnawire.api.selection import ScreenKeywords, Selection
from dnawire.api.series_options import SeriesKeywords, SeriesOptions
from dnawire.cli.calibrate import CalibrateFlags
from dnawire.cli.compare import CompareFlags
from dnawire.cli.dephasing import DephasingFlags
from dnawire.cli.design import DesignFlags
from dnawire.cli.disorder import DisorderFlags
from dnawire.cli.ensemble import EnsembleFlags
from dnawire.cli.evaluate import EvaluateFlags
from dnawire.cli.fit import FitFlags
from dnawire.cli.generate import GenerateFlags
from dnawire.cli.iv import IvFlags
from dnawire.cli.predict import PredictFlags
from dnawire.cli.scan import ScanFlags
from dnawire.cli.screen import ScreenFlags
from dnawire.cli.series import SeriesFlags
from dnawire.cli.structure import StructureFlags
from dnawire.cli.thermoelectric import ThermoelectricFlags
from dnawire.cli.uncertainty import UncertaintyFlags
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
        "sequence": REQUIRED, "model": REQUIRED, "device": "auto",
        **CONDITIONS, "rank_by": "log10_transmission",
    },
    "screen": {"model": REQUIRED, "device": "auto", **CONDITIONS, **SELECTION},
    "thermoelectric": {**ASKED, **CONTACTS, **THERMOELECTRIC},
    "series": {
        "pattern": REQUIRED, "model": REQUIRED, "device": "auto",
        **CONDITIONS, "lengths": "2:20", "probe_coupling": None,
    },
    "structure": {"source": REQUIRED, "chains": (), "terminal_phosphates": "refuse"},
    "train": {"config": None, **TRAINING},
    "uncertainty": {**ASKED, **AT, **DISORDER, **UNCERTAINTY},
}  # fmt: skip
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
    },
    "DephasingScan": OBSERVATION,
    "Design": {
        "to_dataframe": {},
        "plot": {},
        "save": {"output": None, "overwrite": False},
    },
    "DisorderEnsemble": {**OBSERVATION, "quantiles": {"probabilities": REQUIRED}},
    "Fit": {**OBSERVATION, "plot_profiles": {}},
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
    "Predictions": {
        "to_dataframe": {},
        "plot": {},
        "save": {"output": None, "overwrite": False},
    },
    "RunComparison": {
        "table": {},
        "to_dataframe": {},
        "plot": {},
        "save": {"output": None, "overwrite": False},
    },
    "Report": {"save": {"output": "report.html", "overwrite": False}},
    "Evaluation": {**RESULT, "to_dataframe": {"by": "predictor"}, "plot_errors": {}},
    "ModelComparison": {**RESULT, "predictions": {"model": REQUIRED}},
    "Scan": RESULT,
    "Series": RESULT,
    "Screening": {
        "to_dataframe": {},
        "plot": {},
        "save": {"output": None, "overwrite": False},
    },
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


def defaults_of(function: object) -> dict[str, Any]:
    assert callable(function)
    parameters = inspect.signature(function).parameters.values()
    return {one.name: one.default for one in parameters if one.name != "self"}


def test_names_are_frozen() -> None:
    assert set(dw.__all__) == {*FUNCTIONS, *CLASSES, *ATTRIBUTES, "errors"}
    assert set(dir(dw)) == {*dw.__all__, "__version__"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signatures_of_functions_are_frozen(name: str) -> None:
    assert defaults_of(getattr(dw, name)) == FUNCTIONS[name]


@pytest.mark.parametrize("name", CLASSES)
def test_signatures_of_methods_are_frozen(name: str) -> None:
    for method, expected in CLASSES[name].items():
        assert defaults_of(getattr(getattr(dw, name), method)) == expected, method


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_are_frozen(name: str) -> None:
    kind = getattr(dw, name)
    fields = (
        {one.name for one in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else ()
    )
    documented = {"Model": {"predictor"}, "Design": {"found", "is_complete"}}.get(name, set())
    assert ATTRIBUTES[name] <= set(dir(kind)) | set(fields) | documented


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES, *ATTRIBUTES])
def test_everything_public_is_explained_and_typed(name: str) -> None:
    public = getattr(dw, name)
    assert inspect.getdoc(public)
    if name in FUNCTIONS:
        assert inspect.signature(public).return_annotation not in (REQUIRED, None)
        return
    for member, value in vars(public).items():
        if not member.startswith("_") and (callable(value) or isinstance(value, property)):
            assert inspect.getdoc(value), f"{name}.{member}"


def test_keywords_are_named_like_the_flags() -> None:
    of_commands = {
        "average", "debug", "duplexes", "json", "out", "output", "quiet", "save_all", "shard",
        "shard_size", "shards", "verbose", "words", "workers",
    }  # fmt: skip
    for kind, function, more in (
        (PredictFlags, dw.predict, {"energies", "left", "right"}),
        (ScreenFlags, dw.screen, {"energies", "left", "right", "executor"}),
        (SeriesFlags, dw.series, {"energies", "left", "right"}),
        (ScanFlags, dw.scan, {"energies", "left", "right"}),
        (EvaluateFlags, dw.evaluate, set()),
        (CompareFlags, dw.compare, {"energies", "left", "right", "sequences", "models"}),
        (EnsembleFlags, dw.ensemble, {"energies", "left", "right"}),
        (StructureFlags, dw.structure, set()),
        (GenerateFlags, dw.generate, {"path", "overwrite"}),
        (IvFlags, dw.iv, {"left", "right"}),
        (ThermoelectricFlags, dw.thermoelectric, {"left", "right"}),
        (DephasingFlags, dw.dephasing, {"left", "right"}),
        (DesignFlags, dw.design, {"energies", "left", "right"}),
        (DisorderFlags, dw.disorder, {"left", "right"}),
        (FitFlags, dw.fit, {"left", "right"}),
        (UncertaintyFlags, dw.uncertainty, {"left", "right"}),
        (CalibrateFlags, dw.calibrate, {"overwrite"}),
    ):
        keywords, named = set(defaults_of(function)), flags(kind) - of_commands - {"overwrite"}
        assert {TWINS[name] if name not in keywords else name for name in named} <= keywords
        assert keywords - named == more, function


def flags(kind: type[Any]) -> set[str]:
    """Names of all flags, those of nested groups included."""
    hints = get_type_hints(kind)
    names: set[str] = set()
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        is_group = isinstance(hint, type) and dataclasses.is_dataclass(hint)
        names |= flags(hint) if is_group else {field.name}
    return names


def test_keywords_are_the_fields_of_what_the_flags_fill() -> None:
    asked = {one.name for one in dataclasses.fields(AskedConditions)}
    keywords = set(ConditionKeywords.__annotations__)
    assert {TWINS.get(name, name) for name in asked} == keywords - {"energies"}
    selection = {one.name for one in dataclasses.fields(Selection)}
    assert set(ScreenKeywords.__annotations__) - keywords == selection | {"executor"}
    for kind, options in ((SeriesKeywords, SeriesOptions), (ScanKeywords, ScanOptions)):
        names = {one.name for one in dataclasses.fields(options)}
        assert set(kind.__annotations__) - keywords == names
    design = {one.name for one in dataclasses.fields(DesignQuestion)}
    assert set(DesignKeywords.__annotations__) - keywords == design


def test_the_import_is_instant() -> None:
    """It brings nothing of size; the first prediction neither PyTorch, pandas nor figures."""
    program = (
        "import json, sys, dnawire as dw; first = set(sys.modules);"
        "print(dw.predict('ACGT', 'exact:kordas2025'));"
        "print(json.dumps([sorted(first), sorted(sys.modules)]))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    first, second = json.loads(ended.stdout.splitlines()[-1])
    assert {name for name in first if name.startswith("dnawire")} == {"dnawire"}
    assert not {"numpy", "torch", "pydantic", "scipy"} & set(first)
    assert not {"torch", "pandas", "matplotlib"} & set(second)


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="module 'dnawire' has no attribute 'predikt'"):
        dw.predikt  # type: ignore[attr-defined]  # noqa: B018
