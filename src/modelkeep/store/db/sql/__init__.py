"""Every SELECT, as SQL text, a module for each family; ``at`` is the last entry that counts, None for now."""
