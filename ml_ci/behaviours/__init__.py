"""What has to hold of a model's answers whatever the label is: edits of holdout rows, what they show, and the smallest.

Arrays only: who asks a model is given from outside.
"""
