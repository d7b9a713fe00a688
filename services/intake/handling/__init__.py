"""Handling: what becomes of what a submission raised, from being taken up to the answer."""
