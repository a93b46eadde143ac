"""What works without a model imports no torch, which takes seconds, and nothing of its size."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HEAVY = ("torch", "sklearn", "pandas", "scipy.signal", "scipy.stats", "matplotlib.pyplot")
PROGRAM = f"""
import json, sys
from dnawire.cli import main
for words in json.loads(sys.argv[1]):
    assert main(words) == 0
    found = [name for name in {HEAVY} if name in sys.modules]
    assert not found, (words, found)
"""
COMMANDS = (
    "generate records.h5 --num_samples 3 --seq_length 4",
    "screen exact:roche-voityuk --length 2 --rank_by log10_conductance --fermi_energy 0.1",
    "series exact:kordas2025 A(T)nG --lengths 3:5 --fermi_energy -7.1 --probe_coupling 0.01",
    "scan exact:kordas2025 AC --fermi_energy -7.1",
    "compare exact:kordas2025 exact:kordas2025 AC",
    "predict exact:kordas2025 ACGT GGC/G_C --fermi_energy -7.1",
    "iv exact:kordas2025 ACGT --fermi_energy -7.1 --num_voltages 3",
    "thermoelectric exact:kordas2025 ACGT --fermi_energy -7.1 --num_fermi_energies 3",
    "dephasing exact:kordas2025 ACGT --fermi_energy -7.1 --probe_coupling 0.01",
    "disorder exact:kordas2025 ACGT --fermi_energy -7.1 --onsite 0.1 --samples 3",
    "design exact:kordas2025 --target log10_transmission --value -4 --fermi_energy -7.1 --length 2",
    "fit exact:kordas2025 measured.csv --vary prefactor --fermi_energy -7 --starts 1",
    "uncertainty exact:kordas2025 ACGT --fermi_energy -7.1 --fermi_range 0.1",
    "structure ACGT ideal.pdb",
    "report exact:kordas2025",
)


def test_exact_spectra_need_no_torch(tmp_path: Path) -> None:
    (tmp_path / "measured.csv").write_text("sequence,conductance_nS\nGC,1\nCG,1\n")
    command = [sys.executable, "-c", PROGRAM, json.dumps([line.split() for line in COMMANDS])]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    drawn = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.png")}
    observed = {"iv", "thermoelectric", "dephasing", "disorder", "fits", "uncertainty"}
    analyzed = {"series", "scans", "comparisons", "designs"}
    assert drawn == {"screenings", "predictions"} | observed | analyzed


def test_the_layers_below_the_tensors_import_no_torch() -> None:
    program = (
        "import sys, dnawire.transport, dnawire.predictors, dnawire.inference;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
