"""Networks, the magic network, settings, copies."""
