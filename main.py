"""Train a model: ``python main.py [FLAGS]`` is ``dnawire train [FLAGS]``."""

from __future__ import annotations

import sys

from dnawire.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
