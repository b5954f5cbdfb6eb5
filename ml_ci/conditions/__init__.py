"""The condition language of gates: parsed with `ast`, never evaluated as code."""
