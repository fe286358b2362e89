"""The story: a team, a small fraud model, a bad release, and somebody who forges the books."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime

from modelkeep.demo import harm
from modelkeep.demo.payments import write_month
from modelkeep.demo.teller import NotAsTold, Teller

REGISTRY = "models"
_SEEDS = {"01": 20_261, "02": 20_262, "03": 9, "04": 20_264}
_CENTS = "03"
_FEATURES = "amount,night,abroad,tries"


def play(teller: Teller) -> None:
    """Play all scenes, one after the other, in the teller's place."""
    _prepare(teller.place)
    _first_model(teller)
    before = _better_model(teller)
    _bad_release(teller)
    _back(teller)
    _what_was(teller, before)
    _where_from(teller)
    _harm(teller)


def _prepare(place: str) -> None:
    import shutil

    shutil.copyfile(os.path.join(os.path.dirname(__file__), "train.py"), os.path.join(place, "train.py"))
    for month, seed in _SEEDS.items():
        write_month(os.path.join(place, f"payments-2026-{month}.csv"), seed, in_cents=month == _CENTS)


def _first_model(teller: Teller) -> None:
    teller.scene("A first model")
    teller.say(
        "Ana trains a model of card fraud on January: logistic regression, saved as a safetensors file.\n"
        "A registry is one SQLite file and one directory."
    )
    teller.become("ana@example.com")
    teller.run(f"modelkeep init {REGISTRY}", rf"{REGISTRY}\n")
    teller.run(
        "python train.py fit payments-2026-01.csv --features amount,abroad --out model.safetensors",
        r"model\.safetensors: auc 0\.\d+, caught \d+ of \d+ frauds",
    )
    teller.run(
        "modelkeep register fraud model.safetensors --metrics metrics.json --params params.json \\\n"
        "    --data train=payments-2026-01.csv",
        r"fraud@1\n",
        r"1 file",
    )
    teller.run('modelkeep promote fraud@1 production -m "first model"', r"production: none -> fraud@1")


def _better_model(teller: Teller) -> str:
    """Return the moment just before the second version went live."""
    teller.scene("A better one")
    teller.say("Ana adds February and two features. Ben looks at it and puts it live.")
    teller.run(
        "python train.py fit payments-2026-01.csv payments-2026-02.csv \\\n"
        f"    --features {_FEATURES} --out model.safetensors"
    )
    teller.run(
        "modelkeep register fraud model.safetensors --metrics metrics.json --params params.json \\\n"
        "    --data train=payments-2026-01.csv --data train=payments-2026-02.csv --stage staging",
        r"fraud@2\n",
        r"auc 0\.\d+ \([+-]0\.\d+ against production, fraud@1\)",
    )
    teller.become("ben@example.com")
    teller.run("modelkeep diff fraud@2", r"auc", r"recall")
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    teller.run(
        'modelkeep promote fraud@2 production --expect 1 -m "catches more, same false alarms"',
        r"production: fraud@1 -> fraud@2",
    )
    teller.run("modelkeep list", r"fraud", r"production")
    return moment


def _bad_release(teller: Teller) -> None:
    teller.scene("A bad release")
    teller.say(
        "March: the export gives amounts in cents. On its own data the model looks better than ever,\n"
        "because the same mistake is in the payments it is measured on."
    )
    teller.become("ana@example.com")
    teller.run(f"python train.py fit payments-2026-03.csv --features {_FEATURES} --out model.safetensors")
    teller.run(
        "modelkeep register fraud model.safetensors --metrics metrics.json --params params.json \\\n"
        "    --data train=payments-2026-03.csv --parent fraud@2",
        r"fraud@3\n",
        r"against production, fraud@2\)",
    )
    teller.run('modelkeep promote fraud@3 production -m "march data"', r"production: fraud@2 -> fraud@3")
    teller.say("April's payments arrive. The version before would have caught them; what is live does not.")
    better = teller.run("python train.py score $(modelkeep path fraud@2) payments-2026-04.csv", r"caught \d+ of")
    worse = teller.run(
        "python train.py score $(modelkeep path fraud@production) payments-2026-04.csv", r"caught \d+ of"
    )
    if _caught(worse) * 2 > _caught(better):
        message = f"the demo is not as told: the bad release catches {_caught(worse)}, the good one {_caught(better)}"
        raise NotAsTold(message, None)


def _back(teller: Teller) -> None:
    teller.scene("Back, now")
    teller.say("Cho is on call.")
    teller.become("cho@example.com")
    teller.run(
        'modelkeep rollback fraud@3 -m "misses nine frauds of ten"',
        r"production: fraud@3 -> fraud@2",
        r"fraud@3 is marked bad",
    )
    teller.say("Her pager's script tries it too: from 3, and 3 is not live any more.")
    teller.run("modelkeep rollback fraud@3", r"nothing to do")
    teller.say("What April showed is written down beside what March had promised, and nobody puts 3 back by accident.")
    teller.run("modelkeep evaluate fraud@3 --metrics metrics.json --on payments-2026-04.csv", r"fraud@3\n")
    teller.run("modelkeep promote fraud@3 production", r"error: .*bad", exits=4)
    teller.run("modelkeep list fraud", r"bad")


def _what_was(teller: Teller, moment: str) -> None:
    teller.scene("What was live when?")
    teller.run("modelkeep history fraud production", r"fraud@1", r"fraud@2", r"fraud@3")
    teller.say("Nobody waits a day for a demo: here is the moment before Ben's release. Yesterday is --as-of 1d.")
    teller.run(f"modelkeep show fraud@production --field ref --as-of {moment}", r"fraud@1\n")
    teller.run("modelkeep show fraud@production --field ref", r"fraud@2\n")
    teller.say("And yesterday there was no registry:")
    teller.run("modelkeep show fraud@production --field ref --as-of 1d", r"error: ", exits=3)


def _where_from(teller: Teller) -> None:
    teller.scene("Where is it from, and what is this file?")
    teller.run("modelkeep show fraud@2", r"ana@example\.com", r"amount,night,abroad,tries")
    teller.run("modelkeep lineage fraud@2", r"payments-2026-02\.csv", r"fraud@3")
    teller.say("A file lies on the scoring machine. Which version is it, and is that one live?")
    teller.run("modelkeep get fraud@1 scorer/", r"scorer/model\.safetensors")
    teller.run("modelkeep identify scorer/model.safetensors", r"fraud@1", r"superseded")
    teller.run("modelkeep audit fraud", r"promoted fraud@3", r"rolled fraud production back")


def _harm(teller: Teller) -> None:
    teller.scene("Can all this be trusted?")
    teller.run("modelkeep verify", r"ok")
    teller.say("Harm is done to copies. First one bit of fraud@2's weights; size and times stay.")
    view = teller.run("modelkeep path fraud@2", r"model\.safetensors\n").strip()
    stored = os.path.relpath(os.path.realpath(view), os.path.join(teller.place, REGISTRY))
    teller.run(f"cp -R {REGISTRY} flipped")
    teller.say(f"by hand: one bit in flipped/{stored}")
    harm.flip_a_bit(os.path.join(teller.place, "flipped", stored))
    teller.run("modelkeep verify --registry flipped", r"fraud@2", exits=5)
    teller.say("And it cannot leave:")
    teller.run("modelkeep get fraud@2 wrong.safetensors --registry flipped", r"error: ", exits=5)
    teller.say("Then somebody improves a metric in the tables.")
    _forge(teller, "forged", "UPDATE metric SET value = '0.9999' WHERE seq = 6 AND name = 'auc'", r"metric")
    teller.say("And somebody who knows more improves it in the log itself, from which the tables are made.")
    _forge(
        teller,
        "rewritten",
        """UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"auc","0.', '"auc","0.9') AS BLOB) WHERE seq = 6""",
        r"entry",
    )
    teller.say("The team's own registry is what it was.")
    teller.run("modelkeep verify", r"ok")


def _forge(teller: Teller, copy: str, statement: str, finding: str) -> None:
    teller.run(f"cp -R {REGISTRY} {copy}")
    teller.say(f"by hand, in {copy}/registry.db: {statement}")
    harm.forge(os.path.join(teller.place, copy), statement)
    teller.run(f"modelkeep verify --registry {copy}", finding, exits=5)


def _caught(said: str) -> int:
    found = re.search(r"caught (\d+) of", said)
    return int(found.group(1)) if found else 0
