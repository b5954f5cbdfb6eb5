"""What the metrics that a condition can name are called elsewhere."""

from __future__ import annotations

from difflib import get_close_matches

SYNONYMS = {
    "acc": "accuracy",
    "ap": "average_precision",
    "auprc": "average_precision",
    "aupr": "average_precision",
    "auroc": "auc",
    "base_rate": "prevalence",
    "brier_score": "brier",
    "calibration_error": "ece",
    "cross_entropy": "log_loss",
    "duration": "seconds",
    "error": "1 - accuracy",
    "error_rate": "1 - accuracy",
    "f1_score": "f1",
    "f1score": "f1",
    "fall_out": "fpr",
    "fallout": "fpr",
    "false_alarm_rate": "fpr",
    "false_negative_rate": "fnr",
    "false_negatives": "fn",
    "false_positive_rate": "fpr",
    "false_positives": "fp",
    "fdr": "1 - precision",
    "hit_rate": "recall",
    "latency": "milliseconds_per_row",
    "logloss": "log_loss",
    "matthews": "mcc",
    "matthews_corrcoef": "mcc",
    "mb": "megabytes",
    "memory": "megabytes",
    "miss_rate": "fnr",
    "n": "rows",
    "negative_predictive_value": "npv",
    "positive_predictive_value": "precision",
    "positive_rate": "selection_rate",
    "ppv": "precision",
    "pr_auc": "average_precision",
    "roc_auc": "auc",
    "samples": "rows",
    "sensitivity": "recall",
    "size": "rows",
    "specificity": "tnr",
    "support": "rows",
    "time": "seconds",
    "true_negative_rate": "tnr",
    "true_negatives": "tn",
    "true_positive_rate": "tpr",
    "true_positives": "tp",
}


def suggest(name: str, known: frozenset[str]) -> str:
    """Say which known metric `name` may stand for, or "" when nothing is near."""
    plain = name.lower().replace("-", "_")
    if plain in known:
        return f"write {plain}"
    if plain in SYNONYMS:
        return f"write {SYNONYMS[plain]}"

    near = [one for one in sorted(known) if sorted(one) == sorted(plain)]  # letters that changed places: frp
    near = near or get_close_matches(plain[:40], sorted(known | SYNONYMS.keys()), n=1, cutoff=0.6)
    return f"did you mean {SYNONYMS.get(near[0], near[0])}?" if near else ""
