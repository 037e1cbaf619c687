"""Leaving with everything: one ZIP with all rows of a member, prepared by a worker."""
