"""Judge live rows: whether the champion is still as good, and whether a candidate may take over."""
