"""Every read of a registry: one reader and one moment (`snapshot`), and one module for each kind of answer."""
