"""Train a model: ``python main.py [FLAGS]`` is ``dnawire train [FLAGS]``."""

from __future__ import annotations

import sys

try:
    from dnawire.cli import main
except ModuleNotFoundError as error:
    sys.exit(
        f"{error.name} is not installed for {sys.executable}: run `make train`, or activate the "
        "environment that it made (`. .venv/bin/activate`)"
    )

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
