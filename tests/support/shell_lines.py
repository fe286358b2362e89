"""Lines that are typed in real shells, and what TAB makes of them."""

#: Registries that are of no use; `unreadable` has a directory in the place of its database.
BROKEN = ("garbage", "cut", "strange", "newer", "unreadable")

#: What the line is in bash and zsh after these keys, each typed behind `modelkeep`.
TYPED_IN_BOTH = {
    # the parts of a filter, in either kind of quotes
    "list --where 'stage = \"p\t'": 'list|--where|stage = "production"',
    """list --where "stage = 'sta\t\"""": "list|--where|stage = 'staging'",
    """list --where "name = 'fraud' o\t\"""": "list|--where|name = 'fraud' OR",
    """list --where "stage IS NU\t\"""": "list|--where|stage IS NULL",
    """list --where "metric.a\t > 0.5 AND tag.\"""": "list|--where|metric.auc > 0.5 AND tag.",
    # what the log knows
    "audit fraud --action prom\t": "audit|fraud|--action|promote",
    "audit --registry many --actor a\t": "audit|--registry|many|--actor|ana",
    # the registry of the line: many models, none, one that is of no use
    "show --registry=many Lin\t1799\t": "show|--registry=many|Lines/1799/Score",
    "--registry many show Lines/0042\t": "--registry|many|show|Lines/0042/Score",
    "show --registry=many Lines/0042/S\t": "show|--registry=many|Lines/0042/Score",
    "--registry none show fr\t": "--registry|none|show|fr",
    **{f"show --registry {kind} fr\t": f"show|--registry|{kind}|fr" for kind in BROKEN},
}  # fmt: skip
