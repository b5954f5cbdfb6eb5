"""What one training or evaluation left, found again by its fingerprint."""
