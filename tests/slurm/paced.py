"""``python main.py`` with a pause of PAUSE seconds after every step: work of a known duration."""

from __future__ import annotations

import os
import sys
import time

from torch.optim.optimizer import register_optimizer_step_post_hook

from dnawire.cli import main

_PAUSE = float(os.environ["PAUSE"])

register_optimizer_step_post_hook(lambda *_: time.sleep(_PAUSE))
sys.exit(main(["train", *sys.argv[1:]]))
