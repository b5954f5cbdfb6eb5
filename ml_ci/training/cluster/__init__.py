"""Jobs on a cluster: what goes there and comes back, what is done there, and the executor of Ray Core."""
