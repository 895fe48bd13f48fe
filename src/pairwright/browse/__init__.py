"""The page on which anybody reads the pairs: search, filters, and the whole story of each. Read-only."""
