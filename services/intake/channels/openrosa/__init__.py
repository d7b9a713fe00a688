"""The OpenRosa API: ODK Collect as the interviewer's client, also for days without a network."""
