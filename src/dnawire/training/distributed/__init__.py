"""Several processes that train as one: process group, division of batches, stops at one step."""

from dnawire.training.distributed.group import ProcessGroup, SingleProcess
from dnawire.training.distributed.torch_group import join_process_group

__all__ = ["ProcessGroup", "SingleProcess", "join_process_group"]
