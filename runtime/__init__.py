"""Everything that lives while a network runs."""
