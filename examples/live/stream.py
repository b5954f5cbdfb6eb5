"""Score a topic of Kafka's from the files that it is dumped to: python stream.py model.json topic logs

Each file holds messages as `kcat -C -J` writes them, a line each. The log itself says what was read: it has a file per
partition and first offset, so that a stream that begins anew writes the same files again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orders.log import answer, write
from orders.model import load


def main(model: str, topic: str, logs: str) -> None:
    """Score every file of the topic that is not in the log yet."""
    weights = load(Path(model))
    for file in sorted(Path(topic).glob("*.jsonl")):
        messages = [json.loads(line) for line in file.read_text().splitlines()]
        name = f"stream-{messages[0]['partition']}-{messages[0]['offset']:012}.jsonl"
        if not (Path(logs) / name).exists():
            write(Path(logs), name, [answer(json.loads(message["payload"]), weights) for message in messages])


if __name__ == "__main__":
    main(*sys.argv[1:])
