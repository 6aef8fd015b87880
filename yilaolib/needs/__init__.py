"""Need and supply of beds and places, staff, money, decision."""
