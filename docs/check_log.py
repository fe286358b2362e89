"""Check the log of a modelkeep registry from outside: its form and its chain, with Python's standard library alone.

    python3 check_log.py /srv/models [HASH-OF-A-HEAD-KEPT-ELSEWHERE]

Exit 0 and the head if the log holds; exit 5 and what is wrong if it does not. docs/log-format.md describes the
format. `modelkeep verify` also decides every entry again, makes every table again, and reads every stored byte.
"""

import hashlib
import json
import re
import sqlite3
import sys
from datetime import datetime

ENTRY = {"events", "format", "intent", "observed", "seq", "time"}, {"clock", "prev", "signatures"}
INTENT = (
    {"command", "format", "id", "registry", "time"},
    {"actor", "details", "expect", "not_after", "origin", "seen", "subject"},
)
COMMANDS = re.compile(
    "init|create|register|label|evaluate|promote|rollback|retire|mark|archive|delete|alias|tag|describe|note|rename|"
    "migrate|policy|role|request|approve|reject|check|deploy|signal|acknowledge|supplement|data"
)
EVENTS = re.compile(
    "RegistryCreated|Model(Created|Renamed|Deleted)|Version(Registered|Labelled|Promoted|Marked|Archived|Restored|Deleted)|"
    "NumbersSkipped|MetricsRecorded|Stage(RolledBack|Retired)|Alias(Set|Removed)|Tagged|Described|NoteAdded|"
    "PolicySet|Role(Granted|Revoked)|PromotionRequested|Request(Approved|Rejected)|CheckRecorded|DeploymentRecorded|"
    "SignalReceived|Item(Opened|Closed)|VersionSupplemented|DatasetAdded"
)
DOCUMENTS = re.compile("metrics_document|rules|source|plan|evidence|environment|inspected|interface|schema")  # fields
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def has_default(value):
    """A field that is null, false or empty must be left out."""
    if isinstance(value, dict) and any(each in (None, [], {}, "") or each is False for each in value.values()):
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(has_default, inner))


def has_wrong_value(value):
    """Numbers are whole and exact in every JSON library; text has no NUL."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, (dict, list)):
        return any(map(has_wrong_value, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) or abs(value) > 2**53 - 1


def is_time(text):
    try:
        return bool(TIME.fullmatch(text) and datetime.fromisoformat(text[:-1]))
    except ValueError:
        return False


def details_digest(text):
    """A line counts by its digest, which stands in its place once the line is redacted."""
    header, *lines = text.split("\n")[:-1]
    digests = [line if line.startswith("sha256:") else sha256(line.encode()) for line in lines]
    return sha256("".join(f"{line}\n" for line in [header, *digests]).encode())


def has_other_fields(value, fields):
    needed, optional = fields
    return not needed <= set(value) <= needed | optional


def check(database, kept_head=None):
    details = dict(database.execute("SELECT digest, text FROM details"))
    documents = dict(database.execute("SELECT digest, bytes FROM document"))
    hashes, ids, named, time, registry = {0: None}, set(), set(), "", None
    for seq, data in database.execute("SELECT seq, bytes FROM entry ORDER BY seq"):
        entry = json.loads(data)
        intent = entry["intent"]
        registry = registry or intent["registry"]
        seen = intent.get("seen", {"seq": 0, "hash": None})
        digest = intent.get("details")
        text = details.pop(digest, None)
        for wrong, what in (
            (len(data) > 65535 or canonical(entry) != data or has_default(entry), "is not canonical JSON"),
            (entry["format"] != "modelkeep entry 1" or intent["format"] != "modelkeep intent 1", "has another format"),
            (has_wrong_value(entry), "has a number out of range, or text with a NUL character"),
            (not COMMANDS.fullmatch(intent["command"]["kind"]), "has a command of an unknown kind"),
            (
                not entry["events"] or not all(EVENTS.fullmatch(event["kind"]) for event in entry["events"]),
                "has no events, or one of an unknown kind",
            ),
            (has_other_fields(entry, ENTRY) or has_other_fields(intent, INTENT), "has other fields"),
            (entry["seq"] != seq or seq != len(hashes), "is not in its place"),
            (entry.get("prev") != hashes.get(seq - 1), "does not name the hash of the entry before"),
            (
                not all(map(is_time, (entry["time"], intent["time"], entry.get("clock", entry["time"]))))
                or entry.get("clock") == entry["time"]
                or entry["time"] != max(entry.get("clock", entry["time"]), time),
                "has a time that is not one of the log, or not the later of its clock's and the entry's before",
            ),
            (intent["registry"] != registry or intent["id"] in ids, "is of another registry, or repeats an intent"),
            (
                (seen["seq"] == 0) != (seq == 1) or hashes.get(seen["seq"], "") != seen["hash"],
                "saw a head that never was",
            ),
            (digest and (text is None or details_digest(text) != digest), "lacks its details, or they were changed"),
        ):
            if wrong:
                yield f"entry {seq} {what}"
        command = intent["command"]
        named |= {intent["subject"]["digest"]} if command["kind"] == "register" else set()
        if "evidence_bytes" not in command:  # such evidence is no document, but in the store
            named |= {each for field, each in command.items() if DOCUMENTS.fullmatch(field) and isinstance(each, str)}
        named |= {attachment["digest"] for attachment in command.get("attachments", ())}
        hashes[seq] = sha256(b"\0" + data)
        ids.add(intent["id"])
        time = entry["time"]
    yield from (f"the details {digest} belong to no entry" for digest in details)
    yield from (f"the document {digest} is missing, or no entry names it" for digest in named ^ set(documents))
    yield from (f"the document {digest} was changed" for digest, data in documents.items() if sha256(data) != digest)
    if kept_head is not None and kept_head not in hashes.values():
        yield f"the head {kept_head} is not in this log"
    print(f"{len(hashes) - 1} entries, head {[*hashes.values()][-1]}")


def main():
    database = sqlite3.connect(f"file:{sys.argv[1]}/registry.db?mode=ro", uri=True)
    wrong = False
    try:
        for finding in check(database, *sys.argv[2:3]):
            print(finding)
            wrong = True
    except (ValueError, KeyError, TypeError, AttributeError, sqlite3.Error) as error:
        print(f"the log cannot be read: {type(error).__name__}: {error}")
        wrong = True
    return 5 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
