"""One module for each family of commands: arguments in, one call of the registry, one view out."""
