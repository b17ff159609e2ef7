"""ANNarchy 5.  --variant takes comma-separated words:
lil|csr|dense|ell|...  storage format        pre  pre_to_post storage order
simd   the hand-written SpMV kernels         fast -O3 -ffast-math -march=native
split  thread-local matrix slices            cppc C++ side connectors
cuda   on the GPU, with nvcc
"""

import common
import numpy as np
from specs import BRUNEL, COBA, CUBA, HH, OJA, RATE, STDP, STDP1K

a = common.arguments("annarchy")

import ANNarchy as ann  # noqa: E402  (after OMP_NUM_THREADS is set)

words = a.words
FORMATS = {"lil", "csr", "dense", "ell", "ellr", "sell", "coo", "bsr", "hyb", "auto"}


def stdp_synapse(w_max, p=STDP):
    up = p["a_pre"] * w_max
    return ann.Synapse(
        parameters=dict(
            tp=ann.Parameter(p.get("tau_pre", 20.0)),
            tq=ann.Parameter(p.get("tau_post", 20.0)),
            up=ann.Parameter(up),
            dn=ann.Parameter(up * p["ratio"]),
            wm=ann.Parameter(w_max),
        ),
        equations=[
            ann.Variable("tp * dx/dt = -x", method="event-driven"),
            ann.Variable("tq * dy/dt = -y", method="event-driven"),
        ],
        pre_spike="""
            g_target += w
            x += up
            w = clip(w - y, 0.0, wm)
        """,
        post_spike="""
            y += dn
            w = clip(w + x, 0.0, wm)
        """,
    )


LOCALS = dict(sd=5.0, a=0.02, b=0.2, c=-65.0, d=8.0)


class Model:
    def __init__(self, s, args):
        self.s = s
        self.mon = None
        self.net = ann.Network(dt=s["dt"], seed=7)
        cfg = dict(num_threads=args.threads, dtype=ann.float32 if args.precision == "float" else ann.float64)
        for f in FORMATS & words:
            cfg["sparse_matrix_format"] = f
        if "cuda" in words:
            del cfg["num_threads"]
            cfg["paradigm"] = "cuda"
        if "pre" in words:
            cfg["sparse_matrix_storage_order"] = "pre_to_post"
        if "simd" in words:
            cfg["disable_SIMD_SpMV"] = False
        if "split" in words:
            cfg["disable_split_matrix"] = False
        if "cppc" in words:
            cfg["use_cpp_connectors"] = True
            cfg["disable_parallel_rng"] = False
        self.net.config(**cfg)
        self.projs = []
        self.rng = np.random.default_rng(1)
        getattr(self, s["kind"])(s)

    # -- spiking ---------------------------------------------------------
    def izhi(self, s):
        cell = ann.Neuron(
            parameters=dict(**{k: ann.Parameter(x, locality="local") for k, x in LOCALS.items()}, peak=30.0),
            equations=[
                "I = g_exc - g_inh + sd * Normal(0.0, 1.0)",
                "mid = v + 0.5 * (0.04 * v^2 + 5.0 * v + 140.0 - u + I)",
                "v = mid + 0.5 * (0.04 * mid^2 + 5.0 * mid + 140.0 - u + I)",
                "u += a * (b * v - u)",
            ],
            spike="v >= peak",
            reset="v = c\nu += d",
        )
        self.pop = p = self.net.create(s["n"], cell)
        e, i = p[: s["ne"]], p[s["ne"] :]
        re, ri = self.rng.random(s["ne"]), self.rng.random(s["ni"])
        e.c, e.d = -65.0 + 15.0 * re**2, 8.0 - 6.0 * re**2
        i.sd, i.a, i.b, i.d = 2.0, 0.02 + 0.08 * ri, 0.25 - 0.05 * ri, 2.0
        p.v = -65.0
        p.u = -13.0
        for src, t, w in ((e, "exc", 0.5), (i, "inh", 1.0)):
            q = self.net.connect(src, p, t)
            q.all_to_all(weights=ann.Uniform(0.0, w))
            self.projs.append(q)

    def random_ei(self, pop, s, we, wi, syn=None):
        for lo, hi, t, w in ((0, s["ne"], "exc", we), (s["ne"], s["n"], "inh", wi)):
            q = self.net.connect(pop[lo:hi], pop, t, syn if t == "exc" else None)
            q.fixed_probability(probability=s["p"], weights=w)
            self.projs.append(q)

    def coba(self, s):
        c = COBA
        cell = ann.Neuron(
            parameters=dict(
                el=c["e_l"],
                vr=c["v_r"],
                vt=c["v_t"],
                tm=c["tau_m"],
                te=c["tau_e"],
                ti=c["tau_i"],
                ee=c["e_e"],
                ei=c["e_i"],
                drive=c["drive"],
            ),
            equations=[
                "tm * dv/dt = (el - v) + g_exc * (ee - v) + g_inh * (ei - v) + drive",
                "te * dg_exc/dt = -g_exc",
                "ti * dg_inh/dt = -g_inh",
            ],
            spike="v > vt",
            reset="v = vr",
            refractory=c["refrac"],
        )
        self.pop = p = self.net.create(s["n"], cell)
        n = s["n"]
        p.v = self.rng.normal(-55.0, 5.0, n)
        p.g_exc = self.rng.normal(4.0, 1.5, n) if s["k"] < 200 else 0.0
        p.g_inh = self.rng.normal(20.0, 12.0, n) if s["k"] < 200 else 0.0
        we = c["w_e"] * s["w_scale"]
        self.random_ei(p, s, we, c["w_i"] * s["w_scale"], stdp_synapse(2 * we) if s["plastic"] else None)

    def cuba(self, s):
        c = CUBA
        cell = ann.Neuron(
            parameters=dict(el=c["e_l"], vr=c["v_r"], vt=c["v_t"], tm=c["tau_m"], te=c["tau_e"], ti=c["tau_i"]),
            equations=["tm * dv/dt = (el - v) + g_exc - g_inh", "te * dg_exc/dt = -g_exc", "ti * dg_inh/dt = -g_inh"],
            spike="v > vt",
            reset="v = vr",
            refractory=c["refrac"],
        )
        self.pop = p = self.net.create(s["n"], cell)
        p.v = self.rng.uniform(-60.0, -50.0, s["n"])
        self.random_ei(p, s, c["w_e"], c["w_i"])

    def cobahh(self, s):
        c = HH
        par = {
            k: c[k]
            for k in (
                "c",
                "g_l",
                "g_na",
                "g_k",
                "e_l",
                "e_na",
                "e_k",
                "v_off",
                "e_e",
                "e_i",
                "tau_e",
                "tau_i",
                "v_spike",
            )
        }
        par = {k.replace("_", ""): v for k, v in par.items()}
        m = "exponential"
        cell = ann.Neuron(
            parameters=par,
            equations=[
                "last = v",
                "q = v - voff",
                "am = 0.32 * (13.0 - q) / (exp((13.0 - q) / 4.0) - 1.0)",
                "bm = 0.28 * (q - 40.0) / (exp((q - 40.0) / 5.0) - 1.0)",
                "ah = 0.128 * exp((17.0 - q) / 18.0)",
                "bh = 4.0 / (1.0 + exp((40.0 - q) / 5.0))",
                "an = 0.032 * (15.0 - q) / (exp((15.0 - q) / 5.0) - 1.0)",
                "bn = 0.5 * exp((10.0 - q) / 40.0)",
                "nak = gna * m * m * m * h",
                "kk = gk * n * n * n * n",
                ann.Variable("dm/dt = am * (1.0 - m) - bm * m", method=m),
                ann.Variable("dh/dt = ah * (1.0 - h) - bh * h", method=m),
                ann.Variable("dn/dt = an * (1.0 - n) - bn * n", method=m),
                ann.Variable(
                    "c * dv/dt = gl * (el - v) + nak * (ena - v) + kk * (ek - v) + g_exc * (ee - v) + g_inh * (ei - v)",
                    method=m,
                ),
                ann.Variable("taue * dg_exc/dt = -g_exc", method=m),
                ann.Variable("taui * dg_inh/dt = -g_inh", method=m),
            ],
            spike="(v > vspike) and (last <= vspike)",
            reset="",
        )
        self.pop = p = self.net.create(s["n"], cell)
        n = s["n"]
        p.v = c["e_l"] + (self.rng.normal(size=n) * 5 - 5)
        p.g_exc = np.maximum(0, self.rng.normal(4, 1.5, n) * 10)
        p.g_inh = np.maximum(0, self.rng.normal(20, 12, n) * 10)
        self.random_ei(p, s, c["w_e"], c["w_i"])

    def brunel(self, s):
        b = BRUNEL
        cell = ann.Neuron(
            parameters=dict(tm=b["tau_m"], vt=b["v_t"], vr=b["v_r"], jext=s["j"], kick=b["tau_m"] / s["dt"]),
            equations=[
                f"nx = Binomial({s['ke']}, {s['ext_p']})",
                "tm * dv/dt = -v + kick * (g_exc - g_inh + jext * nx)",
            ],
            spike="v > vt",
            reset="v = vr",
            refractory=b["refrac"],
        )
        self.pop = p = self.net.create(s["n"], cell)
        p.v = self.rng.uniform(0.0, b["v_t"], s["n"])
        ne, j = s["ne"], s["j"]
        if s["plastic"]:
            parts = [
                (p[:ne], p[:ne], "exc", s["ke"], j, stdp_synapse(2 * j)),
                (p[:ne], p[ne:], "exc", s["ke"], j, None),
                (p[ne:], p, "inh", s["ki"], j * s["g"], None),
            ]
        else:
            parts = [(p[:ne], p, "exc", s["ke"], j, None), (p[ne:], p, "inh", s["ki"], j * s["g"], None)]
        for src, dst, t, k, w, syn in parts:
            q = self.net.connect(src, dst, t, syn)
            q.fixed_number_pre(k, weights=w, delays=b["delay"])
            self.projs.append(q)

    def stdp1k(self, s):
        c = STDP1K
        src = self.net.create(ann.PoissonPopulation(s["n"], rates=c["rate_hz"]))
        cell = ann.Neuron(
            parameters=dict(
                tm=c["tau_m"], te=c["tau_e"], vt=c["v_t"], vr=c["v_r"], el=c["e_l"], pull=c["e_e"] - c["v_r"]
            ),
            equations=["tm * dv/dt = g_exc * pull + el - v", "te * dg_exc/dt = -g_exc"],
            spike="v > vt",
            reset="v = vr",
        )
        self.pop = self.net.create(1, cell)
        self.pop.v = c["v_r"]
        q = self.net.connect(src, self.pop, "exc", stdp_synapse(c["g_max"], c))
        q.all_to_all(weights=ann.Uniform(0.0, c["g_max"]))
        self.projs.append(q)

    # -- rate coded ------------------------------------------------------
    def rate(self, s):
        cell = ann.Neuron(
            parameters=dict(tau=RATE["tau"], bias=RATE["bias"]), equations="tau * dr/dt + r = sum(exc) + bias"
        )
        self.pop = p = self.net.create(s["n"], cell)
        syn = None
        if s["plastic"]:
            syn = ann.Synapse(
                parameters=dict(tau=OJA["tau"], alpha=OJA["alpha"]),
                equations="tau * dw/dt = pre.r * post.r - alpha * post.r^2 * w",
            )
        q = self.net.connect(p, p, "exc", syn)
        if s["k"]:
            q.fixed_number_pre(s["k"], weights=ann.Uniform(0.0, 1.0 / s["k"]))
        else:
            q.all_to_all(weights=ann.Uniform(0.0, 1.0 / s["n"]), allow_self_connections=True)
        self.projs.append(q)

    # -- harness ---------------------------------------------------------
    def compile(self):
        kw = dict(directory=a.folder + "/gen", silent=True)
        if "fast" in words:
            kw["compiler_flags"] = "-O3 -ffast-math -march=native"
        self.net.compile(**kw)

    def start(self):
        if a.unit == "Hz":
            self.mon = self.net.monitor(self.pop, ["spike"])
            self.count = 0

    def simulate(self, ms):
        self.net.simulate(ms)

    def sanity(self, ms):
        if a.unit != "Hz":
            return np.mean(self.pop.r)
        self.count += sum(len(x) for x in self.mon.get("spike").values())
        return self.count / self.pop.size / (ms / 1000.0)


model = Model(a.spec, a)
model.compile()
common.serve(a, model)
