"""Registries that pages are made of: one with a little of everything, a hostile one, and a large one made of copies."""

import copy
import hashlib
import random

from governed_story import governed_history, rules
from history import History
from log_kinds import intents

from modelkeep.reads.whole import whole_registry
from modelkeep.web.page import html_page

#: What would run, close an element or turn the direction of writing, if a text became markup.
HOSTILE = (
    "</script><script>window.harmed = 1</script><!-- <img src=x onerror='window.harmed = 2'>"
    "<svg onload=window.harmed=3>\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe javascript:window.harmed=4"
)
URI = "javascript:window.harmed=5//</script>"


def rich_history():
    """Return the governed story, with data, parents, notes, signals over time and a second model in stages."""
    history = governed_history()
    history.data("transactions@2026-03", "sha256:" + "a" * 64, rows=1200, location="s3://bucket/transactions/2026-03")
    history.data("features@7", "sha256:" + "b" * 64, rows=900, parents=["transactions@2026-03"])
    for number, auc in enumerate(("0.81", "0.86", "0.84", "0.9"), start=1):
        history.register(
            "risk/limits", f"limits {number}", metrics=[("auc", auc), ("loss", f"0.{9 - number}")],
            data=[intents.Data("features", "7", role="train")], runs=[f"run-{number}"],
            parents=[f"risk/limits@{number - 1}"] if number > 1 else (), by="fine-tune" if number > 1 else None,
            **{"run.0": f"https://tracker.example.org/runs/{number}"},
        )  # fmt: skip
    history.evaluate("risk/limits@4", [("auc", "0.88")], intents.Data("holdout", "3"))
    history.promote("risk/limits@2", "staging", reason="first try")
    history.promote("risk/limits@4", "staging", reason="better")
    history.alias("risk/limits@4", "champion")
    history.note("risk/limits@4", "Reviewed with the credit desk.")
    history.describe("risk/limits", "Sets credit limits.")
    for value in ("0.01", "0.02", "0.015", "0.03"):
        history.signal("risk/limits@4", "latency", value, count=1000)
    history.deploy("risk/limits@4", "k8s/us")
    return history


def measured_history():
    """Return a model whose versions were measured on several data, with values that are easily shown wrong."""
    history = History()
    hold, easy = intents.Data("hold", "1"), intents.Data("easy", "2")
    for number, metrics in enumerate(
        ([("auc", "0.95")], [("loss", "2.0")], [("loss", "1")], [("tiny", "1e-05"), ("zero", "-0.0"), ("huge", "1.7e308")], []), start=1
    ):  # fmt: skip
        history.register(
            "fraud", f"bytes {number}", metrics=metrics, param__f=("=1+1", "-1+2", "+3", "@x", "a=b")[number - 1]
        )
    for number, auc, data in (
        (2, "0.8999999999", hold), (3, "0.9", hold), (3, "0.97", easy), (4, "0.7827", hold), (4, "0.888", hold), (5, "0.99", hold),
    ):  # fmt: skip
        history.evaluate(f"fraud@{number}", [("auc", auc)], data)
    history.mark("fraud@1")
    history.archive("fraud@5")
    history.promote("fraud@3", "staging")
    history.retire("fraud@3", "staging")
    history.promote("fraud@4", "production")
    history.promote("fraud@2", "production", share=1_250)
    history.register("gone", "deleted soon")
    history.delete("gone@1", force=True)
    return history


def waiting_history():
    """Return an open request whose approval is out of date: its version came into the stage by a rollback meanwhile."""
    history = History()
    for number in (1, 2):
        history.register("fraud", f"bytes {number}", metrics=[("auc", "0.93"), ("recall", "0.6")], stage="production")
    history.policy(rules())
    history.role("reviewer", "user:bo")
    history.check("fraud@1", "bias", expires="2026-06-01T00:00:00.000000Z")
    asked = history.request("fraud@1", reason="the old one was better")
    history.user = "bo"
    history.approve("fraud@1", asked, reason="seen")
    history.user = "ana"
    history.rollback("fraud@2", 1, reason="errors")
    return history


def branching_history():
    """Return a version with forty parents, each trained on one of four datasets, and with children of many kinds."""
    history = History()
    for number in range(40):
        history.register(
            f"team/part-{number:02}", f"part {number}", data=[intents.Data(f"shard-{number % 4}", "1", role="train")]
        )
    history.register(
        "whole", "all", parents=[f"team/part-{number:02}@1" for number in range(40)], by="merge",
        data=[intents.Data("shard-0", "1", role="validation")],
    )  # fmt: skip
    for number in range(10):
        history.register("whole", f"small {number}", parents=["whole@1"], by="quantize")
    return history


def page_of(registry, **words):
    """Return the page of a registry as of its last entry: its ages are the same on every day."""
    (last,) = registry.audit(limit=1)
    return "".join(registry.page(as_of=f"seq:{last.seq}", **words))


def hostile_history():
    """Return a registry in which every text is hostile."""
    history = History()
    history.user = HOSTILE
    history.register(
        "fraud", {f"{HOSTILE.replace('/', '')}.onnx": "x"}, metrics=[(HOSTILE, "0.9"), ("auc", "0.5"), ("constructor", "NaN"), ("__proto__", "1e400")], runs=[HOSTILE],
        data=[intents.Data(HOSTILE, None, role="train")], author=HOSTILE, reason=HOSTILE, host=HOSTILE, claimed=HOSTILE,
        source=HOSTILE, **{"run.0": URI, "data.0": URI, "code.remote": URI},
    )  # fmt: skip
    history.register("fraud", "two", metrics=[(HOSTILE, "0.8"), ("auc", "0.6")], parents=["fraud@1"])
    history.register("fraud/1", "a model whose address is that of a version")
    history.describe("fraud", HOSTILE)
    history.describe("fraud@1", HOSTILE)
    history.note("fraud@1", HOSTILE)
    history.note("fraud", HOSTILE)
    history.promote("fraud@1", "production", reason=HOSTILE)
    history.deploy("fraud@1", "k8s/eu", endpoint=URI)
    history.signal("fraud@1", "p99", "0.5", source=URI)
    return history


def large_page(count):
    """Return the page of a registry with so many versions, each with values of its own, three quarters in one model."""
    history = History()
    for number in range(3):
        history.register(
            "fraud", f"bytes {number}", metrics=[("auc", "0.9"), ("recall", "0.8"), ("loss", "0.1")], author="Ana Lima <ana@example.org>",
            commit="0" * 40, data=[intents.Data("transactions", "2026-03")], reason="nightly", runs=["run"],
        )  # fmt: skip
        history.promote(f"fraud@{number + 1}", "production", reason="better")
    parts = dict(whole_registry(history.registry._context, None, "A large registry"))
    chance = random.Random(5)

    def sha():
        return f"sha256:{hashlib.sha256(chance.randbytes(8)).hexdigest()}"

    def fresh(row, number, name):
        made = copy.deepcopy(row)
        time = f"2026-{1 + number * 12 // count:02}-{1 + number % 28:02}T{number % 24:02}:00:00.{chance.randrange(10**6):06}Z"
        made |= {
            "ref": f"{name}@{number}",
            "name": name,
            "version": number,
            "seq": number,
            "time": time,
            "created": time,
        }
        return {key: value for key, value in made.items() if key in row}

    models = {"fraud": count * 3 // 4} | {f"risk/model-{at}": count // 200 for at in range(50)}
    rows, pages, entries, tenures, index = [], [], [], [], []
    for name, versions in models.items():
        before = len(rows)
        for number in range(versions, 0, -1):
            row = fresh(parts["versions-0"]["versions"][0], number, name)
            values = {key: round(chance.random(), 5) for key in row["metrics"]}
            evaluations = [
                {**each, "value": values[each["name"]], "since": row["created"]} for each in row["evaluations"]
            ]
            rows.append(row | {
                "digest": sha(), "metrics": values, "evaluations": evaluations, "size_bytes": chance.randrange(10**8),
                "params": {"depth": chance.randrange(20), "rate": round(chance.random(), 4)}, "stages": [], "state": "development",
            })  # fmt: skip
            page = copy.deepcopy(parts["pages-0"]["pages"][0])
            page["contents"][0]["digest"] = sha()
            page["code"]["commit"] = sha()[7:47]
            pages.append(page)
            entries.append(
                fresh(parts["entries-0"]["entries"][-1], len(entries) + 1, name)
                | {"hash": sha(), "subject": f"{name}@{number}", "sentence": f"registered {name}@{number}"}
            )
            if number % 3 == 0:
                tenures.append(
                    fresh(parts["tenures-0"]["tenures"][0], number, name)
                    | {"since": row["created"], "until": row["created"][:11] + "23:59:59.000000Z"}
                )
                entries.append(
                    entries[-1]
                    | {"hash": sha(), "action": "promote", "sentence": f"promoted {name}@{number} to production"}
                )
        index.append(parts["index"]["models"][0] | {
            "name": name, "newest": versions, "latest": versions, "versions": versions, "page": 0, "holders": [],
            "tenures": [0, len(tenures) // 1000], "parts": [before // 128, (len(rows) - 1) // 128],
        })  # fmt: skip
    page = parts["models-0"]["models"][0]
    parts["models-0"]["models"] = [page | {"name": name} for name in models]
    listed = {"versions": (rows, 128), "pages": (pages, 128), "entries": (entries, 600), "tenures": (tenures, 1000)}
    for kind, (all_rows, most) in listed.items():
        for at, first in enumerate(range(0, len(all_rows), most)):
            parts[f"{kind}-{at}"] = {"schema": f"modelkeep.{kind}/1", kind: all_rows[first : first + most]}
    parts["index"] |= {"models": index, "entries": -(-len(entries) // 600)}
    parts["index"]["head"]["seq"] = len(entries)
    parts["index"] = parts.pop("index")
    return "".join(html_page("A large registry", parts.items()))
