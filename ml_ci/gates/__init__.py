"""Judge whether the candidate may go."""
