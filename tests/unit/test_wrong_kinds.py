"""What is no value of an argument of ``import dnawire`` is refused by an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from inspect import Parameter, signature
from typing import Any, Final

import pytest

import dnawire as dw
from dnawire.errors import DnawireError

EXACT: Final = "exact:kordas2025"
FERMI: Final = {"fermi_energy": -7.1}
ASKED: Final = {"sequences": "GCG", "model": EXACT, **FERMI}

WRONG: Final[dict[str, Any]] = {
    "None": None,
    "number": 3,
    "not a number": float("nan"),
    "empty list": [],
    "bytes": b"ACGT",
    "nested list": [["ACGT"]],
    "mapping": {},
    "object": object(),
}

CALLS: Final[dict[str, dict[str, Any]]] = {
    "calibrate": {"model": EXACT},
    "compare": {"sequences": "GCG", "models": [EXACT, "exact:simserides2024"]},
    "compare_runs": {"runs": ()},
    "dephasing": {**ASKED, "probe_coupling": 0.01},
    "design": {
        "model": EXACT, "target": "log10_transmission", "value": -3.0, "length": 3,
        "evaluations": 4, **FERMI,
    },
    "disorder": {**ASKED, "onsite": 0.1, "samples": 2},
    "ensemble": {"duplex": "ACGT", "model": EXACT},
    "evaluate": {"model": EXACT, "records": "none.h5"},
    "export": {"model": EXACT},
    "fit": {"table": "none.csv", "model": EXACT},
    "generate": {"num_samples": 1, "seq_length": 2, "num_energy_points": 3},
    "iv": {**ASKED, "num_voltages": 3},
    "load": {"model": EXACT},
    "predict": ASKED,
    "read": {"path": "none.h5"},
    "report": {"targets": ()},
    "scan": {"sequences": "GC", "model": EXACT, **FERMI},
    "screen": {"model": EXACT, "length": 2},
    "series": {"pattern": "G", "model": EXACT, "lengths": "2:3", **FERMI},
    "structure": {"source": "AC"},
    "thermoelectric": {**ASKED, "num_fermi_energies": 2},
    "train": {"config": "none.yaml"},
    "uncertainty": {**ASKED, "fermi_range": 0.1},
}  # fmt: skip
"""A call of each function that works, or ends soon."""

OBJECTS: Final[dict[str, dict[str, Any]]] = {
    "Contact": {"attachments": "upper:0=0.1"},
    "Contact.at": {"strand": "upper", "position": 0, "gamma": 0.1},
    "Contact.parse": {"text": "upper:0", "gamma": 0.1},
    "Duplex": {"upper": "ACGT", "lower": "ACGT"},
    "Duplex.parse": {"text": "ACGT"},
    "Junction": {"duplex": "ACGT", "left": "upper:0=0.1", "right": "upper:-1=0.1"},
    "Model.hamiltonian": {"duplex": "ACGT"},
    "Model.predict": {"sequences": "ACGT"},
    "Model.screen": {"length": 2},
}

NEVER: Final = {
    "attachments", "duplex", "model", "models", "path", "pattern", "records", "runs", "sequence",
    "sequences", "source", "table", "targets", "text", "upper",
}  # fmt: skip
"""Arguments that none of the wrong kinds is a value of."""


def called(name: str) -> Any:  # noqa: ANN401
    owner, _, method = name.partition(".")
    found: Any = dw.load(EXACT) if owner == "Model" else getattr(dw, owner)
    return getattr(found, method) if method else found


def cases() -> Iterator[Any]:
    for name, base in {**CALLS, **OBJECTS}.items():
        for argument in signature(called(name)).parameters.values():
            if name == "train" and argument.name not in base:
                continue
            yield pytest.param(name, argument, id=f"{name}-{argument.name}")


def test_no_function_is_left_out() -> None:
    functions = {name for name in dw.__all__ if name.islower() and name != "errors"}
    assert functions - {"available_models"} == set(CALLS)


@pytest.mark.parametrize(("name", "argument"), list(cases()))
def test_wrong_kinds_are_refused_by_name(
    name: str,
    argument: Parameter,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path_factory.getbasetemp())
    base = {**CALLS, **OBJECTS}[name]
    for value in WRONG.values():
        if value is argument.default:
            continue
        given = {**base, argument.name: value}
        rest: tuple[Any, ...] = ()
        if argument.kind is Parameter.VAR_POSITIONAL:
            del given[argument.name]
            rest = (value,)
        is_wrong = argument.name in NEVER
        with pytest.raises(DnawireError) if is_wrong else suppress(DnawireError):
            called(name)(*rest, **given)
