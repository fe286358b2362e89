"""Hooks: commands and webhooks that are told of a change once it is committed."""
