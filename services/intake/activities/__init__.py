"""Activities: visits to firms, discussion meetings, and what else units do, for the summary table."""
