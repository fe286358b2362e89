"""The policy: the rules of a registry as values, and the pure functions that judge by them."""
