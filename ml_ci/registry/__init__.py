"""The registry of models in use: promotion, rollback, history, lineage. Only `mlflow_registry` imports MLflow."""
