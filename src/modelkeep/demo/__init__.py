"""The story that `modelkeep demo` plays: its data, its model, its scenes, and the player that runs them.

Nothing else in modelkeep needs this package. Every command of the story is a process of its own.
"""
