"""Which customers leave: features, training and scores."""
