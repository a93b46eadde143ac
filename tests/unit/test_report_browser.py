"""The report in a headless Chromium, as somebody meets it who types, drags or listens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_kit import CHROMIUM, Browser, browser
from explorer_cases import CASES, Case, largest_error

import dnawire as dw

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium: `apt-get install chromium`, then run this file again"
)
TOLERANCE = 1e-9
SET = """
(name, value) => {
  const field = document.querySelector(`[name="${name}"]`);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
"""
ANSWER = """
new Promise((done) => {
  const look = () => {
    const { energies, transmission, dos, conductance } = window.explorer.shown;
    if (conductance === undefined) {
      setTimeout(look, 5);
    } else {
      done([energies, transmission, dos].map((one) => Array.from(one)).concat([[conductance]]));
    }
  };
  look();
})
"""
RESULT = """document.querySelector("output").innerText"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dw.report("exact:kordas2025").save(tmp_path_factory.mktemp("page") / "explorer.html")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def tab(opened: Browser, page: Path) -> Iterator[Browser]:
    """The page at 1280 pixels; it must say nothing on the console, and ask for nothing else."""
    opened.requests.clear()
    opened.open(page, 1280)
    yield opened
    assert opened.complaints == []
    assert set(opened.requests) <= {page.resolve().as_uri()}


def put(tab: Browser, **fields: object) -> None:
    for name, value in fields.items():
        tab.evaluate(f"({SET})({json.dumps(name)}, {json.dumps(str(value))})")


def ask(tab: Browser, case: Case) -> list[list[float]]:
    """Fill the fields; energies, T, DOS and the conductance."""
    put(tab, parameters=case.parameters, sequence=case.sequence, left=case.left, right=case.right)
    put(tab, probes=case.probes, gamma=case.gamma, fermi=case.fermi)
    put(tab, eta=case.eta, coupling=case.coupling if case.coupling else 0.01)
    answer: list[list[float]] = tab.evaluate(ANSWER)
    return answer


@pytest.mark.parametrize("case", CASES[1:8], ids=lambda case: f"{case.sequence} {case.probes}")
def test_numbers_are_those_of_the_package(tab: Browser, case: Case) -> None:
    energies, transmission, dos, conductance = ask(tab, case)
    even = slice(0, None, 9)
    grid = np.array(energies)
    chosen = np.flatnonzero(away_from_levels(case, grid))[even]
    assert len(chosen) > 10
    true_transmission, true_dos = case.spectra(grid[chosen])
    assert largest_error(np.array(transmission)[chosen], true_transmission) < TOLERANCE
    assert largest_error(np.array(dos)[chosen], true_dos) < TOLERANCE
    assert largest_error(conductance, case.conductance_quanta()) < TOLERANCE


def away_from_levels(case: Case, energies: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Where the rounding of an energy costs no digits."""
    levels = np.linalg.eigvalsh(case.predictor.hamiltonian(case.junction.duplex))
    found: np.ndarray[Any, Any] = np.abs(energies[:, None] - levels).min(1) > 1e-4
    return found


def test_it_works_by_keyboard_alone(tab: Browser) -> None:
    reached = []
    for _ in range(40):
        tab.press("Tab")
        name = tab.evaluate(
            "(({ name, dataset, tagName }) => name || dataset.slider || dataset.action || tagName)"
            "(document.activeElement)"
        )
        reached.append(name)
        if dataset_of(tab) == "fermi":
            before = tab.evaluate("Number(document.querySelector('[name=fermi]').value)")
            tab.press("ArrowRight")
            assert tab.evaluate("Number(document.querySelector('[name=fermi]').value)") > before
    expected = {"sequence", "parameters", "left", "fermi", "gamma", "eta", "probes", "save"}
    assert expected <= set(reached)
    tab.evaluate(ANSWER)


def dataset_of(tab: Browser) -> str | None:
    found: str | None = tab.evaluate("document.activeElement.dataset.slider")
    return found


def test_a_screen_reader_hears_names_and_results(tab: Browser) -> None:
    tab.evaluate(ANSWER)
    spoken = tab.spoken()
    unnamed = [role for role, name in spoken if role in NAMED and not name]
    assert unnamed == []
    roles = {role for role, _ in spoken}
    assert {"slider", "spinbutton", "textbox", "combobox", "status", "alert", "main"} <= roles
    names = " ".join(name for _, name in spoken)
    assert "Ladder of 8 base pairs; upper strand A C G T" in names
    assert "Transmission T from \N{MINUS SIGN}9 to \N{MINUS SIGN}6.5 eV, with" in names
    assert tab.evaluate("document.querySelector('output').getAttribute('aria-live')") == "polite"
    assert "at 300 K" in tab.evaluate(RESULT)


NAMED = ("slider", "spinbutton", "textbox", "combobox", "button", "img", "image", "link", "region")


def test_a_mistake_is_told_and_the_numbers_before_it_are_pale(tab: Browser) -> None:
    put(tab, sequence="ACXT")
    assert "upper:2 is X" in tab.evaluate("document.querySelector('[role=alert]').textContent")
    assert float(tab.evaluate("getComputedStyle(document.querySelector('output')).opacity")) < 0.5
    put(tab, sequence="A" * 61)
    assert "up to 60" in tab.evaluate("document.querySelector('[role=alert]').textContent")
    put(tab, sequence="A" * 31, probes="voltage")
    assert "up to 30" in tab.evaluate("document.querySelector('[role=alert]').textContent")
    put(tab, sequence="ACGT", fermi="")
    assert "Fermi level" in tab.evaluate("document.querySelector('[role=alert]').textContent")
    put(tab, fermi="-7.1")
    assert tab.evaluate("document.querySelector('[role=alert]').textContent") == ""
    tab.evaluate(ANSWER)


def test_the_command_line_that_it_tells_gives_the_same(tab: Browser) -> None:
    ask(tab, CASES[2])
    words = tab.evaluate("document.querySelector('[data-command]').textContent").split()
    assert words[:4] == ["dnawire", "dephasing", "exact:kordas2025", "ACGTACGT"]
    flags = dict(zip(words[4::2], words[5::2], strict=True))
    keywords = {
        key.lstrip("-"): value if key in TEXTS else float(value) for key, value in flags.items()
    }
    found = dw.dephasing(words[3], words[2], **keywords)  # type: ignore[arg-type]
    assert found.conductance_quanta[0, 0] == pytest.approx(CASES[2].conductance_quanta(), rel=1e-9)


TEXTS = ("--left_contact", "--right_contact", "--probes")


def test_curves_stand_beside_what_is_dragged(tab: Browser) -> None:
    """With a slider in the middle of a wide window all results are in it, too."""
    tab.evaluate("document.querySelector('[data-slider=fermi]').scrollIntoView({block: 'center'})")
    for shown in ("output", "[data-ladder]", "[data-chart=t]", "[data-chart=dos]"):
        box = f"document.querySelector('{shown}').getBoundingClientRect()"
        top, bottom, left = tab.evaluate(f"(({{top, bottom, left}}) => [top, bottom, left])({box})")
        assert 0 <= top < bottom <= tab.evaluate("window.innerHeight"), shown
        assert left > tab.evaluate(
            "document.querySelector('fieldset').getBoundingClientRect().right"
        )


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_legible(opened: Browser, page: Path, width: int, scheme: str) -> None:
    """Nothing sticks out, no text of it is small, and text stands out from its background."""
    opened.open(page, width, scheme=scheme)
    opened.evaluate(ANSWER)
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate(SMALLEST) >= 13.0
    assert opened.evaluate(CONTRAST) >= 4.5
    assert opened.complaints == []


SMALLEST = """
Math.min(...Array.from(
  document.querySelectorAll("p, label, legend, button, input, select, output, svg text"),
  (one) => parseFloat(getComputedStyle(one).fontSize),
))
"""
CONTRAST = """
(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[0-9.]+/g).slice(0, 3).map((one) => {
      const share = one / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const inks = Array.from(document.querySelectorAll("h1, .help, figcaption, label, output b"));
  return Math.min(...inks.map((one) => {
    const ink = light(getComputedStyle(one).color);
    return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  }));
})()
"""
