"""One module a family of verbs: what each may do, and the events it leads to."""
