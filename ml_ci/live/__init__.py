"""The rows of a model in use: live predictions, joined with labels that come late, counted in windows."""
