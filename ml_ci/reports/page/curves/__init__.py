"""Curves of a page: drawn by Vega-Lite as SVG in Python, so that a browser shows them and draws nothing."""
