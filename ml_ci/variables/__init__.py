"""Variables of the environment: which are harmless, which hold secrets, and which a job gets."""
