"""The doors of the house: each file one subject."""
