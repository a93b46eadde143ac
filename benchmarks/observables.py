"""What probes and disorder cost beside the coherent transmission of the same 8-mer.

Run ``python benchmarks/observables.py``: one thread, CPU time, alternated in one process. The
probes are on all 16 bases. Coherent T is `block_totals`, T and DOS at 1,000 energies, and the same
without the DOS. Disorder is 0.1 eV on-site and 30 % of every hopping.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
from timing import Timing, alternate

from dnawire.data.random import named_generator
from dnawire.junction import Duplex
from dnawire.tightbinding import ladder_blocks, load_parameters
from dnawire.transport import (
    BlockJunctions,
    DephasedJunctions,
    LogStatistics,
    StaticDisorder,
    block_totals,
    current_voltage,
    linear_response,
    thermal_probe_response,
    voltage_probe_response,
)

SEQUENCE: Final = "GACTGACT"
FERMI_ENERGY: Final = -7.13
ENERGIES: Final = np.linspace(-9.0, -6.5, 1000)
SAMPLES: Final = 2000
DISORDER: Final = StaticDisorder(
    onsite=0.1, hopping=0.3, distribution="gaussian", correlation_length=0.0
)


def junction() -> BlockJunctions:
    """The 8-mer with contacts on both bases of each end."""
    codes = Duplex.parse(SEQUENCE).codes[None]
    blocks = ladder_blocks(codes, load_parameters("kordas2025"))
    left, right = np.zeros(codes.shape[1:]), np.zeros(codes.shape[1:])
    left[0] = right[-1] = 0.05
    return BlockJunctions.of(blocks.diagonal, blocks.step, left, right)


def ensemble(clean: BlockJunctions, temperature: float) -> LogStatistics:
    """Draw samples and find their conductances."""
    drawn = DISORDER.draw(clean, SAMPLES, named_generator(0, "benchmark"))
    return LogStatistics(linear_response(drawn, FERMI_ENERGY, temperature).log10_conductance_quanta)


def probed_ensemble(clean: BlockJunctions) -> LogStatistics:
    """The same at 0 K with a probe on every base."""
    drawn = DISORDER.draw(clean, SAMPLES, named_generator(0, "benchmark"))
    probed = DephasedJunctions.of(drawn, np.full((8, 2), 0.01))
    return LogStatistics(linear_response(probed, FERMI_ENERGY, 0.0).log10_conductance_quanta)


def main() -> None:
    """Print all numbers."""
    clean = junction()
    probed = DephasedJunctions.of(clean, np.full((8, 2), 0.01))
    system = clean.system
    arrays = system.diagonal, system.step, clean.gamma_left, clean.gamma_right, ENERGIES
    grid = ENERGIES[None]
    temperatures, voltages = np.linspace(50.0, 400.0, 10), np.linspace(-1.0, 1.0, 41)
    calls: dict[str, Callable[[], object]] = {
        "coherent T and DOS": partial(block_totals, *arrays),
        "coherent T": partial(clean.transmission, grid),
        "T with probes": partial(probed.transmission, grid),
        "G, S, kappa, 300 K": partial(linear_response, clean, FERMI_ENERGY, 300.0),
        "the same, 10 temperatures": partial(linear_response, clean, FERMI_ENERGY, temperatures),
        "dephased G, 300 K": partial(linear_response, probed, FERMI_ENERGY, 300.0),
        "voltage probes, 300 K": partial(voltage_probe_response, probed, FERMI_ENERGY, 300.0),
        "thermal probes, 300 K": partial(thermal_probe_response, probed, FERMI_ENERGY, 300.0),
        "I-V, 41 voltages, 300 K": partial(
            current_voltage, clean, voltages, 300.0, fermi_energy=FERMI_ENERGY, division=0.5
        ),
        "disorder, 0 K": partial(ensemble, clean, 0.0),
        "disorder, 300 K": partial(ensemble, clean, 300.0),
        "disorder with probes, 0 K": partial(probed_ensemble, clean),
    }
    repeats = {name: 1 if name.startswith("disorder") else 20 for name in calls}
    timings = alternate(calls, 5, repeats)
    for name, timing in timings.items():
        print(f"{name:28} {timing.median:9.3f} ms [{timing.low:.3f}, {timing.high:.3f}]")
    report(timings)


def report(timings: dict[str, Timing]) -> None:
    """Print the ratios that are asked for."""
    probes = timings["T with probes"].median
    for name in ("coherent T and DOS", "coherent T"):
        print(f"probes over {name:18} {probes / timings[name].median:6.1f} (asked: 20)")
    for name in (name for name in timings if name.startswith("disorder")):
        seconds = timings[name].median / 1e3
        print(
            f"{name:28} {SAMPLES / seconds:9.0f} samples per second, "
            f"{10000 / SAMPLES * seconds:.2f} s for 10,000 (asked: 2)"
        )


if __name__ == "__main__":
    main()
