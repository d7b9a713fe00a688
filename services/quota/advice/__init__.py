"""What a unit may do next: points that have gone quiet, and whom to seek so that interviews resemble the people."""
