"""Score a model on the holdout and count how it is wrong."""
