"""Access to a registry's files: accounts and groups, access lists, mounts and their locks."""
