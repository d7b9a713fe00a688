"""Receipts: what became of a submission, for its channel, the staff, and whoever holds the code."""
