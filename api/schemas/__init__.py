"""What the JSON interface takes and gives: unknown fields are refused, every quantity says its unit."""
