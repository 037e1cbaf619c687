"""Reads: what the pages show, in a number of statements that does not grow with the rows."""
