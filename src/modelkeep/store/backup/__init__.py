"""Backups: the log copied while others write, the bytes beside it, all of it or what was there before."""
