"""Parameter sets: the shipped numbers, and what the reader refuses."""

from __future__ import annotations

from importlib import resources
from itertools import product

import numpy as np
import pytest

from dnawire.errors import UnknownParameterSetError, UnusableDataFileError
from dnawire.junction import BASES
from dnawire.tightbinding import available_parameters, load_parameters, parse_parameters

KORDAS = resources.files("dnawire.tightbinding").joinpath("data/kordas2025.toml").read_text("utf-8")

# rows 5' base, columns 3' base, in the order A, T, G, C of the G3NAT documentation; eV
G3NAT_STACKING = [
    [0.030, 0.105, 0.049, 0.061],
    [0.086, 0.158, 0.085, 0.076],
    [0.089, 0.137, 0.084, 0.110],
    [0.029, 0.100, 0.042, 0.041],
]
G3NAT_ONSITE = [-0.49, -1.39, 0.00, -1.12]
G3NAT_ORDER = [BASES.index(base) for base in "ATGC"]


def _entry(table: np.ndarray, pair: str) -> float:
    return float(table[BASES.index(pair[0]), BASES.index(pair[1])])


def test_two_sets_are_available() -> None:
    assert {"kordas2025", "roche-voityuk"} <= set(available_parameters())


@pytest.mark.parametrize("name", available_parameters())
def test_every_set_says_where_it_comes_from(name: str) -> None:
    parameters = load_parameters(name)
    assert parameters.name == name
    assert all(doi.startswith("10.") for doi in parameters.doi)
    assert parameters.verification.startswith(("P:", "S:"))
    assert parameters.sign_convention
    assert parameters.carrier == "hole"


@pytest.mark.parametrize("name", available_parameters())
def test_undirected_tables_are_symmetric_and_read_only(name: str) -> None:
    parameters = load_parameters(name)
    for table in (parameters.pairing, parameters.diagonal_five, parameters.diagonal_three):
        np.testing.assert_array_equal(table, table.T)
    with pytest.raises(ValueError, match="read-only"):
        parameters.onsite[0] = 0.0


def test_roche_voityuk_is_the_table_of_g3nat() -> None:
    parameters = load_parameters("roche-voityuk")
    np.testing.assert_array_equal(parameters.onsite[G3NAT_ORDER], G3NAT_ONSITE)
    stacking = parameters.stacking[np.ix_(G3NAT_ORDER, G3NAT_ORDER)]
    np.testing.assert_allclose(stacking, G3NAT_STACKING, rtol=1e-15)
    for pair in map("".join, product(BASES, repeat=2)):
        partners = {"AT": 0.034, "TA": 0.034, "GC": 0.050, "CG": 0.050}
        assert _entry(parameters.pairing, pair) == pytest.approx(partners.get(pair, 0.0), rel=1e-15)
    assert not parameters.diagonal_five.any()
    assert not parameters.diagonal_three.any()
    assert parameters.energy_window == (-3.0, 3.0)


def test_kordas2025_holds_the_published_numbers() -> None:
    parameters = load_parameters("kordas2025")
    np.testing.assert_array_equal(parameters.onsite, [-7.61, -7.9, -7.13, -8.24])
    published = {"GC": 151, "CG": 25, "TT": 120, "AG": 59, "GA": 131}
    for step, value in published.items():
        assert _entry(parameters.stacking, step) == pytest.approx(value * 1e-3)
    assert _entry(parameters.diagonal_five, "GC") == pytest.approx(1e-3)
    assert _entry(parameters.diagonal_three, "CG") == pytest.approx(27e-3)
    assert _entry(parameters.pairing, "CG") == pytest.approx(26e-3)
    # sums over the columns of the published tables, eV
    assert parameters.stacking.sum() == pytest.approx(1.313)
    assert np.triu(parameters.diagonal_five).sum() == pytest.approx(0.112)
    assert np.triu(parameters.diagonal_three).sum() == pytest.approx(0.205)


def test_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownParameterSetError, match="Did you mean 'kordas2025'") as caught:
        load_parameters("kordas")
    assert caught.value.exit_code == 64
    assert "roche-voityuk" in caught.value.remedy


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("GG = 126\n", "", "stacking has no value for GG"),
        ("GG = 126", "GG = nan", "stacking.GG = nan"),
        ("GG = 126", "GG = true", "stacking.GG = True"),
        ("GG = 126", 'GG = "big"', "stacking.GG = 'big'"),
        ("GG = 126", "GU = 126", "stacking.GU"),
        ("A = -7.61\n", "", "onsite has no value for A"),
        ("A = -7.61", "AA = -7.61", "onsite.AA"),
        ("AC = 0\n", "", "diagonal_5_5 has no value for AC"),
        ("AC = 18", "AC = -5\nCA = 5", "diagonal_3_3.AC = -5 and diagonal_3_3.CA = 5 differ"),
        ("AT = 34", "AT = 34\nTA = 35", "pairing.AT = 34 and pairing.TA = 35 differ"),
        ("energy_window = [-9.0, -6.5]", "energy_window = [-6.5, -9.0]", "energy_window"),
        ("energy_window = [-9.0, -6.5]", "energy_window = [-9.0, inf]", "energy_window"),
        ("energy_window = [-9.0, -6.5]", "energy_window = [-9.0, -6.5, 0]", "energy_window"),
        ("energy_window = [-9.0, -6.5]", "energy_window = 3", "energy_window"),
        ('couplings = "meV"', 'couplings = "eV"', "units"),
        ('carrier = "hole"\n', "", "carrier"),
        ('carrier = "hole"', 'carrier = "hole"\nspin = 2', "spin"),
        ("doi = [", "doi = [3, ", "doi"),
        ("[onsite]", "[onsite", "not TOML"),
        (
            "[pairing]\nAT = 34\nGC = 26",
            "[[pairing]]\nAT = 34",
            "pairing = [{'AT': 34}] is not a table",
        ),
    ],
)
def test_impossible_files_are_named(old: str, new: str, words: str) -> None:
    assert old in KORDAS
    with pytest.raises(UnusableDataFileError) as caught:
        parse_parameters(KORDAS.replace(old, new, 1), "mine.toml")
    assert words in str(caught.value)
    assert "mine.toml" in str(caught.value)


def test_digest_follows_the_numbers() -> None:
    changed = parse_parameters(KORDAS.replace("GG = 126", "GG = 127", 1), "mine.toml")
    retitled = parse_parameters(KORDAS.replace("(Kordas 2025)", "", 1), "mine.toml")
    assert changed.digest != load_parameters("kordas2025").digest
    assert retitled.digest == load_parameters("kordas2025").digest
