"""What a run will meet here: signals, the end of the job, the file system; needs no PyTorch."""

from dnawire.doctor.cadence import SaveCost, cadence_findings, measure_saves, state_size
from dnawire.doctor.finding import Finding, Verdict
from dnawire.doctor.job import job_findings
from dnawire.doctor.signals import signal_findings
from dnawire.doctor.storage import Storage, storage_findings

__all__ = [
    "Finding",
    "SaveCost",
    "Storage",
    "Verdict",
    "cadence_findings",
    "job_findings",
    "measure_saves",
    "signal_findings",
    "state_size",
    "storage_findings",
]
