"""`dvc.yaml` as it is: its stages as jobs, read without DVC, from whatever tree is looked at."""
