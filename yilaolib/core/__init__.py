"""What every room uses: errors, forms of a population, printed digits."""
