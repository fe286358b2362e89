"""The environment variables and files that modelkeep reads, as the manual and `help environment` tell them."""

ENVIRONMENT = (
    ("MODELKEEP_REGISTRY", "The registry: a directory, or a name from the user's config. --registry wins over it."),
    ("MODELKEEP_ACTOR", "Who you are, as you say; kept in the log beside the account of the operating system."),
    ("MODELKEEP_LOCK_WAIT", "How long to wait for other writers; 30s by default."),
    ("MODELKEEP_CACHE", "The directory in which path makes its views."),
    ("MODELKEEP_COLOR", "auto, always or never."),
    ("MODELKEEP_PROGRESS", "How progress is shown on standard error: auto, plain or none."),
    (
        "MODELKEEP_PAGER, PAGER",
        "The program that shows an answer on a terminal which is longer than the window; less by default, none if it is empty or cat.",
    ),
    ("MODELKEEP_DEBUG", "With 1, the traceback of a bug is shown."),
    ("NO_COLOR, FORCE_COLOR, TERM", "As other programs understand them."),
    ("MLFLOW_RUN_ID, WANDB_RUN_ID", "The run of a tracker, which register keeps unless --run is given."),
    (
        "FEAST_FS_YAML_FILE_PATH",
        "The feature_store.yaml of Feast in whose registry register --feature looks a view up.",
    ),
    ("GITHUB_OUTPUT", "The file to which --github-output appends; GitHub Actions sets it."),
    (
        "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME",
        "Where the user's files are, if not in the usual directories.",
    ),
)
FILES = (
    (
        ".modelkeep/",
        (
            "The registry of a directory and of all directories below it, found as git finds its own. One that belongs to "
            "another user is used only after modelkeep config trust."
        ),
    ),
    ("modelkeep.toml", 'registry = "DIR": the registry of a directory and of all directories below it.'),
    (
        "~/.config/modelkeep/config.toml",
        "The user's settings. [registries] names several registries; trust lists directories of other users.",
    ),
    ("~/.local/share/modelkeep/registry/", "The registry that is used when no other is named."),
    (
        "~/.local/state/modelkeep/heads/",
        "The newest entry seen of each registry, by which a log that lost entries is recognised.",
    ),
    ("~/.cache/modelkeep/", "The views that path makes; it may be deleted at any time."),
    ("REGISTRY/registry.db", "The log and the tables made from it."),
    ("REGISTRY/store/", "The files of all artifacts, each under its SHA-256."),
    (".modelkeepignore", "Globs, one a line, of files that register leaves out of the directory that holds this file."),
)
