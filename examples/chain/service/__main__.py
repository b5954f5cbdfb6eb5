"""Answer line by line: `python service.pyz < customers.jsonl`."""

import json
import pkgutil
import sys

from service.answer import answer

weights = json.loads(pkgutil.get_data("service", "model.json"))
for line in sys.stdin:
    print(json.dumps({"leaves": round(answer(weights, json.loads(line)), 4)}))
