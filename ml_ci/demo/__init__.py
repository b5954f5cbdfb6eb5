"""A small real repository to try ml-ci on."""
