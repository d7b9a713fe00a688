"""The board in one answer, and its live stream."""
