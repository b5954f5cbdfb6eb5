"""Ask the built service, as its users will: it answers for a customer who leaves, and for one who stays."""

import json
import subprocess
import sys

CUSTOMERS = (
    ({"months": "3", "calls": "11", "price": "85"}, True),
    ({"months": "70", "calls": "1", "price": "20"}, False),
)

asked = "".join(json.dumps(row) + "\n" for row, _ in CUSTOMERS)
done = subprocess.run((sys.executable, sys.argv[1]), input=asked, capture_output=True, text=True, check=True)
answers = [json.loads(line)["leaves"] for line in done.stdout.splitlines()]
if [answer > 0.5 for answer in answers] != [leaves for _, leaves in CUSTOMERS]:
    sys.exit(f"the service answers {answers}")
