"""The command line: one module per command, imported only when it is chosen."""

from __future__ import annotations

from dnawire.cli._main import COMMANDS, main

__all__ = ["COMMANDS", "main"]
