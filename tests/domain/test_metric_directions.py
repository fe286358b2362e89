"""What the name of a metric says of which values are better; where it does not say, nothing is guessed."""

import pytest

from modelkeep.domain.metric_directions import direction_of, verdict_of
from modelkeep.domain.policy.rules import Direction


@pytest.mark.parametrize(
    ("direction", "names"),
    [
        ("higher", "auc AUC val_auc f1-score mAP50(B) precision@5 r2 error_detection_recall neg_log_loss neg_mean_squared_error"),
        ("lower", "loss val-loss logloss log_loss neg_auc cross_entropy rmse p99_latency inference_time p95_ms auc_error"),
        ("lower", "time_to_first_acc_ms false_positive_rate medae nll kl_divergence"),
        ("higher", "ndcg_ms_marco auc_time_split accuracy_on_error_cases recall_at_1_percent_fpr precision@0.5_recall throughput_per_cost"),
        ("lower", "cost_per_case error_at_95_recall false_positives_per_hour_fpr mean_inference_time"),
        (None, "error_reduction cost_savings time_saved fraud_cost_avoided loss_improvement on_time_rate mean_time_between_failures"),
        (None, "churn rows auc_std accuracy_drop 1-auc loss_gap f1.variance delta auc2 lossy"),
    ],
)  # fmt: skip
def test_the_last_word_that_says_something_counts(direction, names):
    assert {name: direction_of(name) for name in names.split()} == dict.fromkeys(names.split(), direction)


def test_the_policy_is_asked_first():
    assert direction_of("loss", [Direction("auc", "lower"), Direction("loss", "higher")]) == "higher"


@pytest.mark.parametrize(
    ("difference", "better", "verdict"),
    [("+0.3", "higher", "better"), ("+0.3", "lower", "worse"), ("-1e-9", "lower", "better"), ("0", "higher", "same"),
     ("+0.3", None, None), (None, "higher", None)],
)  # fmt: skip
def test_a_difference_is_judged_by_the_direction(difference, better, verdict):
    assert verdict_of(difference, better) == verdict
