"""The steps of the pipeline: each takes frozen values from the step before and gives one to the next."""
