"""What is seen outside the registry when something is registered: git, data, files of numbers, the machine."""
