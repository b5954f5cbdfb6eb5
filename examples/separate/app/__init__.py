"""The software of this example: it uses a model that is trained elsewhere."""
