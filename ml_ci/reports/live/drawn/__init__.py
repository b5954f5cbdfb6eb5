"""The parts of the page of a watch, and of a canary: charts over time, evidence, drift, windows."""
