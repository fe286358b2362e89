"""Every read of a registry: one connection and one moment (`snapshot`), and one module for each kind of answer."""
