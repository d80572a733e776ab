"""The page on a design: what its parts are, what they do over time, and why they were chosen."""
