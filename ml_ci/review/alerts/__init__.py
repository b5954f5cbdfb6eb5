"""What is told of a watch: an issue for each model, a status, and once for each alarm what starts others."""
