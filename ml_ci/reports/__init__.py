"""Render a report; decide nothing."""
