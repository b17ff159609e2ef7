"""Values of a whole population: mean, extrema, norms."""

from scripts import Topic, rate, rate_synapse

START = "the first step: D18"

TOPIC = Topic(
    cases={
        "mean of a variable that starts at 0": rate("v = sum(exc) + k*t\nr = v - 0.5*mean(v)"),
        "extrema": rate("v = sum(exc) + k*t\nr = max(v) - min(v)"),
        "norms": rate("v = sum(exc) + k*t\nr = norm1(v) + norm2(v)"),
        "in an equation": rate("5.0*dv/dt = k - v - mean(v) + sum(exc) : exponential\nr = v"),
        "in a global variable": rate("v = sum(exc)\nm = 0.5*m + mean(v) : population\nr = v - m", record="r v m"),
        "of a variable that does not start at 0": rate("v = 0.5*v + mean(v) : init=2.0\nr = v", differs="D18"),
        "of a parameter": rate("v = t\nr = v*mean(k)", differs="D18"),
        "in synapses": rate_synapse(
            "y",
            parameters="tau = 5.0 : projection",
            equations="tau*dy/dt = mean(pre.r) - max(post.r) - y",
            psp="w*pre.r*y",
        ),
        "in a psp": rate_synapse(psp="w*(pre.r - mean(pre.r))"),
    },
)
