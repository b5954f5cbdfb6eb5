"""What ought to make a person suspicious of numbers, however good they are."""
