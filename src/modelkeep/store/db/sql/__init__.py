"""Every SELECT of the registry, as SQL text: one module a family; rows go in, domain values come out."""
