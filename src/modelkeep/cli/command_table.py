"""The table of commands: the module, the panel, a line of help and examples of each.

Help, man pages, completion and the README are made from it. It imports no command: one that is not
typed costs its row here and nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

EVERYDAY, ANNOTATE, INSPECT, GOVERN, RUN, MAINTAIN, SETUP = PANELS = (
    "Everyday", "Annotate", "Inspect", "Govern", "Run", "Maintain", "Setup",
)  # fmt: skip


class CommandRow(NamedTuple):
    """One command: its module in ``modelkeep.cli.commands``, its panel in the help, a line of help, examples.

    ``columns`` are the cells of a line in a pipe; new ones are only appended. ``commands`` are those of a group.
    """

    name: str
    module: str
    panel: str
    help: str
    examples: tuple[str, ...]
    columns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    commands: tuple[CommandRow, ...] = ()


COMMANDS: tuple[CommandRow, ...] = (
    CommandRow(
        "register", "register", EVERYDAY, "Register a file, several files or a directory as a new version",
        (
            "modelkeep register fraud model.onnx --metric auc=0.914 --data transactions@2026-02",
            "modelkeep register fraud export/ --exclude '*.log' --params params.toml --label 1.2.0",
            "modelkeep register fraud model.onnx -M auc=0.91 --on holdout@2026-02 --data train=./train.csv",
        ),
        ("ref",),
    ),
    CommandRow(
        "list", "lists", EVERYDAY, "List models, or the versions of one model",
        ("modelkeep list", "modelkeep list fraud --sort metric.auc:desc", "modelkeep list --search 'credit risk'"),
        ("name", "stage", "version", "label", "since", "share"), aliases=("ls",),
    ),
    CommandRow(
        "show", "lists", EVERYDAY, "Show what is known of a model or a version",
        ("modelkeep show fraud@production", "modelkeep show fraud@3 --field digest"),
        ("field", "value"),
    ),
    CommandRow(
        "get", "fetch", EVERYDAY, "Copy an artifact out, and check every byte",
        ("modelkeep get fraud@production /srv/scorer/model.onnx --force", "modelkeep get fraud@3 - | sha256sum"),
        ("path",),
    ),
    CommandRow(
        "diff", "compare", EVERYDAY, "Compare versions side by side",
        ("modelkeep diff fraud 3 4", "modelkeep diff fraud@4", "modelkeep diff fraud@1.0 fraud@2.0 --notes > NOTES.md"),
        ("section", "key", "value of each version", "difference", "change", "verdict"),
    ),
    CommandRow(
        "promote", "stages", EVERYDAY, "Give a version a stage",
        (
            'modelkeep promote fraud@4 production -m "march data"',
            "modelkeep promote fraud@4 production --expect 3 -n",
            'modelkeep promote fraud@4 production --request -m "march data"',
        ),
        ("stage: before -> after",),
    ),
    CommandRow(
        "rollback", "stages", EVERYDAY, "Return a stage to its last good version",
        (
            'modelkeep rollback fraud@4 -m "p99 latency"',
            "modelkeep rollback fraud@4 production --to fraud@2 --keep-good",
        ),
        ("stage: before -> after",),
    ),
    CommandRow(
        "retire", "stages", EVERYDAY, "Empty a stage",
        (
            'modelkeep retire fraud production -m "replaced by rules"',
            "modelkeep retire fraud@4 staging",
        ),
        ("stage: before -> after",),
    ),
    CommandRow(
        "history", "history", EVERYDAY, "Show which version held a stage when, why it began and why it ended",
        ("modelkeep history fraud production", "modelkeep history --since 30d --limit 20"),
        ("ref", "stage", "since", "until", "actor", "began", "ended", "share"),
    ),
    CommandRow(
        "status", "setup", EVERYDAY, "Show an overview of the registry",
        ("modelkeep status", "modelkeep status --size"),
        ("field", "value"),
    ),
    CommandRow(
        "evaluate", "register", ANNOTATE, "Add metrics to a version",
        ("modelkeep evaluate fraud@4 -M auc=0.921 --on transactions@2026-03", "modelkeep evaluate fraud@4 --metrics metrics.json"),
        ("metric: before -> after",),
    ),
    CommandRow(
        "tag", "annotate", ANNOTATE, "Set or remove tags of a model or version",
        ("modelkeep tag fraud@4 owner=risk tier=gold", "modelkeep tag fraud@4 tier-"),
        ("what: before -> after",),
    ),
    CommandRow(
        "alias", "annotate", ANNOTATE, "Point aliases at a version, or remove them",
        ("modelkeep alias fraud@4 champion", "modelkeep alias fraud champion-"),
        ("what: before -> after",),
    ),
    CommandRow(
        "label", "annotate", ANNOTATE, "Give a version its label, once",
        ("modelkeep label fraud@4 1.2.0", "modelkeep label fraud@production 2026.11.30 -n"),
        ("label: before -> after",),
    ),
    CommandRow(
        "describe", "annotate", ANNOTATE, "Describe a model or version, or show its description",
        (
            'modelkeep describe fraud "Scores card payments; owned by risk"',
            "modelkeep describe fraud",
            "modelkeep describe fraud@4 - < notes.md",
        ),
        ("description",),
    ),
    CommandRow(
        "note", "annotate", ANNOTATE, "Add a note to a model or version",
        ('modelkeep note fraud@4 "looks better on weekends"', "modelkeep note fraud - < minutes.txt"),
        ("what: before -> after",),
    ),
    CommandRow(
        "supplement", "annotate", ANNOTATE, "Add a licence, a signature or an inspection to a version",
        (
            "modelkeep supplement fraud@4 --licence Apache-2.0",
            "modelkeep supplement fraud@4 --signature signature.json -n",
            "modelkeep supplement fraud@4 --inspect",
        ),
        ("what: before -> after",),
    ),
    CommandRow(
        "rename", "annotate", ANNOTATE, "Rename a model; its old name still finds it",
        ("modelkeep rename fraud card-fraud", "modelkeep rename fraud risk/fraud -n"),
        ("what: before -> after",),
    ),
    CommandRow(
        "mark", "removal", ANNOTATE, "Mark a version as bad, or as good again",
        ('modelkeep mark fraud@4 bad -m "trained on a broken join"', "modelkeep mark fraud@4 good"),
        ("what: before -> after",),
    ),
    CommandRow(
        "inspect", "inspect", INSPECT, "Show what is in a version or in files: formats, tensors, signature, dangers",
        (
            "modelkeep inspect fraud@production",
            "modelkeep inspect downloads/model.pkl --exit-code",
            "modelkeep inspect fraud@4/model.safetensors --tensors",
        ),
        ("file", "what", "name", "value"),
    ),
    CommandRow(
        "identify", "fetch", INSPECT, "Find the versions that a file, directory or digest belongs to",
        ("modelkeep identify /srv/scorer/model.onnx", "modelkeep identify /srv/scorer/ --exclude '*.log'"),
        ("ref", "stage", "since", "until", "state", "file", "share", "runs_at"),
    ),
    CommandRow(
        "path", "fetch", INSPECT, "Print the path of a read-only view with the real file names",
        ("modelkeep path fraud@production", "modelkeep path fraud@3/config.json"),
        ("path",),
    ),
    CommandRow(
        "lineage", "compare", INSPECT, "Show what a version was made from, and what was made from it",
        (
            "modelkeep lineage fraud@4", "modelkeep lineage data:transactions@2026-02 --down",
            "modelkeep lineage deployment:k8s/prod-eu --up --format mermaid",
        ),
        ("source", "relation", "target", "source's stages", "target's stages"),
    ),
    CommandRow(
        "data", "datasets", INSPECT, "Record datasets, and show which versions were made from them",
        ("modelkeep data add transactions@2026-02 data/transactions.parquet --rows 1204113", "modelkeep data show transactions@2026-02"),
        commands=(
            CommandRow(
                "add", "datasets", INSPECT, "Record a version of a dataset: its bytes, place, schema, rows and parents",
                (
                    "modelkeep data add transactions@2026-02 data/transactions.parquet --rows 1204113",
                    "modelkeep data add features@2026-02 s3://lake/features/2026-02 --parent transactions@2026-02",
                    "modelkeep data add images@2026-02 data/images.dvc --schema schema.json",
                ),
                ("dataset: before -> after",),
            ),
            CommandRow(
                "list", "datasets", INSPECT, "List datasets, also those that versions only name",
                ("modelkeep data list", "modelkeep data list 'risk/*' --as-of 30d"),
                ("name", "version", "recorded", "uses", "rows", "digest", "since", "actor", "location"),
            ),
            CommandRow(
                "show", "datasets", INSPECT, "Show a dataset, what it was made from, and the versions that used it",
                ("modelkeep data show transactions@2026-02", "modelkeep data show transactions@2026-02 --print-schema > schema.json"),
                ("field", "value"),
            ),
        ),
    ),
    CommandRow(
        "audit", "history", INSPECT, "Show who did what and when",
        (
            "modelkeep audit fraud --since 7d",
            "modelkeep audit --action promote --limit 10",
            "modelkeep audit --actor ana@example.org",
        ),
        ("seq", "time", "actor", "action", "subject", "sentence"),
    ),
    CommandRow(
        "requests", "approvals", GOVERN, "List the promotions that were asked for, who approved, and what is missing",
        ("modelkeep requests --to-approve", "modelkeep requests fraud@4"),
        ("request", "ref", "stage", "state", "time", "actor", "approvals", "plan", "who may approve", "reason"),
    ),
    CommandRow(
        "approve", "approvals", GOVERN, "Approve a promotion that was asked for",
        ('modelkeep approve 17 -m "seen the report"', "modelkeep approve fraud@4 production -n"),
        ("what: before -> after",),
    ),
    CommandRow(
        "reject", "approvals", GOVERN, "Reject a promotion that was asked for, or withdraw your own request",
        ('modelkeep reject 17 -m "not before the audit"', "modelkeep reject fraud@4 production -n"),
        ("what: before -> after",),
    ),
    CommandRow(
        "acknowledge", "approvals", GOVERN, "Close what was left for a person to look at",
        ('modelkeep acknowledge 31 -m "reviewed with risk"', "modelkeep acknowledge 31 -n"),
        ("what: before -> after",),
    ),
    CommandRow(
        "policy", "policy", GOVERN, "Say what a stage asks for and who may do what, and see what is in force",
        ("modelkeep policy init team", "modelkeep policy set policy.toml -n"),
        commands=(
            CommandRow(
                "init", "policy", GOVERN, "Write a policy.toml and a MODELS.md to begin with",
                ("modelkeep policy init team", "modelkeep policy init regulated -o governance/policy.toml"), ("path",),
            ),
            CommandRow(
                "set", "policy", GOVERN, "Put a policy in force, or with -n show what that would mean",
                ("modelkeep policy set policy.toml -n", 'modelkeep policy set policy.toml -m "two people approve"'),
                ("what: before -> after",),
            ),
            CommandRow(
                "show", "policy", GOVERN, "Show the policy in force: a page on a terminal, its TOML in a pipe",
                ("modelkeep policy show", "modelkeep policy show --as-of 2026-03-01 > policy.toml"),
                ("a line of the TOML",),
            ),
            CommandRow(
                "diff", "policy", GOVERN, "Compare policies rule by rule: the last change, a file, moments",
                ("modelkeep policy diff", "modelkeep policy diff policy.toml", "modelkeep policy diff 30d policy.toml"),
                ("subject", "rule", "before", "after"),
            ),
            CommandRow(
                "history", "policy", GOVERN, "List the policies that were in force",
                ("modelkeep policy history", "modelkeep policy history --json"),
                ("seq", "time", "actor", "digest", "until_seq", "reason"),
            ),
        ),
    ),
    CommandRow(
        "role", "roles", GOVERN, "Show and change who has which role of the policy",
        ("modelkeep role list", "modelkeep role grant owner user:ana"),
        commands=(
            CommandRow(
                "grant", "roles", GOVERN, "Give a role to an account or a group of the system",
                ("modelkeep role grant owner user:ana", 'modelkeep role grant approver group:risk -m "audit 2026"'),
                ("who: before -> after",),
            ),
            CommandRow(
                "revoke", "roles", GOVERN, "Take a role from an account or a group",
                ("modelkeep role revoke owner user:bo", "modelkeep role revoke approver group:risk -n"),
                ("who: before -> after",),
            ),
            CommandRow(
                "list", "roles", GOVERN, "List the roles, who has them, and what they allow",
                ("modelkeep role list", "modelkeep role list --as-of 30d"),
                ("role", "who", "permissions", "since", "actor"),
            ),
        ),
    ),
    CommandRow(
        "check", "checks", GOVERN, "Record what was checked of a version, with the report that shows it",
        ("modelkeep check run fraud@4 picklescan -- picklescan -p {}", "modelkeep check list fraud@4"),
        commands=(
            CommandRow(
                "record", "checks", GOVERN, "Record the result of a check",
                (
                    "modelkeep check record fraud@4 bias-report pass --evidence bias.html --expires 90d",
                    'modelkeep check record fraud@4 legal-review fail -m "no consent for this data"',
                ),
                ("check: before -> after",),
            ),
            CommandRow(
                "run", "checks", GOVERN, "Run a command on a version and record how it ended; exit 1 where it failed",
                (
                    "modelkeep check run fraud@4 picklescan -- picklescan -p {}",
                    "modelkeep check run fraud@staging drift --timeout 1h --warn-code 3 --evidence drift.html -- python drift.py",
                ),
                ("check: before -> after",),
            ),
            CommandRow(
                "list", "checks", GOVERN, "List the checks of a version: results, missing, stale and expired ones",
                ("modelkeep check list fraud@4", "modelkeep check list fraud@production --all --as-of 2026-03-01"),
                ("check", "result", "state", "time", "actor", "expires", "evidence", "stages", "outcome"),
            ),
            CommandRow(
                "show", "checks", GOVERN, "Show the newest result of a check, or write its evidence",
                ("modelkeep check show fraud@4 bias-report", "modelkeep check show fraud@4 bias-report -o bias.html"),
                ("field", "value"),
            ),
        ),
    ),
    CommandRow(
        "pick", "serving", RUN, "Say which version of a stage serves a key, in a canary or an A/B test",
        ("modelkeep pick fraud@production --key user-1", "modelkeep pick fraud@production --keys-from users.txt"),
        ("ref", "key", "slot"),
    ),
    CommandRow(
        "deployment", "serving", RUN, "Record where versions run",
        (
            "modelkeep deployment record fraud@production --to k8s/prod-eu",
            "modelkeep deployment record fraud@3 --to k8s/prod-eu --status stopped",
        ),
        commands=(
            CommandRow(
                "record", "serving", RUN, "Record that a version runs at a target, or has ended there",
                (
                    "modelkeep deployment record fraud@production --to k8s/prod-eu",
                    "modelkeep deployment record fraud@3 --to k8s/prod-eu --status stopped",
                ),
                ("what: before -> after",),
            ),
        ),
    ),
    CommandRow(
        "deployments", "serving", RUN, "List what runs where, and whether that is what should run",
        ("modelkeep deployments fraud", "modelkeep deployments --drift --exit-code"),
        ("target", "ref", "status", "share", "stage", "since", "actor", "drift", "endpoint"),
    ),
    CommandRow(
        "signal", "serving", RUN, "Record what monitoring measured; the policy says what that means",
        (
            "modelkeep signal fraud@4 p99 0.31 --count 1200 --window 1h --source prometheus",
            "modelkeep signal fraud@4 'Drifted*' --evidently report.json",
        ),
        ("what: before -> after",),
    ),
    CommandRow(
        "signals", "serving", RUN, "List what monitoring measured, and what a person has still to look at",
        ("modelkeep signals fraud --since 7d", "modelkeep signals --open --exit-code"),
        ("seq", "ref", "signal", "value", "time", "actor", "count", "window_seconds", "source", "item", "closed", "left", "marked_bad"),
    ),
    CommandRow(
        "report", "report", RUN, "Report what changed and who answers for it, or document a version for an auditor",
        (
            "modelkeep report --since 2026-01-01 --until 2026-03-31 --verify -o q1.md",
            "modelkeep report --model fraud --since 90d",
            "modelkeep report fraud@production --annex-iv -o fraud.md",
        ),
        ("a line of the page",),
    ),
    CommandRow(
        "card", "papers", INSPECT, "Write the model card of a version, as Hugging Face reads it",
        ("modelkeep card fraud@production -o README.md", "modelkeep card fraud@4 --template docs/MODEL_CARD.md"),
        ("a line of the page",),
    ),
    CommandRow(
        "bom", "papers", INSPECT, "Write the bill of materials of a version, as CycloneDX",
        ("modelkeep bom fraud@production -o fraud.cdx.json", "modelkeep bom fraud@4 | jq .components"),
        ("a line of the document",),
    ),
    CommandRow(
        "page", "page", INSPECT, "Write the whole registry as one page of HTML, or show it in the browser",
        ("modelkeep page -o registry.html", "modelkeep page --open", "modelkeep page --as-of 2026-06-30 --title 'Risk models' -o june.html"),
        ("path",),
    ),
    CommandRow(
        "verify", "maintenance", MAINTAIN, "Check the log, the tables and every stored byte",
        ("modelkeep verify", "modelkeep verify --bytes --subset 1/7", "modelkeep verify --bytes --repair /mnt/backup/models"),
        ("severity", "code", "place", "message"),
    ),
    CommandRow(
        "archive", "removal", MAINTAIN, "Archive versions, or bring them back",
        ("modelkeep archive fraud@1 fraud@2", "modelkeep archive fraud@1 --undo"),
        ("what: before -> after",),
    ),
    CommandRow(
        "backup", "maintenance", MAINTAIN, "Back up the registry, while others write",
        ("modelkeep backup /mnt/backup/models", "modelkeep backup /mnt/backup/models -n"),
        ("path",),
    ),
    CommandRow(
        "delete", "removal", MAINTAIN, "Delete versions for good; their numbers and labels stay taken",
        ("modelkeep delete fraud@1 fraud@2", 'modelkeep delete fraud --all-versions --yes -m "trial"'),
        ("what: before -> after",),
    ),
    CommandRow(
        "gc", "maintenance", MAINTAIN, "Remove stored files that no version needs",
        ("modelkeep gc -n", "modelkeep gc --grace 30d"),
        ("place", "size_bytes", "reason"),
    ),
    CommandRow(
        "prune", "prune", MAINTAIN, "Archive or delete versions that the policy's retention does not keep",
        ("modelkeep prune -n", "modelkeep prune fraud", "modelkeep prune --yes && modelkeep gc"),
        ("what: before -> after",),
    ),
    CommandRow(
        "doctor", "maintenance", MAINTAIN, "Look for problems with the registry and its place, and say what to do",
        ("modelkeep doctor", "modelkeep doctor --registry /srv/models --json"),
        ("severity", "code", "place", "message", "hint"),
    ),
    CommandRow(
        "migrate", "maintenance", MAINTAIN, "Upgrade an older registry to the schema of this program",
        ("modelkeep migrate -n", "modelkeep migrate", "modelkeep migrate --rebuild"),
        ("what: before -> after",),
    ),
    CommandRow(
        "init", "setup", SETUP, "Create a registry",
        ("modelkeep init", "modelkeep init /srv/models --stages qa,production", "modelkeep init /srv/models --shared ml"),
        ("path",),
    ),
    CommandRow(
        "whoami", "setup", SETUP, "Show who you are in the log, and what you may do",
        ("modelkeep whoami", "modelkeep whoami --json"),
        ("field", "value"),
    ),
    CommandRow(
        "config", "setup", SETUP, "Show and change the settings",
        ("modelkeep config list", "modelkeep config set registry /srv/models"),
        commands=(
            CommandRow(
                "list", "setup", SETUP, "List the settings, each with its value and origin",
                ("modelkeep config list", "modelkeep config list --json"), ("key", "value", "origin"),
            ),
            CommandRow(
                "get", "setup", SETUP, "Print the value of a setting",
                ("modelkeep config get registry", "modelkeep config get lock_wait"), ("value",),
            ),
            CommandRow(
                "set", "setup", SETUP, "Change a setting in the user's config",
                ("modelkeep config set registry /srv/models", "modelkeep config set lock_wait 2m"), ("key", "value"),
            ),
            CommandRow(
                "trust", "setup", SETUP, "Trust a directory of another user, or list the trusted ones",
                ("modelkeep config trust /srv/fraud", "modelkeep config trust"), ("directory",),
            ),
        ),
    ),
    CommandRow(
        "hook", "hooks", SETUP, "List and test the commands and webhooks that run after changes",
        ("modelkeep hook list", "modelkeep hook test notify"),
        commands=(
            CommandRow(
                "list", "hooks", SETUP, "List the hooks of your config and of the registry",
                ("modelkeep hook list", "modelkeep hook list --json"),
                ("name", "kind", "target", "on", "stages", "models", "runs", "source"),
            ),
            CommandRow(
                "test", "hooks", SETUP, "Run a hook now, with an older entry of the log",
                ("modelkeep hook test notify", "modelkeep hook test notify --event promote"),
                ("name", "ok", "outcome"),
            ),
        ),
    ),
    CommandRow(
        "help", "help", SETUP, "Explain references, states, filters, formats, the policy, exit codes, the environment and schemas",
        ("modelkeep help references", "modelkeep help schema version"),
        ("a line of the text",),
    ),
    CommandRow(
        "completion", "setup", SETUP, "Print the completion script of a shell",
        (
            'eval "$(modelkeep completion bash)"',
            "modelkeep completion zsh > ~/.zfunc/_modelkeep",
            "modelkeep completion fish > ~/.config/fish/completions/modelkeep.fish",
        ),
        ("script",),
    ),
    CommandRow(
        "demo", "demo", SETUP, "Show modelkeep at work, in a registry made for the demo",
        ("modelkeep demo", "modelkeep demo --keep /tmp/demo"),
        ("transcript",),
    ),
)  # fmt: skip
