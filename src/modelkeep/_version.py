"""The version of modelkeep, in one place."""

__version__ = "0.1.0"
