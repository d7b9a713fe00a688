"""Cases: one person's interview with its registration form, its record and its signatures."""
