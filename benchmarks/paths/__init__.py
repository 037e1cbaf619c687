"""The path engine beside everything else that could answer: `make bench-paths`."""
