"""How many interviews a quota line will have at the end, when it reaches its target, and how sure that is. Pure."""
