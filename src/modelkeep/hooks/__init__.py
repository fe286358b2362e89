"""Hooks: commands and webhooks that run after a change is committed."""
