"""The script of the explorer computes what this package computes; run by node where it is found."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import asdict

import numpy as np
import pytest
from explorer_cases import CASES, TEMPERATURE, Case, largest_error

from dnawire.reports import ExplorerStart, explorer_data, numerics
from dnawire.tightbinding import available_parameters, load_parameters

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(
    NODE is None, reason="no node: `apt-get install nodejs`, then run this file again"
)
TOLERANCE = 1e-9

PROGRAM = """
const { data, cases } = JSON.parse(require("fs").readFileSync(0));
async function answer(asked) {
  const set = data.sets.find((one) => one.name === asked.parameters);
  const duplex = parseDuplex(asked.sequence, set);
  const ladder = buildLadder(duplex, set, data.edges);
  const junction = {
    ...ladder,
    left: parseContact(asked.left, asked.gamma, duplex, "Left"),
    right: parseContact(asked.right, asked.gamma, duplex, "Right"),
    probe: Float64Array.from(ladder.present, (there) => there * asked.coupling),
    eta: asked.eta,
  };
  const greens = new Greens(junction);
  const at = (energy) => (greens.solve(energy), [greens.transmission(), greens.dos()]);
  return {
    spectra: asked.energies.map(at),
    conductance: await conductanceOf(
      junction, asked.probes, asked.fermi, asked.temperature, data.rule, async () => {},
    ),
    poles: polesOf(greens),
  };
}
(async () => console.log(JSON.stringify(await Promise.all(cases.map(answer)))))();
"""


def in_node(program: str, given: object) -> str:
    assert NODE is not None
    text = numerics() + program
    done = subprocess.run(
        [NODE, "--eval", text], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    return done.stdout


def data() -> dict[str, object]:
    sets = [load_parameters(name) for name in available_parameters()]
    return explorer_data(sets, ExplorerStart.of(sets[0]))


def energies_of(case: Case) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Energies over the window of a set, none of them a level."""
    low, high = load_parameters(case.parameters).energy_window
    return np.linspace(low, high, 41) + 0.00137


def test_numbers_are_those_of_the_package() -> None:
    given = [
        {**asdict(case), "energies": energies_of(case).tolist(), "temperature": TEMPERATURE}
        for case in CASES
    ]
    answers = json.loads(in_node(PROGRAM, {"data": data(), "cases": given}))
    for case, answer in zip(CASES, answers, strict=True):
        transmission, dos = case.spectra(energies_of(case))
        found = np.array(answer["spectra"])
        assert largest_error(found[:, 0], transmission) < TOLERANCE, case
        assert largest_error(found[:, 1], dos) < TOLERANCE, case
        error = largest_error(answer["conductance"], case.conductance_quanta())
        assert error < TOLERANCE, case


def test_zero_temperature_is_the_transmission_at_the_fermi_level() -> None:
    case = CASES[2]
    given = {**asdict(case), "energies": [case.fermi], "temperature": 0}
    (answer,) = json.loads(in_node(PROGRAM, {"data": data(), "cases": [given]}))
    assert answer["conductance"] == answer["spectra"][0][0]


def test_poles_sum_to_the_trace() -> None:
    """Of a duplex long enough that the QR steps deflate inside."""
    case = CASES[-1]
    given = {**asdict(case), "energies": [], "temperature": 0}
    (answer,) = json.loads(in_node(PROGRAM, {"data": data(), "cases": [given]}))
    hamiltonian = case.predictor.hamiltonian(case.junction.duplex)
    real, width = np.array(answer["poles"]).T
    assert real.sum() == pytest.approx(np.trace(hamiltonian), rel=1e-13)
    assert width.sum() == pytest.approx(0.5 * 2 * case.gamma, rel=1e-10)


REFUSED = (
    ("AXG", "upper:0", "upper:1 is X"),
    ("AC/G", "upper:0", "_ for every missing base"),
    ("A/C/G", "upper:0", "two with a single /"),
    ("__/__", "upper:0", "at least one base"),
    ("ACGT", "upper:4", "outside of the duplex"),
    ("A_GT", "upper:1", "is missing"),
    ("ACGT", "constructor:0", "write for example"),
    ("ACGT", "upper:0=0.1=2", "write a number"),
    ("ACGT", "upper:0,upper:-4", "named twice"),
    ("ACGT", "upper:0=0", "above 0 eV"),
)


def test_what_is_impossible_is_said() -> None:
    program = """
    const { data, refused } = JSON.parse(require("fs").readFileSync(0));
    const said = refused.map(([sequence, contact]) => {
      try {
        const duplex = parseDuplex(sequence, data.sets[0]);
        return String(parseContact(contact, 0.1, duplex, "Left"));
      } catch (error) {
        return error instanceof InputError ? error.message : `mistake: ${error}`;
      }
    });
    console.log(JSON.stringify(said));
    """
    said = json.loads(in_node(program, {"data": data(), "refused": REFUSED}))
    for (sequence, contact, expected), answer in zip(REFUSED, said, strict=True):
        assert expected in answer, (sequence, contact)
        assert "mistake" not in answer
