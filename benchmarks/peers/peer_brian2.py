"""Brian2.  --variant: 'standalone' (default; C++ with OpenMP when --threads > 1)
or 'cython' (runtime; one thread), each optionally followed by ',fast'
(-Ofast) and by ',euler' / ',expeuler' for the integration method of COBA."""

import os
import subprocess

import common
from specs import BRUNEL, COBA, CUBA, HH, OJA, RATE, STDP, STDP1K

a = common.arguments("brian2")

import brian2 as b2  # noqa: E402
import numpy as np  # noqa: E402
from brian2 import ms  # noqa: E402

words = a.words
standalone = "cython" not in words
if a.precision == "float":
    b2.prefs.core.default_float_dtype = np.float32
if "fast" in words:
    b2.prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-Ofast", "-march=native"]
if standalone:
    b2.set_device("cpp_standalone", build_on_run=False)
    if a.threads > 1:
        b2.prefs.devices.cpp_standalone.openmp_threads = a.threads
else:
    b2.prefs.codegen.target = "cython"
    b2.prefs.codegen.runtime.cython.cache_dir = os.path.join(a.folder, "cython")
b2.seed(11)


def pair_stdp(w_max, p=STDP, post="ge_post += w"):
    ns = dict(
        tq1=p.get("tau_pre", 20.0) * ms,
        tq2=p.get("tau_post", 20.0) * ms,
        up=p["a_pre"] * w_max,
        dn=p["a_pre"] * w_max * p["ratio"],
        w_max=w_max,
    )
    return dict(
        model="""w : 1
                         dx/dt = -x / tq1 : 1 (event-driven)
                         dy/dt = -y / tq2 : 1 (event-driven)""",
        on_pre=post
        + """
                          x += up
                          w = clip(w - y, 0, w_max)""",
        on_post="""y += dn
                           w = clip(w + x, 0, w_max)""",
        namespace=ns,
    )


class Model:
    def __init__(self, s):
        self.s, self.objs, self.syn = s, [], []
        b2.defaultclock.dt = s["dt"] * ms
        getattr(self, s["kind"])(s)
        if a.unit == "Hz":
            self.mon = b2.SpikeMonitor(self.pop, record=False)
            self.objs.append(self.mon)
        self.net = b2.Network(self.pop, *self.objs)

    def link(self, src, dst, p=None, w=None, delay=None, **kw):
        q = b2.Synapses(src, dst, **kw)
        q.connect(p=p) if p is not None else q.connect()
        if delay is not None:
            q.delay = delay * ms
        if w is not None:
            q.w = w
        self.objs.append(q)
        self.syn.append(q)
        return q

    def izhi(self, s):
        self.pop = g = b2.NeuronGroup(
            s["n"],
            """
            v : 1
            u : 1
            i_in : 1
            sd : 1 (constant)
            a : 1 (constant)
            b : 1 (constant)
            c : 1 (constant)
            d : 1 (constant)""",
            threshold="v >= 30",
            reset="v = c; u += d",
        )
        g.run_regularly(
            """
            now = i_in + sd*randn()
            v += 0.5 * (0.04*v**2 + 5*v + 140 - u + now)
            v += 0.5 * (0.04*v**2 + 5*v + 140 - u + now)
            u += a * (b*v - u)
            i_in = 0""",
            when="groups",
        )
        e, i = g[: s["ne"]], g[s["ne"] :]
        e.sd, e.a, e.b = 5.0, 0.02, 0.2
        e.c, e.d = "-65 + 15*rand()**2", "8 - 6*rand()**2"
        i.sd, i.c, i.d = 2.0, -65.0, 2.0
        i.a, i.b = "0.02 + 0.08*rand()", "0.25 - 0.05*rand()"
        g.v, g.u = -65.0, -13.0
        self.link(e, g, w="0.5*rand()", model="w : 1", on_pre="i_in_post += w")
        self.link(i, g, w="1.0*rand()", model="w : 1", on_pre="i_in_post -= w")

    def coba(self, s):
        c = COBA
        ns = dict(
            el=c["e_l"],
            tm=c["tau_m"] * ms,
            te=c["tau_e"] * ms,
            ti=c["tau_i"] * ms,
            ee=c["e_e"],
            ei=c["e_i"],
            drive=c["drive"],
            vt=c["v_t"],
            vr=c["v_r"],
        )
        method = "exponential_euler" if "expeuler" in words else "euler"
        self.pop = g = b2.NeuronGroup(
            s["n"],
            """
            dv/dt = (el - v + ge*(ee - v) + gi*(ei - v) + drive) / tm : 1 (unless refractory)
            dge/dt = -ge / te : 1
            dgi/dt = -gi / ti : 1""",
            threshold="v > vt",
            reset="v = vr",
            refractory=c["refrac"] * ms,
            method=method,
            namespace=ns,
        )
        g.v = "-55 + 5*randn()"
        if s["k"] < 200:
            g.ge, g.gi = "4 + 1.5*randn()", "20 + 12*randn()"
        we, wi = c["w_e"] * s["w_scale"], c["w_i"] * s["w_scale"]
        e, i = g[: s["ne"]], g[s["ne"] :]
        if s["plastic"]:
            self.link(e, g, p=s["p"], w=we, **pair_stdp(2 * we))
        else:
            self.link(e, g, p=s["p"], on_pre=f"ge_post += {we}")
        self.link(i, g, p=s["p"], on_pre=f"gi_post += {wi}")

    def cuba(self, s):
        c = CUBA
        ns = dict(el=c["e_l"], tm=c["tau_m"] * ms, te=c["tau_e"] * ms, ti=c["tau_i"] * ms, vt=c["v_t"], vr=c["v_r"])
        # all three linear: 'exact' is what Brian itself would pick
        self.pop = g = b2.NeuronGroup(
            s["n"],
            """
            dv/dt = (el - v + ge - gi) / tm : 1 (unless refractory)
            dge/dt = -ge / te : 1
            dgi/dt = -gi / ti : 1""",
            threshold="v > vt",
            reset="v = vr",
            refractory=c["refrac"] * ms,
            method="euler" if "euler" in words else "exact",
            namespace=ns,
        )
        g.v = "-60 + 10*rand()"
        e, i = g[: s["ne"]], g[s["ne"] :]
        self.link(e, g, p=s["p"], on_pre=f"ge_post += {c['w_e']}")
        self.link(i, g, p=s["p"], on_pre=f"gi_post += {c['w_i']}")

    def cobahh(self, s):
        c = HH
        ns = {k: c[k] for k in ("c", "g_l", "g_na", "g_k", "e_l", "e_na", "e_k", "v_off", "e_e", "e_i")}
        ns.update(te=c["tau_e"] * ms, ti=c["tau_i"] * ms, v_spike=c["v_spike"])
        self.pop = g = b2.NeuronGroup(
            s["n"],
            """
            dv/dt = (g_l*(e_l - v) + ge*(e_e - v) + gi*(e_i - v)
                     + g_na*m**3*h*(e_na - v) + g_k*n**4*(e_k - v)) / c / ms : 1
            dm/dt = am*(1 - m) - bm*m : 1
            dh/dt = ah*(1 - h) - bh*h : 1
            dn/dt = an*(1 - n) - bn*n : 1
            dge/dt = -ge / te : 1
            dgi/dt = -gi / ti : 1
            am = 0.32*4/exprel((13 - v + v_off)/4)/ms : Hz
            bm = 0.28*5/exprel((v - v_off - 40)/5)/ms : Hz
            ah = 0.128*exp((17 - v + v_off)/18)/ms : Hz
            bh = 4/(1 + exp((40 - v + v_off)/5))/ms : Hz
            an = 0.032*5/exprel((15 - v + v_off)/5)/ms : Hz
            bn = 0.5*exp((10 - v + v_off)/40)/ms : Hz""",
            threshold="v > v_spike",
            refractory=c["refrac"] * ms,
            method="exponential_euler",
            namespace=ns,
        )
        g.v = f"{c['e_l']} + randn()*5 - 5"
        g.ge = "clip((randn()*1.5 + 4)*10, 0, inf)"
        g.gi = "clip((randn()*12 + 20)*10, 0, inf)"
        e, i = g[: s["ne"]], g[s["ne"] :]
        self.link(e, g, p=s["p"], on_pre=f"ge_post += {c['w_e']}")
        self.link(i, g, p=s["p"], on_pre=f"gi_post += {c['w_i']}")

    def brunel(self, s):
        b, ne, j = BRUNEL, s["ne"], s["j"]
        self.pop = g = b2.NeuronGroup(
            s["n"],
            "dv/dt = -v / tm : 1 (unless refractory)",
            threshold="v > vt",
            reset="v = vr",
            refractory=b["refrac"] * ms,
            method="exact",
            namespace=dict(tm=b["tau_m"] * ms, vt=b["v_t"], vr=b["v_r"]),
        )
        g.v = f"{b['v_t']}*rand()"
        e, i = g[:ne], g[ne:]
        self.objs.append(b2.PoissonInput(g, "v", s["ke"], s["ext_hz"] / s["ke"] * b2.Hz, weight=j))
        # Brian has no fixed in-degree rule: connect with probability instead
        eps, dly = s["p"], b["delay"]
        if s["plastic"]:
            self.link(e, e, p=eps, w=j, delay=dly, **pair_stdp(2 * j, post="v_post += w"))
            self.link(e, i, p=eps, delay=dly, on_pre=f"v_post += {j}")
        else:
            self.link(e, g, p=eps, delay=dly, on_pre=f"v_post += {j}")
        self.link(i, g, p=eps, delay=dly, on_pre=f"v_post -= {j * s['g']}")

    def stdp1k(self, s):
        c = STDP1K
        src = b2.PoissonGroup(s["n"], rates=c["rate_hz"] * b2.Hz)
        self.objs.append(src)
        self.pop = g = b2.NeuronGroup(
            1,
            """
            dv/dt = (ge*(ee - vr) + el - v) / tm : 1
            dge/dt = -ge / te : 1""",
            threshold="v > vt",
            reset="v = vr",
            method="euler",
            namespace=dict(ee=c["e_e"], vr=c["v_r"], el=c["e_l"], vt=c["v_t"], tm=c["tau_m"] * ms, te=c["tau_e"] * ms),
        )
        g.v = c["v_r"]
        self.link(src, g, w=f"{c['g_max']}*rand()", **pair_stdp(c["g_max"], c))

    def rate(self, s):
        self.pop = g = b2.NeuronGroup(
            s["n"],
            """
            dr/dt = (net + bias - r) / tau : 1
            net : 1""",
            method="euler",
            namespace=dict(tau=RATE["tau"] * ms, bias=RATE["bias"]),
        )
        model = "net_post = w * r_pre : 1 (summed)"
        kw = {}
        if s["plastic"]:
            model += "\ndw/dt = (r_pre*r_post - alpha*r_post**2*w) / tw : 1 (clock-driven)"
            kw = dict(method="euler", namespace=dict(tw=OJA["tau"] * ms, alpha=OJA["alpha"]))
        else:
            model += "\nw : 1"
        k = s["k"]
        self.link(g, g, p=k / s["n"] if k else None, w=f"rand()/{k or s['n']}", model=model, **kw)

    # -- harness, runtime mode -------------------------------------------
    def start(self):
        self.first = self.mon.num_spikes if a.unit == "Hz" else 0

    def simulate(self, t):
        self.net.run(t * ms)

    def sanity(self, t):
        if a.unit != "Hz":
            return np.mean(self.pop.r[:])
        return (self.mon.num_spikes - self.first) / len(self.pop) / (t / 1000)


# Brian's own last_run_info.txt holds CPU time with one thread and wall time with more, so both clocks are read here.
STAMP = """{ struct timespec q, w; clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &q); clock_gettime(CLOCK_MONOTONIC, &w);
  fprintf(stderr, "STAMP %.9f %.9f\\n", w.tv_sec + 1e-9 * w.tv_nsec, q.tv_sec + 1e-9 * q.tv_nsec); }"""


def run_standalone():
    m = Model(a.spec)
    b2.device.insert_code("before_network_run", STAMP)
    b2.device.insert_code("after_network_run", STAMP)
    m.net.run(a.warm * ms)
    m.net.run(a.window * ms)
    folder = os.path.join(a.folder, "sa")
    b2.device.build(directory=folder, compile=True, run=False)
    b2.get_device().has_been_run = True
    common.tell(ready=1)
    for _ in common.wanted():
        done = subprocess.run(
            ["./main"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True
        )
        stamps = [map(float, x.split()[1:]) for x in done.stderr.splitlines() if x.startswith("STAMP ")]
        _, _, (w0, c0), (w1, c1) = stamps
        if a.unit == "Hz":
            sane = m.mon.num_spikes / len(m.pop) / ((a.window + a.warm) / 1000)
        else:
            sane = float(np.mean(m.pop.r[:]))
        scale = 1e6 / a.window
        common.tell(cpu=(c1 - c0) * scale, wall=(w1 - w0) * scale, sanity=float(sane))


if standalone:
    run_standalone()
else:
    common.serve(a, Model(a.spec))
