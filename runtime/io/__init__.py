"""Files: states of networks, connectivity, parameters."""
