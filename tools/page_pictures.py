"""Takes the pictures of `modelkeep page` for README and docs: ``python -m tools.page_pictures``.

They show an invented registry in Debian's chromium. Browsers draw differently, so nothing compares the pictures.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelkeep.registry import Registry

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
#: Name, address, width, height and colours of each picture.
PICTURES = (
    ("page-models.png", "#/", 1200, 760, "light"),
    ("page-model.png", "#/payments/fraud", 1200, 860, "light"),
    (
        "page-compare.png",
        "#compare?ref=payments%2Ffraud%4021&ref=payments%2Ffraud%40production",
        1200,
        720,
        "light",
    ),
    ("page-lineage.png", "#lineage?node=payments%2Ffraud%40production", 1200, 600, "dark"),
    ("page-phone.png", "#/payments/fraud/production", 400, 800, "dark"),
)
MODELS = {
    "payments/fraud": ("Scores card payments before they are authorised.", 0.86, 26),
    "payments/chargeback": ("Says which disputed payments will be lost.", 0.74, 11),
    "risk/credit-score": ("Probability of default of an applicant.", 0.71, 14),
    "risk/limits": ("Sets the limits of credit lines.", 0.79, 8),
    "growth/churn": ("Who will leave in the next 90 days.", 0.81, 12),
    "growth/ltv": ("Revenue of a customer over three years.", 0.66, 6),
    "support/triage": ("Sends tickets to the team that can answer.", 0.88, 9),
}
PEOPLE = ("Ana Lima <ana@example.org>", "Bo Chen <bo@example.org>", "Cy Young <cy@example.org>")


def main() -> None:
    """Make the registry, its page, and the pictures."""
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "registry.html")
        file.write_text("".join(_registry(place).page(title="Models of Acme Bank")), encoding="utf-8")
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            for name, at, width, height, colours in PICTURES:
                options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": colours}
                page = browser.new_page(**options)
                page.goto(file.as_uri() + at)
                page.wait_for_selector("main h1")
                page.wait_for_timeout(500)  # plots are drawn when their place is known
                page.screenshot(path=IMAGES / name)
                page.close()
                print(f"took docs/images/{name}")
            browser.close()


def _registry(place: str) -> Registry:
    """Return a registry of some months of work, with a clock of its own."""
    sys.path[:0] = [str(ROOT / "tests" / "support")]
    from world import World  # type: ignore[import-not-found]

    world, chance = World(os.path.join(place, "world")), random.Random(11)  # noqa: S311  an invented registry
    registry: Registry = world.registry
    os.chdir(world.work)
    for month in range(1, 7):
        Path("data.csv").write_text(f"month {month}\n")
        registry.add_dataset(f"transactions@2026-{month:02}", "data.csv", rows=chance.randrange(800_000, 1_200_000))
    left = [name for name, (_, _, count) in MODELS.items() for _ in range(count)]
    chance.shuffle(left)
    made: dict[str, list[float]] = {}
    for at, name in enumerate(left):
        world.pass_time(hours=chance.randrange(12, 80))
        description, start, _ = MODELS[name]
        values = made.setdefault(name, [])
        auc = round(min(0.99, start + 0.012 * len(values) ** 0.7 + chance.gauss(0, 0.008)), 4)
        parent = f"{name}@{len(values)}" if values and chance.random() < 0.8 else None
        facts = _facts(auc, 1 + at * 6 // len(left), parent, chance)
        registry.register(name, world.model(chance.randbytes(2_000), "scorer.bin"), label=f"1.{len(values)}.0", **facts)
        if not values:
            registry.describe(name, description)
        ref = f"{name}@{len(values) + 1}"
        if not values or auc > max(values) - 0.004:
            world.pass_time(hours=3)
            registry.promote(ref, "staging", message="passes the offline tests")
            if not values or auc > max(values):
                world.pass_time(hours=chance.randrange(5, 60))
                registry.promote(
                    ref, "production", message=chance.choice(["better recall", "fresh data", "new features"])
                )
                registry.record_deployment(ref, f"k8s/{name.replace('/', '-')}")
                if chance.random() < 0.12 and len(values) > 2:
                    world.pass_time(hours=5)
                    registry.rollback(ref, "production", message="p99 latency")
        values.append(auc)
    registry.alias("payments/fraud@production", "champion")
    return registry


def _facts(auc: float, month: int, parent: str | None, chance: random.Random) -> dict[str, Any]:
    """Return what is registered with a version."""
    recall, latency = round(auc - 0.1 + chance.gauss(0, 0.02), 4), chance.randrange(8, 30)
    return {
        "metrics": {"auc": auc, "recall": recall, "p99_latency_ms": latency},
        "params": {"depth": chance.randrange(4, 10), "learning_rate": round(chance.random() / 5, 3), "trees": 400},
        "data": [f"train=transactions@2026-{month:02}"],
        "parents": [] if parent is None else [parent],
        "derived_by": None if parent is None else "fine-tune",
        "author": chance.choice(PEOPLE),
        "code": "none",
        "licence": "LicenseRef-Proprietary",
        "message": "nightly training",
    }


if __name__ == "__main__":
    main()
