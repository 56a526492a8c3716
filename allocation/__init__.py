"""Admission rounds: who gets which school, by which rule, with a proof."""
