"""Every benchmark can be imported: the names that it takes from the package exist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

IMPORT = """
import importlib
import sys

sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name.partition(".")[0] not in ("torch_geometric", "sisl", "sisl_toolbox"):
            raise
    else:
        print(name)
"""


def test_every_benchmark_can_be_imported() -> None:
    """Those that compare with a package which is not installed are left out."""
    names = sorted(path.stem for path in BENCHMARKS.glob("*.py"))
    command = [sys.executable, "-c", IMPORT, str(BENCHMARKS), *names]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {"checkpoint_cost", "screening", "timing", "transport"} <= set(done.stdout.split())
