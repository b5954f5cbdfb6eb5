"""The gates of ml-ci.yaml as pytest items, and fixtures for a user's own tests of a model."""
