"""Summaries: what the resonances between the energies of a record contribute."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from inference_kit import LEFT, RIGHT, junction, save

from dnawire.errors import UsageError
from dnawire.inference import Summary, load_predictor, status, summarize, summary_remarks
from dnawire.inference.summary import AtFermiEnergy
from dnawire.junction import Contact, Duplex, Junction
from dnawire.transport import Conductance, zero_bias_conductance

FERMI_ENERGY = -7.1

GROWTH = """
import resource
import sys
from dnawire.inference import Summary, load_predictor, status, summarize, summary_remarks
from dnawire.inference.summary import AtFermiEnergy
from dnawire.junction import Contact, Duplex, Junction

exact = load_predictor("exact:kordas2025")
peaks = []
for text in sys.argv[1:]:
    contacts = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1)
    (record,) = exact.predict([Junction(Duplex.parse(text), *contacts)])
    summarize(exact, record, -7.1, 300.0)
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print((peaks[1] - peaks[0]) * 1024)
"""


def test_no_number_depends_on_the_grid_of_an_exact_record() -> None:
    exact = load_predictor("exact:kordas2025")
    summaries = []
    for number in (3, 50, 777):
        (record,) = exact.predict([junction("GATTACA")], np.linspace(-9.0, -6.5, number))
        summaries.append(summarize(exact, record, FERMI_ENERGY, 300.0))
    first, *others = summaries
    assert first.at_fermi_energy is not None
    expected = first.at_fermi_energy.conductance.conductance_quanta
    for other in others:
        assert other.at_fermi_energy is not None
        found = other.at_fermi_energy.conductance.conductance_quanta
        assert found == pytest.approx(expected, rel=2e-3)
        assert other.max_transmission == pytest.approx(first.max_transmission, rel=2e-2)
        np.testing.assert_allclose(other.dos_peaks, first.dos_peaks, atol=2e-3)


def test_a_transmission_below_all_numbers_is_told_in_decades() -> None:
    exact = load_predictor("exact:kordas2025")
    (record,) = exact.predict([junction("A" * 250)], np.array([-7.5, FERMI_ENERGY, -6.7]))
    at_fermi = summarize(exact, record, FERMI_ENERGY, 300.0).at_fermi_energy
    assert at_fermi is not None
    expected = record.spectra["log10_transmission"][1]
    assert at_fermi.log10_transmission == pytest.approx(expected, abs=1e-9)
    assert -1e4 < expected < -308


def test_rounding_makes_no_second_peak_of_one_level() -> None:
    exact = load_predictor("exact:kordas2025")
    (record,) = exact.predict([junction("A/A")])
    peaks = summarize(exact, record, None, 300.0).dos_peaks
    assert peaks == pytest.approx([-7.61], abs=1e-6)


def test_the_grid_of_a_record_misses_most_of_the_conductance() -> None:
    """Resonances of a coherent 12-mer are narrower than its grid by orders of magnitude."""
    exact = load_predictor("exact:kordas2025")
    (record,) = exact.predict([junction("GCGCAAGCGCAA")])
    gridded = zero_bias_conductance(
        record.energies, record.transmission, fermi_energy=FERMI_ENERGY, temperature=300.0
    )
    at_fermi = summarize(exact, record, FERMI_ENERGY, 300.0).at_fermi_energy
    assert at_fermi is not None
    resolved = at_fermi.conductance.conductance_quanta
    assert abs(np.log10(gridded.conductance_quanta / resolved)) > 0.5


def test_dos_peaks_are_the_levels_of_weakly_coupled_bases() -> None:
    exact = load_predictor("exact:kordas2025")
    duplex = Duplex.parse("GCA")
    weak = Junction(
        duplex,
        Contact.at("upper", 0, 1e-4) + Contact.at("lower", -1, 1e-4),
        Contact.at("upper", -1, 1e-4) + Contact.at("lower", 0, 1e-4),
    )
    (record,) = exact.predict([weak])
    summary = summarize(exact, record, None, 300.0)
    hamiltonian = exact.hamiltonian(duplex)
    assert hamiltonian is not None
    levels = np.linalg.eigvalsh(hamiltonian)
    np.testing.assert_allclose(np.sort(summary.dos_peaks), levels, atol=1e-5)
    order = np.argsort(summary.dos_peaks)
    heights = exact.predict([weak], summary.dos_peaks[order])[0].dos
    assert (np.diff(heights[np.argsort(order)]) <= 0).all()
    assert summary.at_fermi_energy is None


def test_memory_holds_no_number_for_every_orbital_and_energy() -> None:
    """At 300 base pairs these numbers alone would be 850 MB."""
    text = "".join(np.random.default_rng(1).choice(list("ACGT"), 300))
    command = [sys.executable, "-c", GROWTH, "GATTACA", text]
    growth = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert int(growth) < 200e6


def test_transmission_at_the_fermi_energy_is_exact() -> None:
    exact = load_predictor("exact:kordas2025")
    (record,) = exact.predict([junction("ACGT")])
    (at_fermi,) = exact.predict([junction("ACGT")], [FERMI_ENERGY])
    found = summarize(exact, record, FERMI_ENERGY, 0.0).at_fermi_energy
    assert found is not None
    transmission = at_fermi.transmission[0]
    assert found.log10_transmission == pytest.approx(np.log10(transmission), abs=1e-9)
    assert found.conductance.conductance_quanta == pytest.approx(transmission, rel=1e-9)


def test_a_standard_model_knows_its_grid_only(tmp_path: Path) -> None:
    predictor = load_predictor(str(save(tmp_path, "standard")))
    (record,) = predictor.predict([junction("ACGT")])
    summary = summarize(predictor, record, FERMI_ENERGY, 77.0)
    top = int(record.transmission.argmax())
    assert summary.max_transmission == record.transmission[top]
    assert summary.max_energy == record.energies[top]
    assert set(summary.dos_peaks) <= set(record.energies)
    assert summary.at_fermi_energy is not None


def test_a_disconnected_junction_has_no_transmission() -> None:
    exact = load_predictor("exact:kordas2025")
    broken = Junction(Duplex.parse("A_C/G_T"), LEFT, RIGHT)
    (record,) = exact.predict([broken])
    found = summarize(exact, record, FERMI_ENERGY, 300.0).at_fermi_energy
    assert found is not None
    assert found.log10_transmission == -np.inf
    assert found.conductance.siemens == 0.0


@pytest.mark.parametrize("fermi_energy", [-9.1, -6.4])
def test_a_fermi_energy_outside_the_energies_is_refused(fermi_energy: float) -> None:
    exact = load_predictor("exact:kordas2025")
    (record,) = exact.predict([junction("ACGT")])
    with pytest.raises(UsageError, match="lies outside the spectrum"):
        summarize(exact, record, fermi_energy, 300.0)


def test_known_levels_beyond_the_energies_conduct() -> None:
    exact, kelvin = load_predictor("exact:kordas2025"), 1000.0
    levels = np.linalg.eigvalsh(exact.hamiltonian(Duplex.parse("GGGGGG")))
    fermi_energy = float(levels[-1]) + 0.7
    found = []
    for low in (fermi_energy - 0.66, float(levels[0]) - 1.0):
        grid = np.linspace(low, fermi_energy + 2.0, 300)
        (record,) = exact.predict([junction("GGGGGG")], grid)
        summary = summarize(exact, record, fermi_energy, kelvin)
        assert status(summary_remarks(summary)) in ("ok", "fragile_conductance")
        assert summary.spectra.energies[0] == low
        assert summary.at_fermi_energy is not None
        found.append(summary.at_fermi_energy)
    inside = zero_bias_conductance(
        grid[grid > fermi_energy - 0.66],
        record.transmission[grid > fermi_energy - 0.66],
        fermi_energy=fermi_energy,
        temperature=kelvin,
    )
    narrow, wide = (one.conductance.conductance_quanta for one in found)
    assert inside.conductance_quanta < 0.01 * wide
    assert narrow == pytest.approx(wide, rel=5e-3)
    assert found[0].level_distance == pytest.approx(-0.7, abs=0.01)


def test_the_conductance_of_a_grid_may_miss_what_is_outside() -> None:
    """Without levels nobody knows what lies beyond the energies."""
    found = AtFermiEnergy(-7.0, -4.0, Conductance(-4.0, 1e-4), math.nan, math.nan)
    empty = np.empty(0)
    exact = load_predictor("exact:kordas2025")
    (record,) = exact.predict([junction("ACG")])
    summary = Summary(record, 1.0, -7.0, empty, found, None, None)
    assert status(summary_remarks(summary)) == "unknown_levels narrow_window"
    assert status(summary_remarks(replace(summary, certificate=math.nan))).startswith(
        "no_certificate "
    )


def test_a_conductance_that_eta_absorbs_is_told() -> None:
    exact = load_predictor("exact:kordas2025")
    ends = Contact.at("upper", 0, 1e-4), Contact.at("upper", -1, 1e-4)
    where = Junction(Duplex.parse("GGG"), *ends)
    found = {}
    for eta in (0.0, 1e-9, 5e-3):
        (record,) = exact.predict([where], None, eta)
        found[eta] = summarize(exact, record, -7.7, 300.0)
    absorbed = {}
    for eta, summary in found.items():
        assert summary.at_fermi_energy is not None
        absorbed[eta] = summary.at_fermi_energy.absorbed_decades
        told = "broadened_conductance" in status(summary_remarks(summary))
        assert told == (eta == 5e-3)
    coherent, broadened = (
        one.at_fermi_energy.conductance.log10_conductance_quanta
        for one in (found[0.0], found[5e-3])
        if one.at_fermi_energy is not None
    )
    assert absorbed[0.0] == 0.0
    assert absorbed[5e-3] == pytest.approx(coherent - broadened, abs=1e-7)
    assert absorbed[5e-3] > 1.0


def test_a_conductance_that_eta_all_but_ends_is_told() -> None:
    exact = load_predictor("exact:kordas2025")
    ends = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1)
    where = Junction(Duplex.parse(900 * "G"), *ends)
    (record,) = exact.predict([where], np.linspace(-8.4, -7.4, 5), 0.1)
    summary = summarize(exact, record, -7.9, 100.0)
    assert "broadened_conductance" in status(summary_remarks(summary))
    assert summary.at_fermi_energy is not None
    assert summary.at_fermi_energy.absorbed_decades > 308.0
