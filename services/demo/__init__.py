"""A demonstration: invented people, and the scenario of a campaign half-way through."""
