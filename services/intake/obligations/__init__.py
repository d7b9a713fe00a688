"""What units do of what they owe besides interviews: contacts, interview points, totals, the key-points report."""
