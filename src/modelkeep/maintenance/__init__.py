"""Looking after a registry: verify, repair, gc, backup, migrate and doctor."""
