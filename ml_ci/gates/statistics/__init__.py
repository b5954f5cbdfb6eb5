"""From counts to evidence: one pure function per method."""
