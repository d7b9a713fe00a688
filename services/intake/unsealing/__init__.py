"""Opening a sealed field for a person: with a role, a purpose and an audit entry, and no other way."""
