"""See what a job reads: by what every Python in it tells, and by what the kernel does."""
