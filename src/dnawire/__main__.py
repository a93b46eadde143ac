"""``python -m dnawire`` is ``dnawire``."""

from __future__ import annotations

import sys

from dnawire.cli import main

sys.exit(main())
