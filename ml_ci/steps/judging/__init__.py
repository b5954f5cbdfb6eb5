"""Judge the gates, and say what makes a person suspicious of the result."""
