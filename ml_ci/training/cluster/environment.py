"""The environment of a job on a machine of a cluster: what the job gets, and what that machine says of itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

# What a job is to have of the machine that it is on; a worker of Ray says there which GPUs are its task's.
_OF_THE_MACHINE = (
    *("HOME", "USER", "LOGNAME", "SHELL", "HOSTNAME", "LD_LIBRARY_PATH"),
    *("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"),
    "TPU_VISIBLE_CHIPS",
)
# As many threads as the task has CPUs, where nobody says another number.
_UNLESS_SAID = ("OMP_NUM_THREADS",)


def build_environment(
    given: Mapping[str, str], worker: Mapping[str, str], python: str, temporary: Path
) -> dict[str, str]:
    """Give the environment of a job: what it is `given`, with what the `worker`'s says of the machine.

    Nothing else of the worker's gets to the job. Programs are looked for where the job says first, and then where
    this machine has them; temporary files lie in `temporary`, which goes with the job.
    """
    own = {name: worker[name] for name in _OF_THE_MACHINE if name in worker}
    own |= {name: worker[name] for name in _UNLESS_SAID if name in worker and name not in given}
    folders = [*given.get("PATH", "").split(os.pathsep), str(Path(python).parent)]
    folders += worker.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(dict.fromkeys(filter(None, folders)))
    return {**given, **own, "PATH": path, "TMPDIR": str(temporary)}
