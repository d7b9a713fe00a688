"""What each unit owes besides interviews, and how far it is: a fold of the topic ``obligations`` of its own."""
