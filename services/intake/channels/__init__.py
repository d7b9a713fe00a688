"""The ways in: each turns what arrives into a form and hands it to ``Submitting``."""
