"""The rules of row houses: from facts to bounds. Pure; every number comes from the rule-pack."""
