"""Model training inside the software development life cycle."""

__version__ = "0.1.0"
