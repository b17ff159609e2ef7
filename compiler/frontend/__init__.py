"""From equation text to the model level of the IR."""
