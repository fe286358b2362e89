#compdef modelkeep
# zsh completion for modelkeep. Made from its commands by `make docs`; do not edit.
#
# This script holds the commands and options. Models, versions and other names come from
# `modelkeep __complete`, which only reads the registry.

# Sets `offered` to the commands of a group, or of the program, each with its help.
_modelkeep_commands() {
    case $1 in
    ('')
        offered=(
            'register:Register a file, several files or a directory as a new version'
            'list:List models, or the versions of one model'
            'show:Show what is known of a model or a version'
            'get:Copy an artifact out, and check every byte'
            'diff:Compare versions side by side'
            'promote:Give a version a stage'
            'rollback:Return a stage to its last good version'
            'retire:Empty a stage'
            'history:Show which version held a stage when, why it began and why it ended'
            'status:Show an overview of the registry'
            'evaluate:Add metrics to a version'
            'tag:Set or remove tags of a model or version'
            'alias:Point aliases at a version, or remove them'
            'label:Give a version its label, once'
            'describe:Describe a model or version, or show its description'
            'note:Add a note to a model or version'
            'supplement:Add a licence, a signature or an inspection to a version'
            'rename:Rename a model; its old name still finds it'
            'mark:Mark a version as bad, or as good again'
            'inspect:Show what is in a version or in files: formats, tensors, signature, dangers'
            'identify:Find the versions that a file, directory or digest belongs to'
            'path:Print the path of a read-only view with the real file names'
            'lineage:Show what a version was made from, and what was made from it'
            'data:Record datasets, and show which versions were made from them'
            'audit:Show who did what and when'
            'requests:List the promotions that were asked for, who approved, and what is missing'
            'approve:Approve a promotion that was asked for'
            'reject:Reject a promotion that was asked for, or withdraw your own request'
            'acknowledge:Close what was left for a person to look at'
            'policy:Say what a stage asks for and who may do what, and see what is in force'
            'role:Show and change who has which role of the policy'
            'check:Record what was checked of a version, with the report that shows it'
            'pick:Say which version of a stage serves a key, in a canary or an A/B test'
            'deployment:Record where versions run'
            'deployments:List what runs where, and whether that is what should run'
            'signal:Record what monitoring measured; the policy says what that means'
            'signals:List what monitoring measured, and what a person has still to look at'
            'report:Report what changed and who answers for it, or document a version for an auditor'
            'card:Write the model card of a version, as Hugging Face reads it'
            'bom:Write the bill of materials of a version, as CycloneDX'
            'page:Write the whole registry as one page of HTML, or show it in the browser'
            'verify:Check the log, the tables and every stored byte'
            'archive:Archive versions, or bring them back'
            'backup:Back up the registry, while others write'
            'delete:Delete versions for good; their numbers and labels stay taken'
            'gc:Remove stored files that no version needs'
            'prune:Archive or delete versions that the policy'\''s retention does not keep'
            'doctor:Look for problems with the registry and its place, and say what to do'
            'migrate:Upgrade an older registry to the schema of this program'
            'init:Create a registry'
            'whoami:Show who you are in the log, and what you may do'
            'config:Show and change the settings'
            'hook:List and test the commands and webhooks that run after changes'
            'help:Explain references, states, filters, formats, the policy, exit codes, the environment and schemas'
            'completion:Print the completion script of a shell'
            'demo:Show modelkeep at work, in a registry made for the demo'
        )
        ;;
    (data)
        offered=(
            'add:Record a version of a dataset: its bytes, place, schema, rows and parents'
            'list:List datasets, also those that versions only name'
            'show:Show a dataset, what it was made from, and the versions that used it'
        )
        ;;
    (policy)
        offered=(
            'init:Write a policy.toml and a MODELS.md to begin with'
            'set:Put a policy in force, or with -n show what that would mean'
            'show:Show the policy in force: a page on a terminal, its TOML in a pipe'
            'diff:Compare policies rule by rule: the last change, a file, moments'
            'history:List the policies that were in force'
        )
        ;;
    (role)
        offered=(
            'grant:Give a role to an account or a group of the system'
            'revoke:Take a role from an account or a group'
            'list:List the roles, who has them, and what they allow'
        )
        ;;
    (check)
        offered=(
            'record:Record the result of a check'
            'run:Run a command on a version and record how it ended; exit 1 where it failed'
            'list:List the checks of a version: results, missing, stale and expired ones'
            'show:Show the newest result of a check, or write its evidence'
        )
        ;;
    (deployment)
        offered=(
            'record:Record that a version runs at a target, or has ended there'
        )
        ;;
    (config)
        offered=(
            'list:List the settings, each with its value and origin'
            'get:Print the value of a setting'
            'set:Change a setting in the user'\''s config'
            'trust:Trust a directory of another user, or list the trusted ones'
        )
        ;;
    (hook)
        offered=(
            'list:List the hooks of your config and of the registry'
            'test:Run a hook now, with an older entry of the log'
        )
        ;;
    esac
}

# Sets `offered` to the options of a command, each with its help.
_modelkeep_options() {
    case $1 in
    ('')
        offered=(
            '--version:Print the version.'
        )
        ;;
    (register)
        offered=(
            '--label:An immutable label: 1.2.0.'
            '--bump:The label that follows the highest one.'
            '-p:A training parameter.'
            '--param:A training parameter.'
            '--params:Params from a JSON, TOML or YAML file.'
            '-M:A metric.'
            '--metric:A metric.'
            '--metrics:Metrics from a JSON, TOML or YAML file.'
            '--on:The data the metrics were measured on: a path, a URI, NAME or NAME@VERSION.'
            '--tag:A tag.'
            '--data:The training data: a path, a URI, NAME or NAME@VERSION.'
            '--feature:A view of a feature store, which is read from Feast'\''s registry: payments/card_stats@3.'
            '--parent:A version or URI that it was made from.'
            '--derived-by:What was done with its parents: fine-tune, merge, quantize, distill.'
            '--run:The run that made it: a tracker'\''s id, or a URI.'
            '--code:The commit of its code; auto is that of the git work tree it lies in, HEAD of this directory.'
            '--author:The author.'
            '--trained-at:When it was trained; the time of its newest file by default.'
            '--training-started:When its training began.'
            '--seed:A random seed of its training: 42, numpy=42.'
            '--env:Its Python environment; auto is the activated one, FILE a requirements.txt, a lock file or an export of conda.'
            '--attach:Keep the uncommitted changes of its code, or a file, beside it.'
            '--description:The description.'
            '--licence:The licence: Apache-2.0, MIT OR GPL-3.0-only.'
            '--signature:Its inputs and outputs, as JSON, or as MLflow writes them; those of its format by default.'
            '--no-inspect:Do not look at what is in the files.'
            '--stage:Promote it to this stage too.'
            '--alias:Point this alias at it too.'
            '--if-exists:What to do where the same files are registered already.'
            '--reuse-name:Begin a new model under the name of a deleted one.'
            '--filename:The file name for standard input.'
            '--exclude:Leave out these files.'
            '--include:Include these files, although they look like secrets.'
            '--follow-symlinks:Follow symbolic links.'
            '--move:Remove the files after they are registered.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
            '--expect:Change the stage or alias only if VERSION still has it; none: only if it is empty.'
            '--progress:How to show progress on stderr.'
        )
        ;;
    (list)
        offered=(
            '--stage:Only the versions in this stage.'
            '--tag:Only the versions with this tag.'
            '--where:Only the versions of which a filter holds: metric.auc >= 0.9 AND tag.tier = '\''gold'\''.'
            '--search:Models and versions with these words in a name, description or tag, the best match first; in a pipe ref, field, text.'
            '--sort:Sort versions by a column or by metric.K (the best first), metric.K@DATA, param.K, tag.K.'
            '--limit:At most N rows; 50 on a terminal, all otherwise, by default.'
            '--all:Archived ones and deleted versions too; of a deleted model only by its NAME.'
            '--columns:The columns of versions, separated by commas; of one model in a pipe name,version,label,stage,state,created,author by default, and the --sort KEY.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (show)
        offered=(
            '--field:Only this field: one of the JSON'\''s, metric.K, metric.K@DATA, param.K or tag.K.'
            '--packages:Only the packages of its environment; with -q as pip installs them.'
            '--attachment:Only this attachment: diff, or the name of a file.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (get)
        offered=(
            '--force:Replace a file, or a directory that holds files of an artifact.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
            '--progress:How to show progress on stderr.'
        )
        ;;
    (diff)
        offered=(
            '--exit-code:Exit with 1 if they differ.'
            '--notes:Print release notes of the versions between the two, as Markdown.'
        )
        ;;
    (promote)
        offered=(
            '--share:Only so much of the stage, beside its holder: 10, or 0.5.'
            '--force:Promote it even if it is archived or marked bad.'
            '--request:Ask for it, so that others approve it; see requests.'
            '--break-glass:Waive the rules of the policy that do not hold; takes -m, and another person has to acknowledge it.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
            '--expect:Change the stage or alias only if VERSION still has it; none: only if it is empty.'
        )
        ;;
    (rollback)
        offered=(
            '--to:Return to this version, which held the stage before.'
            '--keep-good:Do not mark the version that leaves the stage as bad.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
            '--expect:Change the stage or alias only if VERSION still has it; none: only if it is empty.'
        )
        ;;
    (retire)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
            '--expect:Change the stage or alias only if VERSION still has it; none: only if it is empty.'
        )
        ;;
    (history)
        offered=(
            '--since:Only entries since then: a time, a date or an age (7d).'
            '--until:Only entries until then.'
            '--limit:Only the newest N.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (status)
        offered=(
            '--size:Add up the sizes of the files even if there are more than 10,000.'
        )
        ;;
    (evaluate)
        offered=(
            '-M:A metric.'
            '--metric:A metric.'
            '--metrics:Metrics from a JSON, TOML or YAML file.'
            '--on:The data the metrics were measured on: a path, a URI, NAME or NAME@VERSION.'
            '--run:The run that made it: a tracker'\''s id, or a URI.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (tag)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (alias)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
            '--expect:Change the stage or alias only if VERSION still has it; none: only if it is empty.'
        )
        ;;
    (label)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (describe)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (note)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (supplement)
        offered=(
            '--licence:The licence: Apache-2.0, MIT OR GPL-3.0-only.'
            '--signature:Its inputs and outputs, as JSON, or as MLflow writes them.'
            '--inspect:Read its stored bytes, and record what is in them.'
            '--env:Its Python environment: the activated one, a requirements.txt, a lock file or an export of conda.'
            '--attach:The uncommitted changes of this directory'\''s work tree, or a file.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (rename)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (mark)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (inspect)
        offered=(
            '--fresh:Read the stored bytes again; without it, what was recorded is shown.'
            '--tensors:List every tensor.'
            '--follow-symlinks:Follow symbolic links in a directory.'
            '--exit-code:Exit with 1 if something is dangerous, unknown, unverified or invalid.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (identify)
        offered=(
            '--exclude:Leave out these files of a directory, as register --exclude does.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (path)
        offered=(
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
            '--progress:How to show progress on stderr.'
        )
        ;;
    (lineage)
        offered=(
            '--up:Only what it was made from.'
            '--down:Only what was made from it, and where it runs.'
            '--depth:Follow at most N steps.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
            '--format:table, lines, json, jsonl, csv, env, or a template: '\''{ref} {digest}'\''.'
        )
        ;;
    ('data add')
        offered=(
            '--schema:A file with its schema, which is kept: at most 1 MiB.'
            '--rows:How many rows it has.'
            '--parent:A dataset that it was made from: raw@2026-02.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    ('data list')
        offered=(
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    ('data show')
        offered=(
            '--print-schema:Print the document with its schema, and nothing else.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (audit)
        offered=(
            '--since:Only entries since then: a time, a date or an age (7d).'
            '--until:Only entries until then.'
            '--actor:Only entries of this account, also behind sudo, claimed name or author: ana, '\''Ana Lima'\'', ana@example.org.'
            '--action:Only these actions: register, promote, rollback ...'
            '--limit:Only the newest N.'
            '--reverse:Newest first.'
        )
        ;;
    (requests)
        offered=(
            '--mine:Only those that you asked for.'
            '--open:Only those that nothing ended.'
            '--to-approve:Only those that lack an approval which you may give and have not given.'
            '--limit:The newest N requests; all by default.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (approve)
        offered=(
            '--plan:Approve only if the plan, which -n shows, still has this digest.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (reject)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (acknowledge)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    ('policy init')
        offered=(
            '-o:Write the policy here; policy.toml by default.'
            '--output:Write the policy here; policy.toml by default.'
            '--force:Overwrite the files if they are there.'
        )
        ;;
    ('policy set')
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    ('policy show')
        offered=(
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    ('policy diff')
        offered=(
            '--exit-code:Exit 1 if they differ.'
        )
        ;;
    ('policy history')
        offered=(
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    ('role grant')
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    ('role revoke')
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    ('role list')
        offered=(
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    ('check record')
        offered=(
            '--evidence:The report that shows it, which is kept; - is standard input.'
            '--expires:How long the result counts, or the last day on which it counts.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    ('check run')
        offered=(
            '--timeout:How long the command may take; 10m by default.'
            '--warn-code:The exit code that means warn; 0 is pass, others are fail.'
            '--evidence:Keep this file, which the command writes, in place of its output.'
            '--expires:How long the result counts, or the last day on which it counts.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    ('check list')
        offered=(
            '--all:Every result, not only the newest of each check.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    ('check show')
        offered=(
            '-o:Write the evidence to a file; - is standard output.'
            '--output:Write the evidence to a file; - is standard output.'
            '--force:Replace the file.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (pick)
        offered=(
            '--key:What is served: the id of a user; may be repeated.'
            '--keys-from:A file with a key a line; - is standard input.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    ('deployment record')
        offered=(
            '--to:Where it runs: k8s/prod-eu.'
            '--endpoint:Its URL; user, query and fragment are dropped.'
            '--status:Its state; stopped and failed end the deployment.'
            '--share:The percentage of the traffic that it gets there, beside other versions: 10.'
            '--stage:The stage whose versions should run there; by default the one that was recorded before.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (deployments)
        offered=(
            '--target:Only deployments at this target.'
            '--drift:Only deployments that should not run there.'
            '--exit-code:Exit with 1 if one of them should not run there.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (signal)
        offered=(
            '--evidently:The numbers of a report of Evidently, in JSON.'
            '--count:The number of observations that the value is from.'
            '--window:The length of time that it covers: 1h.'
            '--source:Who measured it: prometheus.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (signals)
        offered=(
            '--open:Only those that a person has not acknowledged yet.'
            '--since:Only from this moment on.'
            '--limit:At most so many.'
            '--exit-code:Exit with 1 if one of them is open.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (report)
        offered=(
            '--since:The beginning of the period: a time, a date or an age (90d).'
            '--until:The end of the period.'
            '--model:Only this model.'
            '--verify:Verify the log too, and say what was found.'
            '--annex-iv:The technical documentation of REF after Annex IV of the EU AI Act.'
            '-o:Write it into this file: HTML if it is FILE.html, else Markdown.'
            '--output:Write it into this file: HTML if it is FILE.html, else Markdown.'
            '--force:Overwrite the file if it is there.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (card)
        offered=(
            '--template:A template of your own, with parts as {{metrics}}.'
            '--print-template:Print the built-in template, to begin one of your own.'
            '-o:Write it into this file: HTML if it is FILE.html, else Markdown.'
            '--output:Write it into this file: HTML if it is FILE.html, else Markdown.'
            '--force:Overwrite the file if it is there.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (bom)
        offered=(
            '-o:Write it into this file.'
            '--output:Write it into this file.'
            '--force:Overwrite the file if it is there.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
        )
        ;;
    (page)
        offered=(
            '-o:Write the page into this file; - is standard output.'
            '--output:Write the page into this file; - is standard output.'
            '--open:Show it in the browser; without -o the file is a temporary one.'
            '--title:What the page is called.'
            '--force:Overwrite the file if it is there.'
            '--as-of:Answer as of then: a time, a date, an age or seq:N.'
            '--progress:How to show progress on stderr.'
        )
        ;;
    (verify)
        offered=(
            '--log:Check only the log and its tables.'
            '--bytes:Check only the stored files.'
            '--quick:The log by form, chain and details, without replay, tables and indexes; the bytes by existence, size and mode, without their hash; with --log or --bytes one of the two.'
            '--subset:Check only the K-th of N parts of the stored files; N is at most 9999.'
            '--repair:Restore damaged files from this file, directory, backup or registry.'
            '-n:Show what --repair would do, and write nothing.'
            '--dry-run:Show what --repair would do, and write nothing.'
            '--accept-head:Accept a log that went backwards, and remember its head.'
            '--head:The log must have the entry with this hash: a head_hash of status that was kept elsewhere.'
            '--progress:How to show progress on stderr.'
        )
        ;;
    (archive)
        offered=(
            '--undo:Bring them back, but not into their stages.'
            '--all-versions:All versions of the models named.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (backup)
        offered=(
            '--verify:Hash what the backup already has, and copy it again where it is damaged.'
            '-n:Show what is new, and write nothing.'
            '--dry-run:Show what is new, and write nothing.'
            '--progress:How to show progress on stderr.'
        )
        ;;
    (delete)
        offered=(
            '--force:Delete versions even if they are or were in a protected stage, which is then empty.'
            '--all-versions:Delete the models named, with all their versions.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (gc)
        offered=(
            '--grace:Keep files that were stored or deleted less than TIME ago; 7d by default.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
            '--progress:How to show progress on stderr.'
        )
        ;;
    (prune)
        offered=(
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (migrate)
        offered=(
            '--rebuild:Keep the schema, and make every table again from the log where one is damaged.'
            '-m:The reason, kept in the log.'
            '--message:The reason, kept in the log.'
            '-n:Show what would change, and write nothing.'
            '--dry-run:Show what would change, and write nothing.'
            '--lock-wait:How long to wait for other writers; 30s by default.'
        )
        ;;
    (init)
        offered=(
            '--stages:The stages, lowest first: staging,production.'
            '--store:Keep the files of artifacts in this directory, on another disk.'
            '--shared:The members of this group may read and write; also later.'
            '--readers:The members of this group may read.'
        )
        ;;
    ('config trust')
        offered=(
            '--remove:Do not trust it any longer.'
        )
        ;;
    ('hook test')
        offered=(
            '--event:Try it with the newest entry of this action: promote, register ...'
        )
        ;;
    (completion)
        offered=(
            '--as:The name to complete, if modelkeep is installed under another one.'
        )
        ;;
    (demo)
        offered=(
            '--keep:Keep the registry of the demo in this directory.'
        )
        ;;
    esac
    offered+=(
        '--registry:The registry: a directory, or a name from the config.'
        '--json:Print one JSON document; the same as --format json.'
        '--format:table, lines, json, jsonl, csv, env, or a template: '\''{ref} {digest}'\''.'
        '-q:Print identifiers only.'
        '--quiet:Print identifiers only.'
        '-v:Say on stderr which registry is used.'
        '--verbose:Say on stderr which registry is used.'
        '--no-color:Print no colors; NO_COLOR does the same.'
        '--yes:Delete without asking.'
        '-0:End each line or record with a NUL character.'
        '--null:End each line or record with a NUL character.'
        '--github-output:Append the fields of the answer to the file $GITHUB_OUTPUT.'
        '--no-pager:Print a long answer at once, without a pager.'
        '--no-input:Ask no questions; what needs an answer is refused.'
    )
}

# Sets `command` to the command, and `expected` to the kind of the last word: command, option or value.
_modelkeep_place() {
    local word valued=' --action --actor --alias --as --as-of --attach --attachment --author --bump --code --columns --count --data --depth --derived-by --description --endpoint --env --event --evidence --evidently --exclude --expect --expires --feature --field --filename --format --grace --head --if-exists --include --keep --key --keys-from --label --licence --limit --lock-wait --message --metric --metrics --model --on --output --param --params --parent --plan --progress --readers --registry --repair --rows --run --schema --search --seed --share --shared --signature --since --sort --source --stage --stages --status --store --subset --tag --target --template --timeout --title --to --trained-at --training-started --until --warn-code --where --window -M -m -o -p '
    for word in "${asked[@]}"; do
        if [[ -n $pending ]]; then
            pending=''
        elif [[ -n $ended || $word != -?* ]]; then
            if [[ $expected == command ]]; then
                case $word in
                (ls) word=list ;;
                esac
                command+=${command:+ }$word
                case $command in
                (data | policy | role | check | deployment | config | hook) ;;
                (*) expected=value ;;
                esac
            fi
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $valued == *" $word "* ]]; then
            pending=1
        fi
    done
    if [[ -n $pending ]]; then
        expected=value
    elif [[ -z $ended && $typed == -* ]]; then
        case $typed in
        (*=*) expected=value ;;
        (*) expected=option ;;
        esac
    fi
}

# Offers the candidates of the program.
_modelkeep_values() {
    local program=${(Q)words[1]} before='' paths='' line word entry result=1
    local -a open closed
    # As references are matched: `FR` finds `fraud`.
    local -a matched=(-M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}')
    whence -p -- "$program" >/dev/null || program=modelkeep
    # Of --option=VALUE only the value is listed.
    if [[ -z $pending && -z $ended && $typed == -*=* ]] && compset -P '[^=]##='; then before=${typed%%=*}=; fi
    for line in "${(@f)$(command "$program" __complete -- "${asked[@]}" "$typed" 2>/dev/null </dev/null)}"; do
        word=${line%%$'\t'*} line=${line#*$'\t'}
        if [[ -z $word ]]; then
            paths=$line
            continue
        fi
        word=${word:${#before}}
        entry=${${word//\\/\\\\}//:/\\:}${line:+:$line}
        # Some candidates lead on to others, as all in a filter do: no blank follows them, and no quote is closed.
        case "${quote:+${asked[$#asked]-} $typed} $word" in
        (--where\ * | ' --where='* | *[@:=./]) open+=("$entry") ;;
        (*) closed+=("$entry") ;;
        esac
    done
    if (( ${#closed} + ${#open} )); then
        _describe -V -t values value closed "${matched[@]}" -- open "${matched[@]}" -S '' && result=0
    fi
    case $paths in
    (files) { _files || { compset -P '*=' && _files } } && result=0 ;;
    (directories) _files -/ && result=0 ;;
    esac
    return result
}

_modelkeep() {
    local command='' expected=command pending='' ended='' quote=$compstate[quote]
    local -a asked=("${(@Q)words[2,CURRENT-1]}") offered
    local typed=${(Q)${:-$quote$PREFIX$quote}}
    _modelkeep_place
    case $expected in
    (command) _modelkeep_commands "$command" && _describe -V -t commands command offered ;;
    (option) _modelkeep_options "$command" && _describe -V -o option offered ;;
    (value) _modelkeep_values ;;
    esac
}

# A file of `fpath` is the function itself; otherwise the script is evaluated in ~/.zshrc.
if [[ ${funcstack[1]-} == _modelkeep ]]; then
    _modelkeep "$@"
elif (( ${+functions[compdef]} )); then
    compdef _modelkeep modelkeep
else
    print -ru2 -- 'modelkeep: completion needs this line before its own: autoload -Uz compinit && compinit'
fi
