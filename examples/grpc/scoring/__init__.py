"""The gRPC service of this example."""
