"""The table of commands: which there are, where each is built, what one line says of it.

Help, man pages, completion and the README are made from it. Light: a command that is not typed
costs a row here and nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

EVERYDAY, ANNOTATE, KNOW, CARE, TOOL = PANELS = ("Everyday", "Annotate", "Know", "Care", "Tool")


class Command(NamedTuple):
    """A row: the module of ``modelkeep.cli`` that builds it, its panel, one line of help, examples.

    ``columns`` are the cells of a line in a pipe, in their order; only ever appended to.
    ``commands`` are the commands below it, for one that is a group. ``schema`` names its JSON document.
    """

    name: str
    module: str
    panel: str
    help: str
    examples: tuple[str, ...]
    columns: tuple[str, ...] = ()
    schema: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()


#: The cells of a line, per kind of row.
MODEL_COLUMNS = ("name", "stage", "version", "label", "since", "share")
VERSION_COLUMNS = ("name", "version", "label", "stage", "state", "created", "author")
TENURE_COLUMNS = ("ref", "stage", "since", "until", "actor", "why")
AUDIT_COLUMNS = ("seq", "time", "actor", "action", "subject", "sentence")
IDENTIFIED_COLUMNS = ("ref", "stage", "since", "until", "state", "file")
DIFF_COLUMNS = ("section", "key", "value of each version", "note")
EDGE_COLUMNS = ("source", "relation", "target")
FINDING_COLUMNS = ("severity", "code", "place", "message")
GARBAGE_COLUMNS = ("place", "size_bytes", "reason")
DIAGNOSIS_COLUMNS = ("severity", "code", "place", "message", "hint")
FIELD_COLUMNS = ("field", "value")
SETTING_COLUMNS = ("key", "value", "origin")

COMMANDS: tuple[Command, ...] = (
    Command(
        "register", "register", EVERYDAY, "Register a file, several files or a directory as a new version",
        ("modelkeep register fraud model.onnx --metric auc=0.914 --data transactions@2026-02",),
        ("ref",), ("registered",),
    ),
    Command(
        "list", "lists", EVERYDAY, "List the models, or the versions of one",
        ("modelkeep list", "modelkeep list fraud --sort metric.auc:desc"),
        MODEL_COLUMNS, ("models", "versions"), aliases=("ls",),
    ),
    Command(
        "show", "lists", EVERYDAY, "Show all that is known of a model or a version",
        ("modelkeep show fraud@production", "modelkeep show fraud@3 --field digest"),
        FIELD_COLUMNS, ("model", "version"),
    ),
    Command(
        "get", "fetch", EVERYDAY, "Fetch an artifact, every byte checked",
        ("modelkeep get fraud@production /srv/scorer/model.onnx --force",),
        ("path",), ("fetched",),
    ),
    Command(
        "diff", "compare", EVERYDAY, "Show versions side by side: what differs",
        ("modelkeep diff fraud 3 4", "modelkeep diff fraud@4"),
        DIFF_COLUMNS, ("diff",),
    ),
    Command(
        "promote", "stages", EVERYDAY, "Give a version a stage",
        ('modelkeep promote fraud@4 production -m "march data"',),
        ("stage: before -> after",), ("change",),
    ),
    Command(
        "rollback", "stages", EVERYDAY, "Go back to the last version that was known to be good",
        ('modelkeep rollback fraud@4 -m "p99 latency"',),
        ("stage: before -> after",), ("rollback",),
    ),
    Command(
        "history", "history", EVERYDAY, "Tell what was live when, by whom, and why it ended",
        ("modelkeep history fraud production", "modelkeep history --since 30d"),
        TENURE_COLUMNS, ("tenures",),
    ),
    Command(
        "status", "tool", EVERYDAY, "Show the registry at a glance",
        ("modelkeep status", "modelkeep status --size"),
        FIELD_COLUMNS, ("status",),
    ),
    Command(
        "evaluate", "register", ANNOTATE, "Add metrics that came later",
        ("modelkeep evaluate fraud@4 -M auc=0.921 --on transactions@2026-03",),
        ("ref",), ("change",),
    ),
    Command(
        "tag", "annotate", ANNOTATE, "Set tags of a model or version, or take them back",
        ("modelkeep tag fraud@4 owner=risk reviewed-",),
        ("what: before -> after",), ("change",),
    ),
    Command(
        "alias", "annotate", ANNOTATE, "Point aliases at a version, or take them back",
        ("modelkeep alias fraud@4 champion", "modelkeep alias fraud champion-"),
        ("what: before -> after",), ("change",),
    ),
    Command(
        "describe", "annotate", ANNOTATE, "Describe a model or version, or show its description",
        ('modelkeep describe fraud "Scores card payments; owned by risk"',),
        ("description",), ("change", "description"),
    ),
    Command(
        "note", "annotate", ANNOTATE, "Add a note to a model or version",
        ('modelkeep note fraud@4 "looks better on weekends"',),
        ("what: before -> after",), ("change",),
    ),
    Command(
        "rename", "annotate", ANNOTATE, "Rename a model; its old name keeps answering",
        ("modelkeep rename fraud card-fraud",),
        ("what: before -> after",), ("change",),
    ),
    Command(
        "mark", "marks", ANNOTATE, "Mark a version bad, or good again",
        ('modelkeep mark fraud@4 bad -m "trained on a broken join"',),
        ("what: before -> after",), ("change",),
    ),
    Command(
        "identify", "fetch", KNOW, "Tell which versions a file, directory or digest is, and what they were when",
        ("modelkeep identify /srv/scorer/model.onnx",),
        IDENTIFIED_COLUMNS, ("identified",),
    ),
    Command(
        "path", "fetch", KNOW, "Print where a version can be read, under its real file names",
        ("modelkeep path fraud@production", "modelkeep path fraud@3/config.json"),
        ("path",), ("path",),
    ),
    Command(
        "lineage", "compare", KNOW, "Show what made a version and what was made from it",
        ("modelkeep lineage fraud@4", "modelkeep lineage data:transactions@2026-02 --down"),
        EDGE_COLUMNS, ("lineage",),
    ),
    Command(
        "audit", "history", KNOW, "Tell who did what and when, from the log",
        ("modelkeep audit fraud --since 7d",),
        AUDIT_COLUMNS, ("entries",),
    ),
    Command(
        "init", "setup", CARE, "Create a registry",
        ("modelkeep init", "modelkeep init /srv/models --stages qa,production", "modelkeep init /srv/models --shared ml"),
        ("path",), ("init",),
    ),
    Command(
        "verify", "setup", CARE, "Check the log, the tables and every stored byte",
        ("modelkeep verify", "modelkeep verify --bytes --subset 1/7", "modelkeep verify --bytes --repair /mnt/backup/models"),
        FINDING_COLUMNS, ("verification",),
    ),
    Command(
        "retire", "stages", CARE, "Empty a stage",
        ('modelkeep retire fraud production -m "replaced by rules"',),
        ("stage: before -> after",), ("change",),
    ),
    Command(
        "archive", "marks", CARE, "Take versions out of the pipeline, or bring them back",
        ("modelkeep archive fraud@1 fraud@2", "modelkeep archive fraud@1 --undo"),
        ("what: before -> after",), ("changes",),
    ),
    Command(
        "backup", "backup", CARE, "Copy the registry to another disk, while others write",
        ("modelkeep backup /mnt/backup/models",),
        ("path",), ("backup",),
    ),
    Command(
        "delete", "delete", CARE, "Delete versions for good: number and label stay taken, the bytes may go",
        ("modelkeep delete fraud@1 fraud@2", 'modelkeep delete fraud --all-versions --yes -m "trial"'),
        ("what: before -> after",), ("changes",),
    ),
    Command(
        "gc", "clean", CARE, "Remove stored bytes that no version needs",
        ("modelkeep gc -n", "modelkeep gc --grace 30d"),
        GARBAGE_COLUMNS, ("garbage",),
    ),
    Command(
        "doctor", "clean", CARE, "Look for what is or may become wrong with the place, and say what to do",
        ("modelkeep doctor",),
        DIAGNOSIS_COLUMNS, ("diagnosis",),
    ),
    Command(
        "migrate", "setup", CARE, "Bring an older registry to the schema of this program",
        ("modelkeep migrate -n",),
        ("schema: before -> after",), ("migration",),
    ),
    Command(
        "whoami", "tool", TOOL, "Tell who the log would say this is",
        ("modelkeep whoami",),
        FIELD_COLUMNS, ("identity",),
    ),
    Command(
        "config", "tool", TOOL, "Show and set the configuration, each value with its origin",
        ("modelkeep config list", "modelkeep config set registry /srv/models"),
        commands=(
            Command(
                "list", "tool", TOOL, "List each setting, its value and where it came from",
                ("modelkeep config list",), SETTING_COLUMNS, ("settings",),
            ),
            Command(
                "get", "tool", TOOL, "Print the value of a setting",
                ("modelkeep config get registry",), ("value",), ("setting",),
            ),
            Command(
                "set", "tool", TOOL, "Set a value in the user's config",
                ("modelkeep config set registry /srv/models",), ("key", "value"), ("setting",),
            ),
            Command(
                "trust", "tool", TOOL, "Trust a directory of somebody else's, or list those that are trusted",
                ("modelkeep config trust /srv/fraud", "modelkeep config trust"), ("directory",), ("trust",),
            ),
        ),
    ),
    Command(
        "completion", "tool", TOOL, "Print the script that completes commands and models in a shell",
        ('eval "$(modelkeep completion bash)"',),
        ("script",), ("completion",),
    ),
    Command(
        "demo", "tool", TOOL, "Play the story of a team in a registry made for it",
        ("modelkeep demo",),
        ("transcript",),
    ),
)  # fmt: skip

#: What people bring from other tools, and what it is called here: a command, maybe with an option, or one ``or`` the
#: other. Also what only sounds like a command of ours, and means the opposite.
FOREIGN: dict[str, str] = {
    "download": "get",
    "pull": "get",
    "fetch": "get",
    "upload": "register",
    "add": "register",
    "push": "register",
    "versions": "list",
    "models": "list",
    "log": "audit",
    "info": "show",
    "transition": "promote",
    "stage": "promote",
    "assign": "promote",
    "revert": "rollback",
    "undo": "rollback",
    "rm": "archive or delete",
    "remove": "archive or delete",
    "search": "list",
    "check": "verify",
    "fsck": "verify",
    "repair": "verify --bytes --repair",
    "snapshot": "backup",
    "prune": "gc",
    "clean": "gc",
    "cleanup": "gc",
    "purge": "delete",
    "unregister": "delete",
    "undelete": "show",
    "unarchive": "archive --undo",
    "demote": "retire or rollback",
    "share": "init --shared",
    "trust": "config trust",
}


def find(name: str) -> Command | None:
    """Return the command of that name or alias, None if there is none."""
    for command in COMMANDS:
        if name == command.name or name in command.aliases:
            return command
    return None
