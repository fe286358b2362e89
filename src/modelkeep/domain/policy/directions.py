"""Whether a metric is better the higher or the lower it is: as the policy says, else by its name."""

from __future__ import annotations

from modelkeep.domain.policy.rules import Gate, Rules

#: Parts of names of metrics of which lower values are better.
_LOWER = ("loss", "error", "err", "latency", "mae", "mse", "rmse", "mape", "wer", "cer", "perplexity", "brier", "drift")


def is_lower_better(rules: Rules, gate: Gate) -> bool:
    """Tell whether lower values of the metric of a gate are better."""
    if gate.direction is not None:
        return gate.direction == "lower"
    return lower_is_better(rules, gate.metric)


def lower_is_better(rules: Rules, metric: str) -> bool:
    """Tell whether lower values of a metric are better: ``loss``, ``val_rmse`` and ``p99-latency`` by their names."""
    named = next((each.better for each in rules.metrics if each.metric == metric), None)
    if named is not None:
        return named == "lower"
    words = "".join(letter if letter.isalnum() else " " for letter in metric.lower()).split()
    return any(word in _LOWER for word in words)
