"""Step-level networks that, between them, use every way of lowering a map."""

from __future__ import annotations

import numpy as np

from .networks import Network, full, sparse

COBA = """
module @net dt = 0.1 {
  step.neurons @pop0
  step.synapses @proj0 from @pop0 to @pop0 spiking as csr_pre delay DELAY index i32
  step.field @pop0.v : f64[neuron] state
  step.field @pop0.g_exc : f64[neuron] state
  step.field @pop0.tau : f64 param
  step.field @pop0.hold : i32[neuron] state
  step.field @proj0.w : f64[syn] param
  step.events @pop0.spikes of @pop0
  step.map @proj0.on_pre over spikes in @proj0 phase 1 of @pop0.spikes {
    %w = step.read @proj0.w : f64[syn]
    step.accumulate add @pop0.g_exc, %w
  }
  step.record targets [@pop0.g_exc]
  step.map @pop0.update over neurons in @pop0 phase 4 {
    %v = step.read @pop0.v : f64[neuron]
    %g = step.read @pop0.g_exc : f64[neuron]
    %tau = step.read @pop0.tau : f64
    %hold = step.read @pop0.hold : i32[neuron]
    %none = const 0 : i32
    %one = const 1 : i32
    %active = arith.cmp eq %hold, %none : bool[neuron]
    %dt = const 0.1 : f64
    %c = arith.div %dt, %tau : f64
    %drive = const 1.2 : f64
    %sum = arith.add %g, %drive : f64[neuron]
    %s = arith.sub %sum, %v : f64[neuron]
    %dv = arith.mul %c, %s : f64[neuron]
    %v1 = arith.add %v, %dv : f64[neuron]
    %v2 = arith.select %active, %v1, %v : f64[neuron]
    %limit = const 1.0 : f64
    %over = arith.cmp gt %v2, %limit : bool[neuron]
    %fired = arith.and %over, %active : bool[neuron]
    %rest = const 0.0 : f64
    %v3 = arith.select %fired, %rest, %v2 : f64[neuron]
    %less = arith.sub %hold, %one : i32[neuron]
    %held = arith.select %active, %none, %less : i32[neuron]
    %three = const 3 : i32
    %hold1 = arith.select %fired, %three, %held : i32[neuron]
    %decay = const 0.8 : f64
    %g1 = arith.mul %g, %decay : f64[neuron]
    step.write @pop0.v, %v3
    step.write @pop0.hold, %hold1
    step.write @pop0.g_exc, %g1
    step.emit @pop0.spikes if %fired
  }
  step.record end [@pop0.v, @pop0.spikes]
  step.order [@proj0.on_pre, @pop0.update]
}
"""

PLASTIC = """
module @net dt = 1.0 {
  step.neurons @pop0
  step.neurons @pop1
  step.synapses @proj0 from @pop0 to @pop1 spiking as LAYOUT FULL delay one index u16 BACK
  step.field @pop0.v : f64[neuron] state
  step.field @pop1.v : f64[neuron] state
  step.field @pop1.g_exc : f64[neuron] state
  step.field @pop0.last_spike : i64[neuron] state
  step.field @proj0.w : f64[syn] state
  step.field @proj0.x : f64[syn] state
  step.field @proj0.bias : f64[post] state
  step.field @proj0.plasticity : bool param
  step.events @pop0.spikes of @pop0
  step.events @pop1.spikes of @pop1
  step.map @proj0.on_pre over spikes in @proj0 phase 1 of @pop0.spikes {
    %w = step.read @proj0.w : f64[syn]
    %x = step.read @proj0.x : f64[syn]
    %b = step.read @proj0.bias : f64[post]
    %half = const 0.5 : f64
    %x1 = arith.mul %x, %half : f64[syn]
    %wb = arith.mul %w, %b : f64[syn]
    step.accumulate add @pop1.g_exc, %wb
    %q = arith.div %x1, %w : f64[syn]
    %x2 = arith.add %x1, %q : f64[syn]
    step.write @proj0.x, %x2
  }
  step.map @proj0.psp over synapses in @proj0 phase 1 {
    %w = step.read @proj0.w : f64[syn]
    %v = step.read @pop0.v : f64[pre]
    %u = step.read @pop1.v : f64[post]
    %d = arith.sub %v, %u : f64[syn]
    %p = arith.mul %w, %d : f64[syn]
    step.accumulate add @pop1.g_exc, %p
  }
  step.map @pop0.update over neurons in @pop0 phase 4 {
    %v = step.read @pop0.v : f64[neuron]
    %l = step.read @pop0.last_spike : i64[neuron]
    %k = step.index : i64
    %a = const 0.13 : f64
    %v1 = arith.add %v, %a : f64[neuron]
    %one = const 1.0 : f64
    %f = arith.cmp gt %v1, %one : bool[neuron]
    %v2 = arith.sub %v1, %one : f64[neuron]
    %v3 = arith.select %f, %v2, %v1 : f64[neuron]
    %l1 = arith.select %f, %k, %l : i64[neuron]
    step.write @pop0.v, %v3
    step.write @pop0.last_spike, %l1
    step.emit @pop0.spikes if %f
  }
  step.map @pop1.update over neurons in @pop1 phase 4 {
    %v = step.read @pop1.v : f64[neuron]
    %g = step.read @pop1.g_exc : f64[neuron]
    %a = const 0.11 : f64
    %c = const 0.01 : f64
    %h = arith.mul %g, %c : f64[neuron]
    %v0 = arith.add %v, %a : f64[neuron]
    %v1 = arith.add %v0, %h : f64[neuron]
    %one = const 1.0 : f64
    %zero = const 0.0 : f64
    %f = arith.cmp gt %v1, %one : bool[neuron]
    %v2 = arith.select %f, %zero, %v1 : f64[neuron]
    step.write @pop1.v, %v2
    step.write @pop1.g_exc, %zero
    step.emit @pop1.spikes if %f
  }
  step.map @proj0.posts over posts in @proj0 phase 7 {
    %b = step.read @proj0.bias : f64[post]
    %v = step.read @pop1.v : f64[post]
    %b1 = arith.mul %b, %v : f64[post]
    %c = const 0.25 : f64
    %b2 = arith.add %b1, %c : f64[post]
    step.write @proj0.bias, %b2
  }
  step.map @proj0.update over synapses in @proj0 phase 7 {
    %w = step.read @proj0.w : f64[syn]
    %b = step.read @proj0.bias : f64[post]
    %v = step.read @pop0.v : f64[pre]
    %c = const 0.01 : f64
    %cb = arith.mul %c, %b : f64[post]
    %x = arith.mul %cb, %v : f64[syn]
    %w1 = arith.add %w, %x : f64[syn]
    step.write @proj0.w, %w1
  }
  step.map @proj0.on_post over back_spikes in @proj0 phase 8 of @pop1.spikes if @proj0.plasticity {
    %w = step.read @proj0.w : f64[syn]
    %l = step.read @pop0.last_spike : i64[pre]
    %k = step.index : i64
    %gap = arith.sub %k, %l : i64[pre]
    %two = const 2 : i64
    %apart = arith.add %gap, %two : i64[pre]
    %age = arith.cast %apart : f64[pre]
    %e = arith.div %w, %age : f64[syn]
    %w1 = arith.add %w, %e : f64[syn]
    step.write @proj0.w, %w1
  }
}
"""

RATE = """
module @net dt = 1.0 {
  step.neurons @pop0
  step.neurons @pop1
  step.synapses @proj0 from @pop0 to @pop1 rate as csr_post delay each index u16
  step.synapses @proj1 from @pop0 to @pop0 rate as LAYOUT full no_self delay uniform index i32
  step.field @pop0.r : f64[neuron] state
  step.field @pop1.r : f64[neuron] state
  step.field @pop0.base : f64 state
  step.field @pop0.mean_r : f64 state
  step.field @pop0.max_r : f64 state
  step.field @pop0.on : bool param
  step.field @pop0.draw0 : f64[neuron] scratch
  step.field @pop1.draw0 : f32[neuron] scratch
  step.field @pop1.draw1 : i32[neuron] scratch
  step.field @pop0.draw1 : f64 scratch
  step.field @proj0.draw0 : f32[syn] scratch
  step.field @proj1.draw0 : f64[syn] scratch
  step.field @pop0.sum_exc : f64[neuron] state
  step.field @pop1.sum_exc : f64[neuron] state
  step.field @proj0.w : f64[syn] state
  step.field @proj1.w : f64[syn] state
  step.ring @pop0.r.past of @pop0.r : f64[neuron]
  step.ring @pop0.base.past of @pop0.base : f64
  step.map @pop0.zero over neurons in @pop0 phase 1 {
    %z = const 0.0 : f64
    step.write @pop0.sum_exc, %z
  }
  step.map @pop1.zero over neurons in @pop1 phase 1 {
    %z = const 0.0 : f64
    step.write @pop1.sum_exc, %z
  }
  step.map @proj0.psp over synapses in @proj0 phase 1 {
    %w = step.read @proj0.w : f64[syn]
    %k = step.index : i64
    %d = step.delay @proj0 : i64[syn]
    %at = arith.sub %k, %d : i64[syn]
    %r = step.read_ring @pop0.r.past [ %at ] : f64[syn]
    %x = arith.mul %w, %r : f64[syn]
    step.accumulate max @pop1.sum_exc, %x
  }
  step.map @proj1.psp over synapses in @proj1 phase 1 {
    %w = step.read @proj1.w : f64[syn]
    %k = step.index : i64
    %d = step.delay @proj1 : i64
    %at = arith.sub %k, %d : i64
    %r = step.read_ring @pop0.r.past [ %at ] : f64[pre]
    %b = step.read_ring @pop0.base.past [ %at ] : f64
    %rb = arith.add %r, %b : f64[pre]
    %x = arith.mul %w, %rb : f64[syn]
    step.accumulate REDUCTION @pop0.sum_exc, %x
  }
  step.fill @pop0.draw0 with normal stream 12345
  step.fill @pop1.draw0 with normal stream 4000000000
  step.fill @pop1.draw1 with bits stream 3
  step.fill @pop0.draw1 with uniform stream 6
  step.fill @proj0.draw0 with uniform stream 7
  step.fill @proj1.draw0 with normal stream 8
  step.map @pop0.global over once in @pop0 phase 4 {
    %b = step.read @pop0.base : f64
    %m = step.read @pop0.mean_r : f64
    %u = step.read @pop0.draw1 : f64
    %mu = arith.mul %m, %u : f64
    %b1 = arith.add %b, %mu : f64
    step.write @pop0.base, %b1
    %limit = const 1e30 : f64
    %stop = arith.cmp gt %b1, %limit : bool
    step.stop if %stop
  }
  step.map @pop0.update over neurons in @pop0 phase 4 if @pop0.on {
    %s = step.read @pop0.sum_exc : f64[neuron]
    %u = step.read @pop0.draw0 : f64[neuron]
    %c = const 0.01 : f64
    %sc = arith.mul %s, %c : f64[neuron]
    %r = arith.add %sc, %u : f64[neuron]
    step.write @pop0.r, %r
  }
  step.map @pop1.update over neurons in @pop1 phase 4 {
    %s = step.read @pop1.sum_exc : f64[neuron]
    %u = step.read @pop1.draw0 : f32[neuron]
    %i = step.read @pop1.draw1 : i32[neuron]
    %d = arith.cast %u : f64[neuron]
    %j = arith.cast %i : f64[neuron]
    %x = arith.add %s, %d : f64[neuron]
    %r = arith.add %x, %j : f64[neuron]
    step.write @pop1.r, %r
  }
  step.push @pop0.r.past
  step.push @pop0.base.past
  step.map @pop0.reduce over neurons in @pop0 phase 6 {
    %r = step.read @pop0.r : f64[neuron]
    step.accumulate mean @pop0.mean_r, %r
    step.accumulate max @pop0.max_r, %r
  }
  step.map @proj1.update over synapses in @proj1 phase 7 {
    %w = step.read @proj1.w : f64[syn]
    %pre = step.read @pop0.r : f64[pre]
    %post = step.read @pop0.r : f64[post]
    %m = step.read @pop0.mean_r : f64
    %u = step.read @proj1.draw0 : f64[syn]
    %d = arith.sub %post, %m : f64[post]
    %x = arith.mul %pre, %d : f64[syn]
    %c = const 0.001 : f64
    %xc = arith.mul %x, %c : f64[syn]
    %w1 = arith.add %w, %xc : f64[syn]
    %w2 = arith.add %w1, %u : f64[syn]
    step.write @proj1.w, %w2
  }
  step.map @proj0.update over synapses in @proj0 phase 7 {
    %u = step.read @proj0.draw0 : f32[syn]
    %w = arith.cast %u : f64[syn]
    step.write @proj0.w, %w
  }
  step.record end [@pop0.r]
}
"""


def coba(delay: str = "one", n: int = 600) -> Network:
    delays = {"one": 1, "uniform": 3, "each": np.array([1, 2, 4])}[delay]
    wires = sparse(np.random.default_rng(3), n, n, 0.01, delays)
    return Network(COBA.replace("DELAY", delay), {"pop0": n}, {"proj0": wires}, {"pop0.tau": 2.0}, ring=5)


def plastic(layout: str) -> Network:
    dense = layout.startswith("dense")
    wires = full(3, 40, 10, 70) if dense else sparse(np.random.default_rng(3), 50, 140, 0.1)
    text = PLASTIC.replace("LAYOUT", layout).replace("FULL", "full" if dense else "")
    text = text.replace("BACK", "back" if layout == "csr_pre" else "")
    return Network(text, {"pop0": 50, "pop1": 140}, {"proj0": wires}, {"proj0.plasticity": 1.0})


def rate(layout: str = "dense_post", reduction: str = "mean") -> Network:
    wires = {
        "proj0": sparse(np.random.default_rng(3), 130, 30, 0.05, np.array([1, 2, 3])),
        "proj1": full(5, 70, 58, 14, no_self=True, delay=2),
    }
    text = RATE.replace("LAYOUT", layout).replace("REDUCTION", reduction)
    return Network(text, {"pop0": 130, "pop1": 30}, wires, {"pop0.on": 1.0}, ring=4)


NETWORKS = {
    "coba": coba(),
    "coba uniform": coba("uniform"),
    "coba each": coba("each"),
    "plastic csr_pre": plastic("csr_pre"),
    "plastic dense_pre": plastic("dense_pre"),
    "plastic dense_post": plastic("dense_post"),
    "rate dense_post": rate(),
    "rate dense_pre": rate("dense_pre", "add"),
    "rate min": rate("dense_post", "min"),
}


def small(network: Network) -> Network:
    """The same network, quick to fire."""
    network.values["pop0.v"] = np.random.default_rng(1).random(network.sizes["pop0"]) + 0.3
    return network
