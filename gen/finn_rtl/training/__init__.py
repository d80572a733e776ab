"""Training scripts; they need the `training` extra."""
