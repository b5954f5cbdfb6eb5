"""What to train, on what, and what has to hold: `ml-ci.yaml` as frozen values."""
