"""What a model, and a job, may be called."""

MODEL_NAME = r"^[A-Za-z0-9](?:[A-Za-z0-9_.\-]{0,62}[A-Za-z0-9_\-])?$"
