"""The hotline 0512-12351: calls from the call centre, from its records, and from an operator's form."""
