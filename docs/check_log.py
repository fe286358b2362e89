"""Check the log of a modelkeep registry from the outside: its form and its chain, by nothing but the standard library.

    python3 check_log.py /srv/models [HASH-OF-A-HEAD-KEPT-ELSEWHERE]

Exit 0 and the head if it holds, 5 and what is wrong if not. It is short enough to be read before it is believed. What
`modelkeep verify` does beyond it: it decides every entry again, makes every table anew, and reads every stored byte.
"""

import hashlib
import json
import sqlite3
import sys

ENTRY = "clock events format intent observed prev seq signatures time"
INTENT = "actor arguments details expect format id kind not_after origin registry seen subject time"


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def details_digest(text):
    """A line may stand for itself or, once it is redacted, be its own digest."""
    head, *lines = text.split("\n")[:-1]
    kept = [line if line.startswith("sha256:") else sha256(line.encode()) for line in lines]
    return sha256("".join(f"{line}\n" for line in [head, *kept]).encode())


def check(database, kept_head=None):
    hashes, ids, before, registry = [None], set(), "", None
    for seq, data in database.execute("SELECT seq, bytes FROM entry ORDER BY seq"):
        entry = json.loads(data)
        intent = entry["intent"]
        registry = registry or intent["registry"]
        for wrong, what in (
            (canonical(entry) != data, "is not canonical JSON"),
            (entry["format"] != "modelkeep entry 1" or intent["format"] != "modelkeep intent 1", "has another format"),
            (" ".join(sorted(entry)) != ENTRY or " ".join(sorted(intent)) != INTENT, "has other fields"),
            (entry["seq"] != seq or seq != len(hashes), "is out of its place"),
            (entry["prev"] != hashes[-1], "does not hold on to the entry before"),
            (entry["time"] < before, "is older than the entry before"),
            (intent["registry"] != registry or intent["id"] in ids, "is of another registry, or told twice"),
            (seq > 1 and intent["seen"]["hash"] not in hashes[1:][intent["seen"]["seq"] - 1 :][:1], "saw another head"),
        ):
            if wrong:
                yield f"entry {seq} {what}"
        if intent["details"] is not None:
            row = database.execute("SELECT text FROM details WHERE digest = ?", [intent["details"]]).fetchone()
            if row is None or details_digest(row[0]) != intent["details"]:
                yield f"the details of entry {seq} are missing or changed"
        hashes.append(sha256(b"\0" + data))
        ids.add(intent["id"])
        before = entry["time"]
    for digest, data in database.execute("SELECT digest, bytes FROM document"):
        if sha256(data) != digest:
            yield f"the document {digest} was changed"
    if kept_head is not None and kept_head not in hashes[1:]:
        yield f"the head {kept_head} that was kept is not in this log"
    print(f"{len(hashes) - 1} entries, head {hashes[-1]}")


def main():
    database = sqlite3.connect(f"file:{sys.argv[1]}/registry.db?mode=ro", uri=True)
    wrong = 0
    try:
        for finding in check(database, *sys.argv[2:3]):
            print(finding)
            wrong += 1
    except (ValueError, KeyError, TypeError, sqlite3.Error) as error:
        print(f"the log cannot be read: {type(error).__name__}: {error}")
        wrong += 1
    return 5 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
