"""Which orders will be late: features, a model, and its log."""
