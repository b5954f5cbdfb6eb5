"""Where the code is hosted and its jobs run: what every forge says, in its own words, and which of them this is."""
