"""The story: a team, made-up card payments, a small fraud model, a bad release, a rollback, and a forged log."""

from __future__ import annotations

import csv
import math
import os
import random
import re
from datetime import UTC, datetime

from modelkeep.demo import harm
from modelkeep.demo.player import DemoFailed, Player

REGISTRY = "models"
_SEEDS = {"01": 20_261, "02": 20_262, "03": 9, "04": 20_264}
_CENTS = "03"
_FEATURES = "amount,night,abroad,tries"
_COLUMNS = ("amount", "night", "abroad", "tries", "fraud")


def play(player: Player) -> None:
    """Play all scenes, one after the other, in the player's directory."""
    _prepare(player.directory)
    _first_model(player)
    before = _better_model(player)
    _bad_release(player)
    _roll_back(player)
    _ask_about_the_past(player, before)
    _show_lineage(player)
    _harm(player)


def _prepare(directory: str) -> None:
    import shutil

    shutil.copyfile(os.path.join(os.path.dirname(__file__), "train.py"), os.path.join(directory, "train.py"))
    for month, seed in _SEEDS.items():
        write_month(os.path.join(directory, f"payments-2026-{month}.csv"), seed, in_cents=month == _CENTS)


def _first_model(player: Player) -> None:
    player.scene("A first model")
    player.comment(
        "Ana trains a model of card fraud on January: logistic regression, saved as a safetensors file.\n"
        "A registry is one SQLite file and one directory."
    )
    player.act_as("ana@example.com")
    player.run(f"modelkeep init {REGISTRY}", rf"{REGISTRY}\n")
    player.run(
        "python train.py fit payments-2026-01.csv --features amount,abroad --out model.safetensors",
        r"model\.safetensors: auc 0\.\d+, caught \d+ of \d+ frauds",
    )
    _register(player, "--data train=payments-2026-01.csv", r"fraud@1\n", r"1 file")
    player.run('modelkeep promote fraud@1 production -m "first model"', r"production: none -> fraud@1")


def _better_model(player: Player) -> str:
    """Return the moment just before the second version went into production."""
    player.scene("A better one")
    player.comment("Ana adds February and two features. Ben reviews it and puts it into production.")
    player.run(
        "python train.py fit payments-2026-01.csv payments-2026-02.csv \\\n"
        f"    --features {_FEATURES} --out model.safetensors"
    )
    _register(
        player,
        "--data train=payments-2026-01.csv --data train=payments-2026-02.csv --stage staging",
        r"fraud@2\n",
        r"auc 0\.\d+ \(\+0\.\d+ better than production, fraud@1\)",
    )
    player.act_as("ben@example.com")
    player.run("modelkeep diff fraud@2", r"auc", r"recall")
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    player.run(
        'modelkeep promote fraud@2 production --expect 1 -m "catches more, same false alarms"',
        r"production: fraud@1 -> fraud@2",
    )
    player.run("modelkeep list", r"fraud", r"production")
    return moment


def _bad_release(player: Player) -> None:
    player.scene("A bad release")
    player.comment(
        "March: the export gives amounts in cents. On its own data the model looks better than ever,\n"
        "because the same mistake is in the payments it is measured on."
    )
    player.act_as("ana@example.com")
    player.run(f"python train.py fit payments-2026-03.csv --features {_FEATURES} --out model.safetensors")
    source = "--data train=payments-2026-03.csv --parent fraud@2"
    _register(player, source, r"fraud@3\n", r"(better|worse) than production, fraud@2\)")
    player.run('modelkeep promote fraud@3 production -m "march data"', r"production: fraud@2 -> fraud@3")
    player.comment(
        "April's payments arrive. The version before would have caught them; the one in production does not."
    )
    better = player.run("python train.py score $(modelkeep path fraud@2) payments-2026-04.csv", r"caught \d+ of")
    worse = player.run(
        "python train.py score $(modelkeep path fraud@production) payments-2026-04.csv", r"caught \d+ of"
    )
    if _frauds_caught(worse) * 2 > _frauds_caught(better):
        message = f"the demo went wrong: the bad release catches {_frauds_caught(worse)}, the good one {_frauds_caught(better)}"
        raise DemoFailed(message, None)


def _roll_back(player: Player) -> None:
    player.scene("Back, now")
    player.comment("Cho is on call.")
    player.act_as("cho@example.com")
    player.run(
        'modelkeep rollback fraud@3 -m "misses nine frauds of ten"',
        r"production: fraud@3 -> fraud@2",
        r"fraud@3 is marked bad",
    )
    player.comment("Her pager's script tries it too: from 3, but 3 is not in production any more.")
    player.run("modelkeep rollback fraud@3", r"nothing to do")
    player.comment(
        "The metrics on April are recorded beside those on March, and version 3 cannot be promoted by accident."
    )
    player.run(
        "modelkeep evaluate fraud@3 --metrics metrics.json --on payments-2026-04.csv",
        r"auc@payments-2026-04\.csv@sha256:[0-9a-f]{12}: none -> ",
    )
    player.run("modelkeep promote fraud@3 production", r"error: .*bad", exits=4)
    player.run("modelkeep list fraud", r"bad")


def _ask_about_the_past(player: Player, moment: str) -> None:
    player.scene("What was in production when?")
    player.run("modelkeep history fraud production", r"fraud@1", r"fraud@2", r"fraud@3")
    player.comment("--as-of takes any moment. Here is the one before Ben's release; yesterday would be --as-of 1d.")
    player.run(f"modelkeep show fraud@production --field ref --as-of {moment}", r"fraud@1\n")
    player.run("modelkeep show fraud@production --field ref", r"fraud@2\n")
    player.comment("And yesterday there was no registry:")
    player.run("modelkeep show fraud@production --field ref --as-of 1d", r"error: ", exits=3)


def _show_lineage(player: Player) -> None:
    player.scene("Where is it from, and what is this file?")
    player.run("modelkeep show fraud@2", r"ana@example\.com", r"amount,night,abroad,tries")
    player.run("modelkeep lineage fraud@2", r"payments-2026-02\.csv", r"fraud@3")
    player.comment("There is a file on the scoring machine. Which version is it, and is that one in production?")
    player.run("modelkeep get fraud@1 scorer/", r"scorer/model\.safetensors")
    player.run("modelkeep identify scorer/model.safetensors", r"fraud@1", r"superseded")
    player.run("modelkeep audit fraud", r"promoted fraud@3", r"rolled fraud production back")


def _harm(player: Player) -> None:
    player.scene("Can all this be trusted?")
    player.run("modelkeep verify", r"ok")
    player.comment("Harm is done to copies. First one bit of fraud@2's weights is flipped; size and times stay.")
    view = player.run("modelkeep path fraud@2", r"model\.safetensors\n").strip()
    stored = os.path.relpath(os.path.realpath(view), os.path.join(player.directory, REGISTRY))
    player.run(f"cp -R {REGISTRY} flipped")
    player.comment(f"by hand: one bit in flipped/{stored}")
    harm.flip_a_bit(os.path.join(player.directory, "flipped", stored))
    player.run("modelkeep verify --registry flipped", r"fraud@2", exits=5)
    player.comment("And the damaged file is not handed out:")
    player.run("modelkeep get fraud@2 wrong.safetensors --registry flipped", r"error: ", exits=5)
    player.comment("Then a metric is improved in the tables.")
    _forge(player, "forged", "UPDATE metric SET value = '0.9999' WHERE seq = 6 AND name = 'auc'", r"metric")
    player.comment("And then in the log itself, from which the tables are made.")
    _forge(
        player,
        "rewritten",
        """UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"auc","0.', '"auc","0.9') AS BLOB) WHERE seq = 6""",
        r"entry",
    )
    player.comment("The team's own registry is unchanged.")
    player.run("modelkeep verify", r"ok")


def _register(player: Player, source: str, *patterns: str) -> None:
    line = f"modelkeep register fraud model.safetensors --metrics metrics.json --params params.json \\\n    {source}"
    player.run(line, *patterns)


def _forge(player: Player, copy: str, statement: str, finding: str) -> None:
    player.run(f"cp -R {REGISTRY} {copy}")
    player.comment(f"by hand, in {copy}/registry.db: {statement}")
    harm.forge(os.path.join(player.directory, copy), statement)
    player.run(f"modelkeep verify --registry {copy}", finding, exits=5)


def _frauds_caught(output: str) -> int:
    found = re.search(r"caught (\d+) of", output)
    return int(found.group(1)) if found else 0


def write_month(path: str, seed: int, *, count: int = 1_500, in_cents: bool = False) -> None:
    """Write a month of payments as CSV; ``in_cents`` is the mistake of an export, amounts times a hundred."""
    chance = random.Random(seed)  # noqa: S311  repeatable on purpose
    with open(path, "w", newline="", encoding="ascii") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(_COLUMNS)
        for _ in range(count):
            amount = round(-90.0 * math.log(1.0 - chance.random()), 2)
            night, abroad = int(chance.random() < 0.2), int(chance.random() < 0.12)
            tries = sum(chance.random() < 0.3 for _ in range(4))
            odds = -6.2 + 0.012 * amount + 1.4 * night + 1.8 * abroad + 0.9 * tries
            fraud = int(chance.random() < 1.0 / (1.0 + math.exp(-odds)))
            shown = amount * 100.0 if in_cents else amount
            rows.writerow([f"{shown:.2f}", night, abroad, tries, fraud])
