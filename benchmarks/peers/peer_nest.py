"""NEST 3.10 (double only).  Excitatory/inhibitory cells are slices of one population."""

import common
import numpy as np
from specs import BRUNEL, COBA, CUBA, HH, RATE, STDP, STDP1K

a = common.arguments("nest")
if a.precision != "double":
    raise SystemExit("NEST computes in double only")

import nest  # noqa: E402

nest.verbosity = nest.VerbosityLevel.ERROR


class Model:
    def __init__(self, s, args):
        self.s = s
        nest.ResetKernel()
        nest.set(resolution=s["dt"], local_num_threads=args.threads, rng_seed=5, print_time=False)
        getattr(self, s["kind"])(s)

    def start(self):
        self.count = 0
        if hasattr(self, "rec"):
            self.rec_first = self.rec.n_events

    def compile(self):
        nest.Prepare()  # buffers, connection tables

    def simulate(self, ms):
        nest.Run(ms)
        self.count = getattr(self, "count", 0) + nest.local_spike_counter  # of this Run alone

    def sanity(self, ms):
        if a.unit != "Hz":
            return np.mean(self.pop.rate)
        if hasattr(self, "rec"):
            self.count = self.rec.n_events - self.rec_first
        return self.count / len(self.pop) / (ms / 1000)

    def random_ei(self, s, we, wi, delay=None, plastic=None):
        delay = delay or s["dt"]
        e, i = self.pop[: s["ne"]], self.pop[s["ne"] :]
        rule = dict(rule="pairwise_bernoulli", p=s["p"])
        if plastic:
            nest.Connect(e, self.pop, rule, dict(synapse_model=plastic, weight=we, delay=delay))
        else:
            nest.CopyModel("static_synapse_hom_w", "exc_syn", dict(weight=we, delay=delay))
            nest.Connect(e, self.pop, rule, dict(synapse_model="exc_syn"))
        nest.CopyModel("static_synapse_hom_w", "inh_syn", dict(weight=wi, delay=delay))
        nest.Connect(i, self.pop, rule, dict(synapse_model="inh_syn"))

    def plastic_model(self, w_max, p=STDP):
        nest.CopyModel(
            "stdp_synapse",
            "plastic",
            dict(
                tau_plus=p.get("tau_pre", 20.0),
                Wmax=w_max,
                mu_plus=0.0,
                mu_minus=0.0,
                alpha=p["ratio"],
                **{"lambda": p["a_pre"]},
            ),
        )
        return "plastic"

    def izhi(self, s):
        rng = np.random.default_rng(1)
        ne, ni, n = s["ne"], s["ni"], s["n"]
        re, ri = rng.random(ne), rng.random(ni)
        par = dict(
            a=np.r_[np.full(ne, 0.02), 0.02 + 0.08 * ri],
            b=np.r_[np.full(ne, 0.2), 0.25 - 0.05 * ri],
            c=np.r_[-65 + 15 * re**2, np.full(ni, -65.0)],
            d=np.r_[8 - 6 * re**2, np.full(ni, 2.0)],
        )
        self.pop = p = nest.Create(
            "izhikevich", n, params=dict(V_m=-65.0, U_m=-13.0, V_th=30.0, consistent_integration=False)
        )
        for k, v in par.items():
            p.set({k: list(v)})
        for sl, sd in ((p[:ne], 5.0), (p[ne:], 2.0)):
            g = nest.Create("noise_generator", params=dict(mean=0.0, std=sd, dt=s["dt"]))
            nest.Connect(g, sl)
        for sl, hi in ((p[:ne], 0.5), (p[ne:], -1.0)):
            nest.Connect(sl, p, "all_to_all", dict(weight=hi * nest.random.uniform(0.0, 1.0), delay=s["dt"]))

    def coba(self, s):
        c = COBA
        gl = c["g_leak_nS"]
        self.pop = p = nest.Create(
            "iaf_cond_exp",
            s["n"],
            params=dict(
                E_L=c["e_l"],
                V_reset=c["v_r"],
                V_th=c["v_t"],
                t_ref=c["refrac"],
                g_L=gl,
                C_m=c["c_pF"],
                E_ex=c["e_e"],
                E_in=c["e_i"],
                tau_syn_ex=c["tau_e"],
                tau_syn_in=c["tau_i"],
                I_e=c["drive"] * gl,
            ),
        )
        p.V_m = nest.random.normal(-55.0, 5.0)
        if s["k"] < 200:
            p.set(
                g_ex=list(np.maximum(0, np.random.normal(4, 1.5, s["n"]) * gl)),
                g_in=list(np.maximum(0, np.random.normal(20, 12, s["n"]) * gl)),
            )
        we, wi = c["w_e"] * gl * s["w_scale"], -c["w_i"] * gl * s["w_scale"]
        self.random_ei(s, we, wi, plastic=self.plastic_model(2 * we) if s["plastic"] else None)

    def cuba(self, s):
        c = CUBA
        # C_m = tau_m makes R = 1, so that currents read in mV
        self.pop = p = nest.Create(
            "iaf_psc_exp",
            s["n"],
            params=dict(
                E_L=c["e_l"],
                V_reset=c["v_r"],
                V_th=c["v_t"],
                t_ref=c["refrac"],
                C_m=c["tau_m"],
                tau_m=c["tau_m"],
                tau_syn_ex=c["tau_e"],
                tau_syn_in=c["tau_i"],
            ),
        )
        p.V_m = nest.random.uniform(-60.0, -50.0)
        self.random_ei(s, c["w_e"], -c["w_i"])

    def cobahh(self, s):
        c = HH
        self.pop = p = nest.Create(
            "hh_cond_exp_traub",
            s["n"],
            params=dict(
                C_m=c["c"],
                g_L=c["g_l"],
                g_Na=c["g_na"],
                g_K=c["g_k"],
                E_L=c["e_l"],
                E_Na=c["e_na"],
                E_K=c["e_k"],
                V_T=c["v_off"],
                E_ex=c["e_e"],
                E_in=c["e_i"],
                tau_syn_ex=c["tau_e"],
                tau_syn_in=c["tau_i"],
            ),
        )
        rng = np.random.default_rng(2)
        # this model does not let its conductances be set, so they start at 0
        p.set(V_m=list(c["e_l"] + rng.normal(size=s["n"]) * 5 - 5))
        self.random_ei(s, c["w_e"], -c["w_i"])

    def brunel(self, s):
        b, ne, j = BRUNEL, s["ne"], s["j"]
        self.pop = p = nest.Create(
            "iaf_psc_delta",
            s["n"],
            params=dict(
                E_L=0.0, V_reset=b["v_r"], V_th=b["v_t"], V_m=0.0, t_ref=b["refrac"], tau_m=b["tau_m"], C_m=1.0
            ),
        )
        p.V_m = nest.random.uniform(0.0, b["v_t"])
        pg = nest.Create("poisson_generator", params=dict(rate=s["ext_hz"]))
        nest.CopyModel("static_synapse_hom_w", "exc_syn", dict(weight=j, delay=b["delay"]))
        nest.CopyModel("static_synapse_hom_w", "inh_syn", dict(weight=-s["g"] * j, delay=b["delay"]))
        nest.Connect(pg, p, syn_spec=dict(synapse_model="exc_syn"))
        rule = dict(rule="fixed_indegree", indegree=s["ke"])
        if s["plastic"]:
            m = self.plastic_model(2 * j)
            nest.Connect(p[:ne], p[:ne], rule, dict(synapse_model=m, weight=j, delay=b["delay"]))
            nest.Connect(p[:ne], p[ne:], rule, dict(synapse_model="exc_syn"))
        else:
            nest.Connect(p[:ne], p, rule, dict(synapse_model="exc_syn"))
        nest.Connect(p[ne:], p, dict(rule="fixed_indegree", indegree=s["ki"]), dict(synapse_model="inh_syn"))

    def stdp1k(self, s):
        c = STDP1K
        # ge*(E_e - v_r) is a current here, so a current-based cell with R = 1 is the same model
        self.pop = nest.Create(
            "iaf_psc_exp",
            1,
            params=dict(
                E_L=c["e_l"],
                V_reset=c["v_r"],
                V_th=c["v_t"],
                V_m=c["v_r"],
                t_ref=s["dt"],
                tau_m=c["tau_m"],
                C_m=c["tau_m"],
                tau_syn_ex=c["tau_e"],
                tau_syn_in=c["tau_e"],
                tau_minus=20.0,
            ),
        )
        pg = nest.Create("poisson_generator", params=dict(rate=c["rate_hz"]))
        rel = nest.Create("parrot_neuron", s["n"])
        nest.Connect(pg, rel)
        top = c["g_max"] * (c["e_e"] - c["v_r"])
        m = self.plastic_model(top, c)
        nest.Connect(
            rel,
            self.pop,
            "all_to_all",
            dict(synapse_model=m, weight=top * nest.random.uniform(0.0, 1.0), delay=s["dt"]),
        )
        self.rec = nest.Create("spike_recorder")  # the kernel's counter would count the parrots too
        nest.Connect(self.pop, self.rec)

    def rate(self, s):
        if s["plastic"]:
            raise SystemExit("NEST has no Hebbian rate synapse")
        # lin_rate_ipn without noise; the delayed connection avoids waveform relaxation
        nest.set(use_wfr=False)
        self.pop = p = nest.Create(
            "lin_rate_ipn",
            s["n"],
            params=dict(tau=RATE["tau"], mu=RATE["bias"], sigma=0.0, g=1.0, linear_summation=True),
        )
        top = 1.0 / (s["k"] or s["n"])
        rule = dict(rule="fixed_indegree", indegree=s["k"]) if s["k"] else "all_to_all"
        nest.Connect(
            p,
            p,
            rule,
            dict(synapse_model="rate_connection_delayed", delay=s["dt"], weight=nest.random.uniform(0.0, top)),
        )


model = Model(a.spec, a)
model.compile()
common.serve(a, model)
