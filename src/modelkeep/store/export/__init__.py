"""Artifacts on their way out: every byte is checked, and the place they go to gets all or nothing."""
