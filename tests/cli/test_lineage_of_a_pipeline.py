"""Datasets, two base models, a fine-tune, a merge and a quantisation that runs somewhere: every question, of three moments.

The answers are those of `lineage_of_a_pipeline.txt`, as a terminal shows them; run as a script this file writes them.
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent.parent / "support"), str(Path(__file__).parent)]

from history import History, sha
from rows import drawn

from modelkeep.cli.views.relations import LineageView
from modelkeep.domain.known_documents import Environment
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import ModelkeepError

TOLD = Path(__file__).with_name("lineage_of_a_pipeline.txt")
COMMIT = "9f2c4e1ab07d3586c1e0a94b7d2f6853e4c1b0a7"
ENVIRONMENT = Environment(python="3.12.3", implementation="CPython", system="Linux", machine="x86_64")
NODES = (
    "sentiment@1", "chat@1", "small@1", "bert@1", "data:reviews@1", "data:clean@2", "data:clean", "data:holdout@2",
    "data:store/users@7", f"code:{COMMIT[:7]}", "run:run-1", "environment:14c8384c", "deployment:k8s/eu", "deployment:phone",
)  # fmt: skip


def pipeline(history):
    """Let it all happen; return the moments by what was new in them."""
    history.data("reviews@1", sha("reviews 1"), rows=9000, location="s3://lake/reviews/1")
    history.data("clean@1", sha("clean 1"), rows=8000, parents=["reviews@1"])
    history.register("bert", parents=["https://hub.example/bert"], parent__0="https://hub.example/bert", by="convert")
    history.register("gpt")
    history.register(
        "sentiment",
        parents=["bert@1"],
        by="fine-tune",
        commit=COMMIT,
        runs=["run-1"],
        environment=ENVIRONMENT,
        data=[Data("clean", "1"), Data("holdout", "1", role="val"), Data("store/users", "7", role="feature")],
    )
    tuned = history.evaluate("sentiment@1", [("f1", "0.81")], on=Data("holdout", "2"))
    history.register("chat", parents=["sentiment@1", "gpt@1"], by="merge", stage="production")
    merged = history.deploy("chat@1", "k8s/eu")
    history.data("clean@2", sha("clean 2"), parents=["clean@1"])
    calibration = Data("clean.csv", digest=sha("clean 2"), role="calibration")
    history.register("small", parents=["chat@1"], by="quantize", data=[calibration])
    history.promote("small@1", "production")
    history.deploy("small@1", "phone")
    history.deploy("chat@1", "k8s/eu", "stopped")
    return {"tuned": tuned, "merged": merged, "quantised": history.mark("chat@1")}


def told():
    """Return every answer, with the question above it."""
    history = History()
    parts = []
    for name, seq in pipeline(history).items():
        for node in NODES:
            for way, directions in (("--up", {"down": False}), ("--down", {"up": False})):
                try:
                    found = history.registry.lineage(node, as_of=f"seq:{seq}", **directions)
                    answer = drawn(LineageView(found))
                except ModelkeepError as error:
                    answer = f"error: {error.message}\n"
                parts.append(f"{name}$ lineage {node} {way}\n{answer}")
    return "\n".join(parts)


def test_every_question_about_a_pipeline_is_answered_as_of_three_moments():
    assert told() == TOLD.read_text()


def test_the_versions_in_production_that_data_led_to_are_those_of_the_moment():
    history = History()
    moments = pipeline(history)
    in_production = {
        name: [
            node.id
            for node in history.registry.lineage("data:reviews@1", up=False, as_of=f"seq:{seq}").nodes
            if "production" in node.stages
        ]
        for name, seq in moments.items()
    }
    assert in_production == {"tuned": [], "merged": ["chat@1"], "quantised": ["chat@1", "small@1"]}


if __name__ == "__main__":
    TOLD.write_text(told())
