"""Models of other libraries than scikit-learn: known by their files, loaded, and asked as scikit-learn's are."""
