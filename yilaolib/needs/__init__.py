"""Need, supply, staff, money, decision."""
