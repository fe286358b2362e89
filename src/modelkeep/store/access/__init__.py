"""Who may do what to a registry's files, and what the place they lie on can do: accounts, groups, mounts, locks."""
