"""The public surface of `import dnawire` is a promise: names and signatures may only be added.

A change of these tables breaks notebooks and scripts; it belongs into the changelog.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import subprocess
import sys
from typing import Any, get_type_hints

import pytest
from public_surface import ASKED_OF_MODELS, ASKING, ATTRIBUTES, CLASSES, FUNCTIONS, REQUIRED

import dnawire as dw
from dnawire.api.conditions import AskedConditions, ConditionKeywords
from dnawire.api.design_question import DesignKeywords, DesignQuestion
from dnawire.api.keywords import TWINS
from dnawire.api.result import Result, Stoppable
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


def test_what_asks_a_model_is_a_method_of_it() -> None:
    """Tab completion of a loaded model shows all that it can be asked."""
    of_no_loaded_model = {"calibrate", "export", "load"}
    asking = {name for name, words in FUNCTIONS.items() if "model" in words} - of_no_loaded_model
    assert asking == {*ASKED_OF_MODELS, "predict", "screen"}
    for name in asking:
        method, function = getattr(dw.Model, name), getattr(dw, name)
        assert defaults_of(method) == {
            word: one for word, one in defaults_of(function).items() if word not in ASKING
        }, name
        returned = [inspect.signature(one).return_annotation for one in (method, function)]
        assert returned[0] == returned[1], name
        assert f"`dnawire.{name}`" in str(inspect.getdoc(method))


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
        "average", "debug", "duplexes", "json", "out", "output", "parquet", "quiet", "save_all",
        "shard", "shard_size", "shards", "verbose", "words", "workers",
    }  # fmt: skip
    for kind, function, more in (
        (PredictFlags, dw.predict, {"energies", "left", "right"}),
        (ScreenFlags, dw.screen, {"energies", "left", "right", "executor"}),
        (SeriesFlags, dw.series, {"energies", "left", "right"}),
        (ScanFlags, dw.scan, {"energies", "left", "right"}),
        (EvaluateFlags, dw.evaluate, set()),
        (CompareFlags, dw.compare, {"energies", "left", "right", "models"}),
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
        of_command = of_commands | {"overwrite"}
        # The family of a series may be given sequences, under one keyword.
        of_command |= {"sequences"} if function is dw.series else set()
        keywords, named = set(defaults_of(function)), flags(kind) - of_command
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


@pytest.mark.parametrize("name", ["Design", "Ensemble", "Fit"])
def test_results_print_show_and_save_themselves_by_one_piece_of_code(name: str) -> None:
    kind = getattr(dw, name)
    assert issubclass(kind, Stoppable)
    for shared in ("__repr__", "_repr_html_", "to_dataframe", "save", "text", "completed"):
        assert getattr(kind, shared) is getattr(Result, shared), shared
