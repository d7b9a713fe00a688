"""Rules that change in mid-campaign: a second count beside the live one, what it changes, and the switch."""
