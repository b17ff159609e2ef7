"""Numerical methods of ordinary differential equations."""

from scripts import Topic, rate

PAIR = "10.0*dv/dt = k - v - u + sum(exc) : {0}\n10.0*du/dt = v - u : {0}\nr = v"
TAU = "tau = 20.0 : population\nk = 1.0"

TOPIC = Topic(
    dt=0.5,
    cases={
        **{
            f"pair {m}": rate(PAIR.format(m), record="r v u")
            for m in ("explicit", "implicit", "semiimplicit", "exponential", "midpoint", "rk4")
        },
        **{
            f"logistic {m}": rate(f"dv/dt = 0.5*v*(1.0 - v) : {m}, init=0.1\nr = v")
            for m in ("explicit", "midpoint", "rk4")
        },
        "left side with the variable": rate("tau*dv/dt + v = sum(exc) + k : exponential\nr = v", TAU),
        "factor and offset on the left": rate("(1.0 + k)*dv/dt - 0.1*v = sum(exc) - 0.5*v\nr = v"),
        "exponential growth": rate("dv/dt = 0.05*k*v : exponential, init=1.0\nr = v"),
        "time constant varies": rate("u = pos(sum(exc))\n10.0*dv/dt = (2.0 - v) + u*(5.0 - v) : exponential\nr = v"),
        "nonlinear in the steady state": rate("10.0*dv/dt = tanh(sum(exc)) + exp(-v) - v : exponential\nr = v"),
        "assignment between equations": rate(
            "5.0*dv/dt = k - v\nu = 2.0*v\n5.0*dr/dt = u - r : exponential", record="r v u"
        ),
        "methods side by side": rate(
            "5.0*dv/dt = k - v - u : explicit\n7.0*du/dt = v - u : exponential\nr = u", record="r v u"
        ),
        "three coupled implicit": rate(
            "5.0*dv/dt = k - v - u : implicit\n7.0*du/dt = v - u + x : implicit\n"
            "9.0*dx/dt = u - 2.0*x + sum(exc) : implicit\nr = x",
            record="r v u x",
        ),
        "implicit in two blocks": rate(
            "10.0*dv/dt = k - v - u : implicit\nx = v\n10.0*du/dt = v - u : implicit\nr = x",
            record="r v u",
            differs="D27",
        ),
        "product with itself, implicit": rate("10.0*dv/dt = k - v*v : implicit\nr = v", differs="D28"),
        "global time constant changes": rate(
            "tau = 10.0 + t : population\ntau*dv/dt = k - v : exponential\nr = v", differs="D29"
        ),
    },
)
