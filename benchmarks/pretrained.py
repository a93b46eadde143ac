"""Make the models that come with the package, from the records of examples/data.

Run ``python benchmarks/pretrained.py`` after a change of the model ``atomistic`` or of the records:
trains for some minutes, resumes if interrupted, and writes ``src/dnawire/inference/pretrained/``.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Final

from dnawire.cli import main as dnawire
from dnawire.inference import MODEL_FOLDER

ROOT: Final = Path(__file__).parents[1]
RECORDS: Final = ROOT / "examples/data/xtb_4_8.h5"
OUTPUT: Final = ROOT / "outputs/pretrained"
PACKAGE: Final = ROOT / "src/dnawire/inference/pretrained"
CONTACTS: Final = ("upper:0=0.1", "lower:0=0.1")
"""Those of a prediction that names none: the 5' ends of both strands."""


def main() -> None:
    """Train, and copy the model with contacts for predictions that name none."""
    flags = [
        "--data", str(RECORDS), "--model_type", "atomistic", "--model_name", "xtb",
        "--num_epochs", "300", "--output_dir", str(OUTPUT),
        "--checkpoint_dir", str(OUTPUT / "checkpoints"),
    ]  # fmt: skip
    if code := dnawire(["train", *flags]):
        sys.exit(code)
    target = PACKAGE / "xtb"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(OUTPUT / "xtb" / MODEL_FOLDER, target)
    description = target / "config.json"
    values = json.loads(description.read_text("utf-8"))
    values["provenance"]["origin"]["contacts"] = list(CONTACTS)
    values["provenance"]["config"]["data"] = RECORDS.name
    for name in ("output_dir", "checkpoint_dir"):
        values["provenance"]["config"][name] = None
    description.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
