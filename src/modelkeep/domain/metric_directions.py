"""Whether a metric is better the higher or the lower it is: as the policy says, else by the words in its name."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from modelkeep.domain.numbers import as_number

if TYPE_CHECKING:
    from modelkeep.domain.policy.rules import Direction

HIGHER, LOWER = "higher", "lower"
#: Words in names of metrics of which lower values are better, and of those of which higher ones are; two words that
#: stand beside each other count as one.
_LOWER = frozenset({
    "loss", "logloss", "error", "err", "latency", "time", "duration", "ms", "mae", "mse", "rmse", "mape", "smape", "rmsle",
    "medae", "wer", "cer", "eer", "perplexity", "ppl", "nll", "crossentropy", "bce", "deviance", "brier", "drift", "fpr",
    "fnr", "falsepositive", "falsenegative", "falsepositives", "falsenegatives", "ece", "aic", "bic", "fid", "kldivergence", "regret", "cost",
})  # fmt: skip
_HIGHER = frozenset({
    "accuracy", "acc", "auc", "auroc", "auprc", "roc", "ap", "map", "map50", "f1", "precision", "recall", "sensitivity",
    "specificity", "tpr", "tnr", "r2", "ndcg", "mrr", "bleu", "rouge", "iou", "miou", "dice", "mcc", "kappa", "gini", "psnr",
    "ssim", "throughput",
})  # fmt: skip
#: What is made of a metric, of which the name no longer says which values are better.
_DERIVED = frozenset({
    "std", "stdev", "stddev", "sd", "var", "variance", "drop", "gap", "diff", "difference", "delta", "change", "spread",
    "threshold", "weight", "count", "reduction", "reduced", "improvement", "saved", "saving", "savings", "avoided", "prevented",
    "gain", "lift", "uplift", "between",
})  # fmt: skip
#: Words of units and amounts, which say something only where they are the last one: not in ``ndcg_ms_marco``.
_LAST_ONLY = frozenset({"ms", "time", "cost", "duration"})
#: What begins the circumstances of a measurement: ``accuracy_on_error_cases``, ``recall_at_1_fpr``.
_CIRCUMSTANCES = frozenset({"on", "at", "for", "in", "by", "per", "with", "under", "over", "vs", "when", "given"})


def direction_of(metric: str, told: Sequence[Direction] = ()) -> str | None:
    """Return ``higher`` or ``lower``, whichever is better; None where neither the policy nor the name says so.

    ``told`` are the directions of a policy. ``val_rmse`` and ``p99-latency`` are known by the last word that says something,
    before ``on``, ``at`` and the like; scikit-learn's ``neg_log_loss`` is the higher the better. Of ``auc_std``, ``1-auc`` and
    ``error_reduction`` nothing is known.
    """
    named = next((each.better for each in told if each.metric == metric), None)
    if named is not None:
        return str(named)
    words = "".join(letter if letter.isalnum() else " " for letter in metric.lower()).split()
    if not _DERIVED.isdisjoint(words) or words[:1] == ["1"]:
        return None
    words = list(itertools.takewhile(lambda word: word not in _CIRCUMSTANCES, words))
    pairs = ["".join(pair) for pair in itertools.pairwise(words)]
    for word in (each for at in range(len(words) - 1, -1, -1) for each in (*pairs[at : at + 1], words[at])):
        if word in _HIGHER or (word in _LOWER and (word not in _LAST_ONLY or word == words[-1])):
            lower = (word in _LOWER) != (words[0] in {"neg", "negative"})
            return LOWER if lower else HIGHER
    return None


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
