"""The service: customers come as lines of JSON, and the probability that each leaves goes out."""
