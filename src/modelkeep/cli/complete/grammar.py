"""What is typed where, for completion. Made from the commands by `make docs`; do not edit."""

#: Options that stand before and after every command: name or name=what it takes.
ALWAYS = "--registry=directory --json --format=table|lines|json|jsonl|csv|env -q --quiet -v --verbose --no-color --yes -0 --null --github-output --no-pager --no-input"

#: Commands, the everyday ones first: one line of help, its arguments, options of its own.
COMMANDS = {
    "": ("", "", "--version"),
    "register": ("Register a file, several files or a directory as a new version", "model file*", "--label=text --bump=major|minor|patch -p=param --param=param --params=file -M=metric --metric=metric --metrics=file --on=data --tag=tag --data=data --feature=dataset --parent=version --derived-by=fine-tune|merge|quantize|convert|distill|adapter --run=run --code=auto|none --author=actor --trained-at=text --training-started=moment --seed=text --env=file --attach=file --description=text --licence=Apache-2.0|MIT|BSD-2-Clause|BSD-3-Clause|MPL-2.0|GPL-3.0-only|CC-BY-4.0|CC0-1.0 --signature=file --no-inspect --stage=stage --alias=alias --if-exists=match|skip|new --reuse-name --filename=text --exclude=file --include=file --follow-symlinks --move -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m --expect=fixed --progress=auto|plain|none"),
    "list": ("List models, or the versions of one model", "model", "--stage=stage --tag=tagged --where=filter --search=text --sort=sort --limit=text --all --columns=columns --as-of=moment"),
    "show": ("Show what is known of a model or a version", "ref", "--field=field --packages --attachment=attachment --as-of=moment"),
    "get": ("Copy an artifact out, and check every byte", "version file", "--force --as-of=moment --progress=auto|plain|none"),
    "diff": ("Compare versions side by side", "side*", "--exit-code --notes"),
    "promote": ("Give a version a stage", "version stage", "--share=text --force --request --break-glass -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m --expect=fixed"),
    "rollback": ("Return a stage to its last good version", "ref stage", "--to=version --keep-good -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m --expect=fixed"),
    "retire": ("Empty a stage", "ref stage", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m --expect=fixed"),
    "history": ("Show which version held a stage when, why it began and why it ended", "model stage", "--since=moment --until=moment --limit=text --as-of=moment"),
    "status": ("Show an overview of the registry", "", "--size"),
    "evaluate": ("Add metrics to a version", "version", "-M=metric --metric=metric --metrics=file --on=data --run=run -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "tag": ("Set or remove tags of a model or version", "ref tags*", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "alias": ("Point aliases at a version, or remove them", "ref aliases*", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m --expect=fixed"),
    "label": ("Give a version its label, once", "version text", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "describe": ("Describe a model or version, or show its description", "ref text", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "note": ("Add a note to a model or version", "ref text", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "supplement": ("Add a licence, a signature or an inspection to a version", "version", "--licence=Apache-2.0|MIT|BSD-2-Clause|BSD-3-Clause|MPL-2.0|GPL-3.0-only|CC-BY-4.0|CC0-1.0 --signature=file --inspect --env=file --attach=file -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "rename": ("Rename a model; its old name still finds it", "model text", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "mark": ("Mark a version as bad, or as good again", "version bad|good", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "inspect": ("Show what is in a version or in files: formats, tensors, signature, dangers", "inspected", "--fresh --tensors --follow-symlinks --exit-code --as-of=moment"),
    "identify": ("Find the versions that a file, directory or digest belongs to", "file", "--exclude=file --as-of=moment"),
    "path": ("Print the path of a read-only view with the real file names", "version", "--as-of=moment --progress=auto|plain|none"),
    "lineage": ("Show what a version was made from, and what was made from it", "node", "--up --down --depth=1|2|3 --as-of=moment --format=tree|table|lines|json|jsonl|csv|env|dot|mermaid|openlineage"),
    "data": ("Record datasets, and show which versions were made from them", "", ""),
    "data add": ("Record a version of a dataset: its bytes, place, schema, rows and parents", "dataset source", "--schema=file --rows=text --parent=data -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "data list": ("List datasets, also those that versions only name", "dataset", "--as-of=moment"),
    "data show": ("Show a dataset, what it was made from, and the versions that used it", "dataset", "--print-schema --as-of=moment"),
    "audit": ("Show who did what and when", "ref", "--since=moment --until=moment --actor=actor --action=action --limit=text --reverse"),
    "requests": ("List the promotions that were asked for, who approved, and what is missing", "asked", "--mine --open --to-approve --limit=text --as-of=moment"),
    "approve": ("Approve a promotion that was asked for", "request stage", "--plan=text -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "reject": ("Reject a promotion that was asked for, or withdraw your own request", "request stage", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "acknowledge": ("Close what was left for a person to look at", "open", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "policy": ("Say what a stage asks for and who may do what, and see what is in force", "", ""),
    "policy init": ("Write a policy.toml and a MODELS.md to begin with", "solo|team|regulated", "-o=file --output=file --force"),
    "policy set": ("Put a policy in force, or with -n show what that would mean", "file", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "policy show": ("Show the policy in force: a page on a terminal, its TOML in a pipe", "", "--as-of=moment"),
    "policy diff": ("Compare policies rule by rule: the last change, a file, moments", "file*", "--exit-code"),
    "policy history": ("List the policies that were in force", "", "--as-of=moment"),
    "role": ("Show and change who has which role of the policy", "", ""),
    "role grant": ("Give a role to an account or a group of the system", "role principal", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "role revoke": ("Take a role from an account or a group", "role principal", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "role list": ("List the roles, who has them, and what they allow", "", "--as-of=moment"),
    "check": ("Record what was checked of a version, with the report that shows it", "", ""),
    "check record": ("Record the result of a check", "version check pass|fail|warn", "--evidence=file --expires=7d|30d|90d -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "check run": ("Run a command on a version and record how it ended; exit 1 where it failed", "version check text*", "--timeout=0|5s|30s|5m --warn-code=text --evidence=file --expires=7d|30d|90d -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "check list": ("List the checks of a version: results, missing, stale and expired ones", "version", "--all --as-of=moment"),
    "check show": ("Show the newest result of a check, or write its evidence", "version check", "-o=file --output=file --force --as-of=moment"),
    "pick": ("Say which version of a stage serves a key, in a canary or an A/B test", "version", "--key=text --keys-from=file --as-of=moment"),
    "deployment": ("Record where versions run", "", ""),
    "deployment record": ("Record that a version runs at a target, or has ended there", "version", "--to=target --endpoint=text --status=running|starting|stopped|failed --share=text --stage=stage -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "deployments": ("List what runs where, and whether that is what should run", "ref", "--target=target --drift --exit-code --as-of=moment"),
    "signal": ("Record what monitoring measured; the policy says what that means", "version signal text", "--evidently=file --count=text --window=5m|1h|1d --source=text -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "signals": ("List what monitoring measured, and what a person has still to look at", "ref", "--open --since=moment --limit=text --exit-code --as-of=moment"),
    "report": ("Report what changed and who answers for it, or document a version for an auditor", "version", "--since=moment --until=moment --model=model --verify --annex-iv -o=file --output=file --force --as-of=moment"),
    "card": ("Write the model card of a version, as Hugging Face reads it", "version", "--template=file --print-template -o=file --output=file --force --as-of=moment"),
    "bom": ("Write the bill of materials of a version, as CycloneDX", "version", "-o=file --output=file --force --as-of=moment"),
    "page": ("Write the whole registry as one page of HTML, or show it in the browser", "", "-o=file --output=file --open --title=text --force --as-of=moment --progress=auto|plain|none"),
    "verify": ("Check the log, the tables and every stored byte", "version*", "--log --bytes --quick --subset=1/7|2/7|3/7|4/7|5/7|6/7|7/7 --repair=file -n --dry-run --accept-head --head=text --progress=auto|plain|none"),
    "archive": ("Archive versions, or bring them back", "version*", "--undo --all-versions -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "backup": ("Back up the registry, while others write", "file", "--verify -n --dry-run --progress=auto|plain|none"),
    "delete": ("Delete versions for good; their numbers and labels stay taken", "version*", "--force --all-versions -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "gc": ("Remove stored files that no version needs", "", "--grace=0|12h|1d|7d|30d -n --dry-run --lock-wait=0|5s|30s|5m --progress=auto|plain|none"),
    "prune": ("Archive or delete versions that the policy's retention does not keep", "model", "-m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "doctor": ("Look for problems with the registry and its place, and say what to do", "", ""),
    "migrate": ("Upgrade an older registry to the schema of this program", "", "--rebuild -m=text --message=text -n --dry-run --lock-wait=0|5s|30s|5m"),
    "init": ("Create a registry", "directory", "--stages=text --store=directory --shared=group --readers=group"),
    "whoami": ("Show who you are in the log, and what you may do", "", ""),
    "config": ("Show and change the settings", "", ""),
    "config list": ("List the settings, each with its value and origin", "", ""),
    "config get": ("Print the value of a setting", "setting", ""),
    "config set": ("Change a setting in the user's config", "setting value", ""),
    "config trust": ("Trust a directory of another user, or list the trusted ones", "directory", "--remove"),
    "hook": ("List and test the commands and webhooks that run after changes", "", ""),
    "hook list": ("List the hooks of your config and of the registry", "", ""),
    "hook test": ("Run a hook now, with an older entry of the log", "hook", "--event=action"),
    "help": ("Explain references, states, filters, formats, the policy, exit codes, the environment and schemas", "references|states|filters|formats|policy|exit-codes|environment|schema schema", ""),
    "completion": ("Print the completion script of a shell", "bash|zsh|fish", "--as=text"),
    "demo": ("Show modelkeep at work, in a registry made for the demo", "", "--keep=directory"),
}  # fmt: skip

#: Other names of commands.
ALIASES = {
    "ls": "list",
}

#: What is one of a fixed list of words; a dot at the end leads to names from the registry.
FIELDS = "ref name version label state stages aliases bad archived created author digest size_bytes files metrics evaluations params tags deleted shares break_glass formats description form symlinks licence seq actor claimed host source reason data code parents children runs trained notes tenures contents deletion deployments requests checks inspection signature environment ci attachments missing marked as_of newest newest_label latest versions holders development former_names recent authority meanings metric. param. tag."
SORTS = "name version created author size label metric. param. tag."
FILTERS = "name version label stage state alias author created size format digest description run metric. param. tag."
COLUMNS = "ref name version label state stages aliases bad archived created author digest size_bytes files deleted shares break_glass formats description metric. param. tag."
ACTIONS = "init create register label evaluate promote rollback retire mark archive delete alias tag describe note rename migrate policy role request approve reject check deploy signal acknowledge supplement data"
JOINING = "alias approve evaluate get label mark path promote reject requests retire show supplement tag"
SETTINGS = "registry actor lock_wait cache color progress pager registries."
COLORS = "auto always never"
PROGRESS = "auto plain none"
