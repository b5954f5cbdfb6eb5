"""Whatever is written in the place of what ml-ci reads is read or refused: no traceback, within 300 MB and 2 s a case.

`ML_CI_FUZZ_SECONDS` says how long each reader is tried, 5 s by default; 60 is for the night. The mutations are those
of a fixed seed, `ML_CI_FUZZ_SEED` gives others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = os.environ.get("ML_CI_FUZZ_SECONDS", "5")
SEED = os.environ.get("ML_CI_FUZZ_SEED", "20261128")
CPU, MEGABYTES = 2.0, 300
READERS = ["yaml", "conditions", "reports", "csv", "gzip", "packed csv", "parquet", "pointers", "archives", "results"]
READERS += ["manifests", "text tables", "parquet tables"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc"),
]


@pytest.mark.parametrize("reader", READERS)
def test_reads_or_refuses(reader: str) -> None:
    command = (sys.executable, str(Path(__file__).with_name("fuzzing")), reader, SECONDS, SEED)
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    print(reader, {key: value for key, value in told.items() if key != "examples"})
    examples = "\n\n".join(f"{content}\n{trace}" for content, trace in told["examples"])
    assert told["tracebacks"] == 0, examples
    assert told["accepted"] > 0, "the seeds are read"
    assert told["refused"] > 0
    assert told["slowest"][0] <= CPU, told["slowest"]
    assert told["megabytes"] <= MEGABYTES
