"""Made-up card payments of a month, the same with the same frauds on every machine."""

from __future__ import annotations

import csv
import math
import random

COLUMNS = ("amount", "night", "abroad", "tries", "fraud")
_FRAUD = {"always": -6.2, "amount": 0.012, "night": 1.4, "abroad": 1.8, "tries": 0.9}
_CENTS = 100.0


def write_month(path: str, seed: int, *, count: int = 1_500, in_cents: bool = False) -> None:
    """Write a month of payments as CSV; ``in_cents`` is the mistake of an export, amounts times a hundred."""
    chance = random.Random(seed)  # noqa: S311  repeatable on purpose
    with open(path, "w", newline="", encoding="ascii") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for _ in range(count):
            amount = round(-90.0 * math.log(1.0 - chance.random()), 2)
            night, abroad = int(chance.random() < 0.2), int(chance.random() < 0.12)
            tries = sum(chance.random() < 0.3 for _ in range(4))
            odds = (
                _FRAUD["always"]
                + _FRAUD["amount"] * amount
                + _FRAUD["night"] * night
                + _FRAUD["abroad"] * abroad
                + _FRAUD["tries"] * tries
            )
            fraud = int(chance.random() < 1.0 / (1.0 + math.exp(-odds)))
            shown = amount * _CENTS if in_cents else amount
            rows.writerow([f"{shown:.2f}", night, abroad, tries, fraud])
