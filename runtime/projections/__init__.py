"""Projections, their synapses as scripts see them, and synapses that come and go."""
