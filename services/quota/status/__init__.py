"""How every quota line stands, from its forecast: judged once a day, kept, told when it changes."""
