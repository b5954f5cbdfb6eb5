"""A look at live rows in words and numbers: `ml-ci watch`, of the champion; `ml-ci canary`, of who may follow it."""
