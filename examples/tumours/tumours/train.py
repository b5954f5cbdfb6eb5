"""Train the classifier. ml-ci calls `train`, and passes what its parameters name."""

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

LABEL = "diagnosis"


def train(train: pd.DataFrame, seed: int) -> Pipeline:
    """Fit on the training rows; ml-ci scores the holdout, which this function never sees."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, random_state=seed))
    return model.fit(train.drop(columns=LABEL), train[LABEL])
