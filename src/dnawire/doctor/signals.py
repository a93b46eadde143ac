"""Which signals a process that is started here can receive."""

from __future__ import annotations

import signal
from typing import Final

from dnawire.doctor.finding import Finding

_STOPPING: Final = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)
_OF_TERMINALS: Final = (signal.SIGHUP, signal.SIGINT)


def signal_findings() -> list[Finding]:
    """Say which signals are ignored or blocked; a child inherits that from who starts it."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    unreachable = {number for number in (*_STOPPING, *_OF_TERMINALS) if number in blocked}
    unreachable |= {
        number
        for number in (*_STOPPING, *_OF_TERMINALS)
        if signal.getsignal(number) is signal.SIG_IGN
    }
    findings = []
    lost = [number.name for number in _STOPPING if number in unreachable]
    if lost:
        findings.append(
            Finding.problem(
                "signals",
                f"{', '.join(lost)} would not reach a run: ignored or blocked by who starts it",
                "drop `trap '' ...` from the script, or start the run from another shell",
            )
        )
    else:
        findings.append(Finding.ok("signals", "SIGTERM, SIGUSR1 and SIGUSR2 stop and save a run"))
    shielded = [number.name for number in _OF_TERMINALS if number in unreachable]
    if shielded:
        findings.append(
            Finding.ok(
                "terminal",
                f"{', '.join(shielded)} ignored, as by nohup or `&`: a run outlives its terminal",
            )
        )
    return findings
