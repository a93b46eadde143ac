"""Contacts on atoms from the question to the answer, and who refuses them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pytest

import dnawire
from dnawire.data import TransportDataset
from dnawire.errors import InvalidContactError, NotConvergedError
from dnawire.inference import load_predictor
from dnawire.junction import Duplex, Junction
from dnawire.models.atomistic.predictor import AtomisticPredictor
from dnawire.predictors import MembersPredictor, Predictor, junction_totals
from dnawire.structures import build_duplex
from dnawire.transport import Totals

LEFT: Final = "upper:0@O5'=0.1"
RIGHT: Final = "lower:0@N1,N3=0.1"
GRID: Final = np.linspace(-11.0, -10.0, 5)


@pytest.fixture(scope="module")
def predictor() -> AtomisticPredictor:
    found = load_predictor("pretrained:xtb")
    assert isinstance(found, AtomisticPredictor)
    return found


def test_every_way_to_an_answer_knows_the_atoms(predictor: AtomisticPredictor) -> None:
    junction = Junction("GA", LEFT, RIGHT)
    [record] = predictor.predict([junction], GRID, 0.005)
    charged = predictor.charged(build_duplex(junction.duplex))
    atoms = charged.structure
    contacts = atoms.couplings(junction.left), atoms.couplings(junction.right)
    wanted = np.log10(charged.poles(contacts, GRID).transmission(GRID, 0.005))
    np.testing.assert_allclose(record.log10_transmission, wanted, atol=1e-9)
    members = MembersPredictor("two", [predictor, predictor])
    for one in (predictor, predictor.bound_to(charged), members):
        totals = junction_totals(one, junction, GRID, 0.005)
        for name in Totals._fields:
            found = getattr(totals, name)
            np.testing.assert_allclose(found, record.spectra[name], atol=1e-9)
    eliminated = np.log10(charged.totals(contacts, GRID, 0.005)[0])
    np.testing.assert_allclose(eliminated, wanted, atol=0.03)
    [whole] = predictor.predict([Junction("GA", "upper:0=0.1", "lower:0=0.1")], GRID, 0.005)
    assert (record.log10_transmission < whole.log10_transmission - 1.0).all()


def test_a_level_near_one_energy_does_not_take_all_orbitals(predictor: AtomisticPredictor) -> None:
    """T of long duplexes would be lost to rounding by these."""
    charged = predictor.charged(build_duplex(Duplex.parse("AAAA")))
    contacts = np.zeros((2, 4, 2))
    contacts[0, 0, 0] = contacts[1, -1, 0] = 0.1
    with pytest.raises(NotConvergedError, match="has a level near the window"):
        charged._base_pairs.downfolded((contacts[0], contacts[1]), -11.75, -11.65)
    energy = np.array([-11.7])
    found = charged.totals((contacts[0], contacts[1]), energy, 0.005)
    assert "junctions" not in vars(charged)
    poles = charged.poles((contacts[0], contacts[1]), energy)
    np.testing.assert_allclose(
        np.log10(found[0]), np.log10(poles.transmission(energy, 0.005)), atol=0.01
    )


def test_a_deep_gap_does_not_depend_on_the_other_energies(predictor: AtomisticPredictor) -> None:
    """Series over a window are wrong by a share of their largest values."""
    charged = predictor.charged(build_duplex(Duplex.parse("ATATATATATAT")))
    contacts = np.zeros((2, 12, 2))
    contacts[0, 0, 0] = contacts[1, -1, 0] = 0.1
    among_others, alone = (
        np.log10(charged.totals((contacts[0], contacts[1]), np.array(energies), 0.005)[0])
        for energies in ([-12.2, -9.8, -9.7], [-9.8])
    )
    assert alone[0] < -30.0
    assert among_others[1] == pytest.approx(alone[0], abs=0.01)


def test_one_call_prints_and_saves_the_atoms(tmp_path: Path) -> None:
    found = dnawire.predict(
        "GA", "pretrained:xtb", left="upper:0@O5*", gamma_left=0.1, right=RIGHT, fermi_energy=-10.4
    )
    assert f"{LEFT} | {RIGHT} eV (given)" in str(found)
    found.save(tmp_path / "found")
    table = (tmp_path / "found" / "summary.csv").read_text()
    assert LEFT in table
    junction = Junction("GA", LEFT, "lower:0@N1=0.1")
    again = dnawire.predict(junction, "pretrained:xtb", fermi_energy=-10.4)
    assert again.junction == junction


@pytest.mark.parametrize(("left", "names"), [("upper:0@P", "P"), ("upper:0@N1,XY", "XY")])
def test_unknown_atoms_are_named_with_those_that_exist(
    predictor: AtomisticPredictor, left: str, names: str
) -> None:
    junction = Junction("GA", f"{left}=0.1", RIGHT)
    with pytest.raises(InvalidContactError, match=f"upper:0 of 'GA' has no atom {names}") as caught:
        predictor.predict([junction], GRID)
    assert caught.value.remedy.startswith("take some of HO5' O5' C5' H5' H5''")


def _totals(predictor: Predictor) -> object:
    return junction_totals(predictor, Junction("ACGT", LEFT, RIGHT), GRID, 0.005)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: dnawire.predict("ACGT", "exact:kordas2025", left=LEFT, right=RIGHT),
        lambda: dnawire.screen(
            "pretrained:xtb", sequences=["ACGT", "GA"], left=LEFT, right=RIGHT, fermi_energy=-10.4
        ),
        lambda: _totals(load_predictor("exact:kordas2025")),
    ],
)
def test_others_refuse_them(ask: Callable[[], object]) -> None:
    with pytest.raises(InvalidContactError, match=f"contact '{LEFT}' names atoms"):
        ask()


def test_records_have_contacts_on_bases(predictor: AtomisticPredictor) -> None:
    records = predictor.predict([Junction(Duplex("GA"), LEFT, RIGHT)], GRID)
    with pytest.raises(InvalidContactError, match="contacts are on whole bases"):
        TransportDataset.from_records(records, {})
