"""Whether a metric is better the higher or the lower it is: as the policy says, else by the words in its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.numbers import as_number

if TYPE_CHECKING:
    from modelkeep.domain.policy.rules import Direction

HIGHER, LOWER = "higher", "lower"
#: Words in names of metrics of which lower values are better, and of those of which higher ones are.
_LOWER = frozenset({
    "loss", "error", "err", "latency", "mae", "mse", "rmse", "mape", "smape", "rmsle", "wer", "cer", "perplexity", "ppl",
    "brier", "drift", "fpr", "fnr", "ece",
})  # fmt: skip
_HIGHER = frozenset({
    "accuracy", "acc", "auc", "auroc", "auprc", "roc", "ap", "map", "map50", "f1", "precision", "recall", "sensitivity",
    "specificity", "tpr", "tnr", "r2", "ndcg", "mrr", "bleu", "rouge", "iou", "miou", "dice", "mcc", "kappa", "gini", "psnr",
    "ssim", "throughput",
})  # fmt: skip


def direction_of(metric: str, told: Sequence[Direction] = ()) -> str | None:
    """Return ``higher`` or ``lower``, whichever is better; None where neither the policy nor the name says so.

    ``told`` are the directions of a policy. ``loss``, ``val_rmse`` and ``p99-latency`` are known by their names.
    """
    named = next((each.better for each in told if each.metric == metric), None)
    if named is not None:
        return str(named)
    words = "".join(letter if letter.isalnum() else " " for letter in metric.lower()).split()
    if not _LOWER.isdisjoint(words):
        return LOWER
    return None if _HIGHER.isdisjoint(words) else HIGHER


def verdict_of(difference: str | None, better: str | None) -> str | None:
    """Return whether a value is ``better``, ``worse`` or the ``same``, which is ``difference`` more than the one before it.

    None where that is no number, or where it is not known which values are better.
    """
    number = None if difference is None or better is None else as_number(difference.removeprefix("+"))
    if number is None:
        return None
    if not number:
        return "same"
    return "better" if (number > 0) == (better == HIGHER) else "worse"
