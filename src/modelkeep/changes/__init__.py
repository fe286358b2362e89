"""Every write of a registry: the one write path in `runner`, and one module for each family of changes."""
