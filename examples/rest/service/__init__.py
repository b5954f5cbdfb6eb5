"""The service of this example."""
