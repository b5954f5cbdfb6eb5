"""What `ml-ci promote` and its like are made of."""
