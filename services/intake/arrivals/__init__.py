"""Answers to clients that ask which of their ids arrived."""
