"""Junctions and structures for other codes, whose T equals ours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inference_kit import save

import dnawire as dw
from dnawire.errors import InvalidStructureError, MissingDependencyError, UsageError
from dnawire.structures import build_duplex

EXACT = "exact:kordas2025"
CASES: dict[str, dict[str, Any]] = {
    "whole": {
        "sequences": "ACGTACGT",
        "left": "upper:0,lower:-1=0.03",
        "right": "upper:-1=0.2",
    },
    "missing bases": {"sequences": "ACGTAC/GT_CGT", "left": "upper:0=0.1", "right": "lower:0=0.3"},
    "inside": {"sequences": "GGGGGG", "left": "lower:3=0.1", "right": "upper:4=0.2"},
    "broadened": {"sequences": "GACC", "left": "upper:0", "right": "lower:0", "eta": 0.02},
}


@pytest.fixture(params=CASES)
def prediction(request: pytest.FixtureRequest) -> dw.Prediction:
    case = dict(CASES[request.param])
    found = dw.predict(case.pop("sequences"), EXACT, num_energy_points=9, **case)
    assert isinstance(found, dw.Prediction)
    return found


def test_sisl_computes_the_same_transmission(prediction: dw.Prediction) -> None:
    pytest.importorskip("sisl_toolbox.btd", reason="sisl is not installed")
    junction = prediction.to_sisl()
    greens = junction.device_green()
    found = [greens.transmission(energy, "left", "right") for energy in prediction.energies]
    np.testing.assert_allclose(np.log10(found), prediction.log10_transmission, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found, prediction.transmission, rtol=1e-10)


def test_the_couplings_and_h_of_sisl_give_it_by_hand(prediction: dw.Prediction) -> None:
    pytest.importorskip("sisl", reason="sisl is not installed")
    junction = prediction.to_sisl()
    hamiltonian = junction.hamiltonian.Hk(format="array")
    np.testing.assert_allclose(hamiltonian, prediction.hamiltonian, rtol=0, atol=1e-14)
    left, right = np.diag(junction.gamma_left), np.diag(junction.gamma_right)
    for energy, expected in zip(prediction.energies, prediction.transmission, strict=True):
        shifted = (energy + 1j * junction.eta) * np.eye(len(left))
        greens = np.linalg.inv(shifted - hamiltonian + 0.5j * (left + right))
        found = np.trace(left @ greens @ right @ greens.conj().T).real
        assert found == pytest.approx(expected, rel=1e-10)


def test_kwant_computes_the_same_transmission(prediction: dw.Prediction) -> None:
    kwant = pytest.importorskip("kwant", reason="kwant is not installed")
    system, eta = prediction.to_kwant(), prediction.record.eta
    for energy, expected in zip(prediction.energies, prediction.transmission, strict=True):
        greens = kwant.greens_function(system, energy + 1j * eta, check_hermiticity=False)
        assert greens.transmission(1, 0) == pytest.approx(expected, rel=1e-10)


def test_ase_has_the_atoms_of_the_helix(tmp_path: Path) -> None:
    pytest.importorskip("ase", reason="ase is not installed")
    atoms = dw.predict("ACGT", EXACT).to_ase()
    structure = build_duplex(dw.Duplex("ACGT"))
    np.testing.assert_array_equal(atoms.positions, structure.positions)
    assert tuple(atoms.get_chemical_symbols()) == structure.elements
    assert atoms.info == {"duplex": "ACGT", "charge": -6}
    upper = atoms[atoms.get_tags() < 4]
    assert set(upper.arrays["residuenames"]) == {"DA", "DC", "DG", "DT"}
    path = tmp_path / "helix.pdb"
    atoms.write(path, format="proteindatabank")
    found = [line for line in path.read_text().splitlines() if line.startswith("ATOM")]
    assert len(found) == len(structure)


@pytest.mark.parametrize(
    ("package", "method", "remedy"),
    [
        ("sisl", "to_sisl", "dnawire[export]"),
        ("ase", "to_ase", "dnawire[export]"),
        ("kwant", "to_kwant", "conda"),
    ],
)
def test_a_package_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, package: str, method: str, remedy: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    prediction = dw.predict("ACGT", EXACT)
    with pytest.raises(MissingDependencyError, match=f"{method} needs the package") as one:
        getattr(prediction, method)()
    assert remedy in one.value.remedy


def test_what_has_no_hamiltonian_and_no_structure(tmp_path: Path) -> None:
    flat = dw.predict("ACG", save(tmp_path / "run", "standard"))
    for method in (flat.to_sisl, flat.to_kwant):
        with pytest.raises(UsageError, match="knows no Hamiltonian"):
            method()
    with pytest.raises(InvalidStructureError):
        dw.predict("GAA/TGC", EXACT).to_ase()
