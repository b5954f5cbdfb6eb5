"""Train the classifier. ml-ci calls `train`, and passes what its parameters name."""

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

LABEL = "diagnosis"


def train(train: pd.DataFrame, seed: int) -> HistGradientBoostingClassifier:
    """Fit on the training rows; ml-ci scores the holdout, which this function never sees."""
    model = HistGradientBoostingClassifier(random_state=seed)
    return model.fit(train.drop(columns=LABEL), train[LABEL])
