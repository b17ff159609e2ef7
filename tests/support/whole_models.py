"""Random neurons and synapses as texts: everything that equations can say, kept to numbers of ordinary size.

A `Writer` makes expressions of what may be read at a place; `neuron_texts` and `synapse_texts` make models of them.
What a model cannot mean (methods that do not fit an equation, and so on) is left in: the compiler refuses it, and the
tests count how often.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

Texts = dict[str, object]

CONSTANTS: Final = ("K",)
GLOBAL_FUNCTION: Final = "squash(x, s) = x/(1.0 + abs(x*s))"
FUNCTIONS: Final = (
    "mix(x, y) = if x > y: 0.5*(x - y) else: 0.25*y*x",
    "mix(x, y) = tanh(x*y) + 0.5*K",
    "inner(z) = exp(-z*z)\nmix(x, y) = x*inner(y) - squash(y, 0.5)",
)
UNARY: Final = (
    "tanh({0})", "sin({0})", "cos({0})", "exp(-({0})^2)", "abs({0})", "sqrt(abs({0}))", "log(1.0 + ({0})^2)",
    "atan({0})", "pos({0})", "neg({0})", "sign({0})", "Heaviside({0})", "floor(2.0*({0}))/4.0", "round(3.0*{0})/3.0",
    "erf({0})", "expm1(-abs({0}))", "log1p(abs({0}))", "cbrt({0})", "1/(1.0 + ({0})**2)", "-({0})",
    "clip({0}, -1.5, 2)",
    "asinh({0})", "ceil({0})/2", "isnan({0})*1.0", "tan(0.3*sin({0}))", "asin(sin({0}))", "exp2(-abs({0}))",
)  # fmt: skip
BINARY: Final = (
    "({0}) + ({1})", "({0}) - ({1})", "0.5*({0})*({1})", "({0})/(1.0 + abs({1}))", "max({0}, {1})", "min({0}, {1})",
    "mix({0}, {1})", "squash({0}, {1})", "power({0}, 2) - ({1})", "modulo(7.0*({0}), 4)*0.1 + 0.3*({1})",
    "hypot({0}, {1})", "pow(abs({0}) + 0.1, 0.5)*tanh({1})", "atan2({0}, {1})", "({0} // 2 + {1} % 3)*0.2",
)  # fmt: skip
CHOICE: Final = (
    "(if {0}: {1} else: {2})", "ite({0}, {1}, {2})", "({1} if {0} else {2})",
    "(if {0}: {1} else: if {1} > 0.2: {2} else: 0.1)",
)  # fmt: skip
DRAWS: Final = (
    "Uniform(-0.2, 0.3)", "Normal(0.0, 0.1)", "0.1*Exponential(2.0)", "0.1*DiscreteUniform(-2, 3)",
    "0.1*Gamma(2.0, 0.5)", "0.05*Gamma(1.3, 0.7)", "0.05*Binomial(6, 0.3)", "0.1*LogNormal(-1.0, 0.3)",
)  # fmt: skip
ANY_METHOD: Final = ("explicit", "midpoint", "rk4", "implicit")
LINEAR_METHOD: Final = ("exponential", "semiimplicit", "implicit", "explicit")


@dataclass
class Writer:
    """Writes expressions. `reals`, `bools` are what can be read; `draws` says whether random numbers may come in."""

    random: Random
    reals: list[str]
    bools: list[str] = field(default_factory=list)
    draws: bool = False
    functions: bool = True

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def real(self, depth: int | None = None) -> str:
        """Any number."""
        depth = self.random.choice([0, 1, 1, 1, 2]) if depth is None else depth
        if depth == 0 or self.chance(0.25):
            return self.atom()
        kind = self.random.random()
        inner = [self.real(depth - 1) for _ in range(2)]
        if kind < 0.35:
            return self.random.choice(UNARY).format(*inner)
        if kind < 0.85:
            forms = [f for f in BINARY if self.functions or ("mix" not in f and "squash" not in f)]
            return self.random.choice(forms).format(*inner)
        return self.random.choice(CHOICE).format(self.truth(), *inner)

    def atom(self) -> str:
        if self.draws and self.chance(0.12):
            return self.random.choice(DRAWS)
        if self.chance(0.25):
            return self.random.choice(["0.5", "1", "-0.3", "2.0", "1/3", "0", "1e-2"])
        return self.random.choice(self.reals)

    def truth(self, depth: int = 1) -> str:
        """Any condition."""
        kind = self.random.random()
        if self.bools and kind < 0.2:
            return self.random.choice(self.bools)
        if depth and kind < 0.35:
            return f"({self.truth(0)} {self.random.choice(['and', 'or'])} {self.truth(0)})"
        if depth and kind < 0.42:
            return f"not ({self.truth(0)})"
        return f"({self.atom()} {self.random.choice(['<', '>', '<=', '>=', '!=', '=='])} {self.atom()})"

    def bounds(self) -> list[str]:
        """Sometimes limits of a variable."""
        found = []
        if self.chance(0.25):
            found.append(f"min={self.random.choice(['-1.0', '-0.5', 'lo'])}")
        if self.chance(0.25):
            found.append(f"max={self.random.choice(['1.0', '0.75', 'hi'])}")
        return found

    def assignment(self, name: str, *flags: str) -> str:
        """A variable without derivative, kept small."""
        value = self.real()
        form = self.random.choice(
            ["{0} = clip({1}, -3, 3)", "{0} = 0.5*{0} + 0.1*({1})", "{0} += 0.1*tanh({1})",
             "{0} -= 0.05*clip({1}, -1, 1)", "{0} *= 0.9 + 0.05*cos({1})", "{0} /= 1.0 + ({1})^2",
             "{0} = if {2}: clip({1}, -2, 2) else: 0.5*{0}"]
        )  # fmt: skip
        return _flagged(form.format(name, value, self.truth()), [*flags, *self.bounds()])

    def equation(self, name: str, methods: tuple[str, ...], *flags: str) -> str:
        """A differential equation that decays towards something bounded."""
        method = self.random.choice(methods)
        linear = method in ("exponential", "semiimplicit")
        reals = [r for r in self.reals if r != name] if linear else self.reals
        drive = Writer(self.random, reals, self.bools, self.draws, self.functions)
        value = f"clip({drive.real()}, -2, 2)" if not self.chance(0.3) else f"tanh({drive.real(1)})"
        form = self.random.choice(
            ["tau*d{0}/dt = {1} - {0}", "d{0}/dt = ({1} - {0})/tau", "tau*d{0}/dt + {0} = {1}",
             "d{0}/dt = -0.1*{0} + 0.05*{1}",
             "(1.0 + tau)*d{0}/dt = 0.5*({1}) - 2.0*{0}", "tau*d{0}/dt = if {2}: {1} - {0} else: -{0}"]
        )  # fmt: skip
        text = form.format(name, value, drive.truth())
        return _flagged(text, [*flags, *self.bounds(), *([method] if method != "explicit" or self.chance(0.3) else [])])


def _flagged(text: str, flags: list[str]) -> str:
    return f"{text} : {', '.join(flags)}" if flags else text


@dataclass
class NeuronTexts:
    """The texts of a neuron, and what synapses may read of it."""

    texts: Texts
    spiking: bool
    attributes: list[str]
    targets: list[str]
    arrays: frozenset[str]

    def __str__(self) -> str:
        return _shown("Neuron", self.texts)


@dataclass
class SynapseTexts:
    """The texts of a synapse."""

    texts: Texts
    arrays: frozenset[str]

    def __str__(self) -> str:
        return _shown("Synapse", self.texts)


def _shown(name: str, texts: Texts) -> str:
    lines = [f"    {k} = {v!r}" if not isinstance(v, str) else f'    {k} = """{v}"""' for k, v in texts.items()]
    return "\n".join([f"{name}(", *lines, ")"])


def neuron_texts(random: Random, targets: list[str]) -> NeuronTexts:
    """A neuron; `targets` are those that projections may bring."""
    spiking = random.random() < 0.6
    used = [t for t in targets if random.random() < 0.8]
    inputs = [f"g_{t}" for t in used] if spiking else [f"sum({t})" for t in used]
    if not spiking and random.random() < 0.2:
        inputs.append("sum()")
    shared = ["tau", "b", "K", "t", "dt", "pi"]
    parameters = (
        "tau = 10.0 : population; b = 0.7 : population; a = 0.4; c = 0.3; n = 3 : int; flag = True; lo = -0.9; hi = 0.9"
    )
    reals = ["v", "u", "a", "c", "n", *shared]
    writer = Writer(random, reals, ["flag"], draws=True)
    methods = (random.choice(ANY_METHOD), "explicit", *(("exponential",) if random.random() < 0.5 else ()))
    statements: list[str] = []
    if random.random() < 0.4:
        reductions = [f"{f}({x})" for f in ("mean", "max", "min", "norm1", "norm2") for x in ("v", "u", "c")]
        common = Writer(random, [*shared, "gv", random.choice(reductions)], [], draws=True)
        made = common.equation("gv", ("explicit", "midpoint", "exponential"), "population")
        statements.append(made if random.random() < 0.5 else common.assignment("gv", "population"))
        statements[-1] = _without_local_bounds(statements[-1])
        writer.reals += ["gv", random.choice(reductions)]
    if spiking and random.random() < 0.25:
        writer.reals.append("(0.01*clip(t - t_last, 0, 50))")
    writer.reals += inputs
    local = []
    for name in ("v", "u"):
        one = (
            writer.equation(name, (*methods, *LINEAR_METHOD[:2])) if random.random() < 0.6 else writer.assignment(name)
        )
        local.append(one)
    if random.random() < 0.3:
        local.append(writer.assignment("count", "int").replace("clip(", "3*clip("))
        writer.reals.append("count")
    if random.random() < 0.3:
        local.append(f"high = {writer.truth()} : bool")
        writer.bools.append("high")
    for name in [i for i in inputs if spiking]:
        if random.random() < 0.6:
            local.append(
                f"5.0*d{name}/dt = -{name}" + random.choice(["", " : exponential", " : midpoint", " : init=0.1"])
            )
    random.shuffle(local)
    statements += local
    texts: Texts = {"parameters": parameters, "functions": random.choice(FUNCTIONS)}
    attributes = ["v", "u", "a", "c", "b"]
    if spiking:
        texts |= _spiking(random, writer)
        statements.append(
            f"v += {random.choice(['0.15', '0.4', '0.05*n'])}" if random.random() < 0.6 else "drift = v + 0.1"
        )
        attributes += ["r", *inputs]
    else:
        statements.append(f"r = clip({writer.real()}, -2, 2)")
        attributes.append("r")
    texts["equations"] = "\n".join(dict.fromkeys(_once_each(statements)))
    arrays = frozenset(x for x in ("a", "c", "n", "lo") if random.random() < 0.5)
    return NeuronTexts(texts, spiking, attributes, used, arrays)


def _without_local_bounds(text: str) -> str:
    return text.replace("min=lo", "min=-2.0").replace("max=hi", "max=b")


def _once_each(statements: list[str]) -> list[str]:
    """A variable has one statement: the increment of v goes into its equation's place only if there is none."""
    kept: list[str] = []
    for text in statements:
        if text.startswith("v += ") and any("dv/dt" in s or s.startswith("v ") for s in kept):
            kept.append(text.replace("v += ", "drift = 0.1*v + "))
        else:
            kept.append(text)
    return kept


def _spiking(random: Random, writer: Writer) -> Texts:
    plain = Writer(random, [r for r in writer.reals if "(" not in r], writer.bools, functions=random.random() < 0.5)
    texts: Texts = {"spike": random.choice(["v > 0.3", "v > c", f"v > 0.1 and {plain.truth(0)}", "v + 0.2*u > 0.25"])}
    resets = [
        f"v = {random.choice(['-0.2', 'c - 0.5', '0.3*v', plain.real(1)])}",
        "u += 0.1 : max=hi",
        "a = a",
        "u *= 0.5",
    ]
    texts["reset"] = "\n".join(r for r in resets[: random.randint(1, 2)])
    if random.random() < 0.5:
        texts["refractory"] = random.choice([1.0, 2.0, 0.3, "n", "tau", "c"])
    if random.random() < 0.2:
        texts["axon_spike"] = random.choice(["u > 0.1", "v < -0.1", plain.truth(0)])
        texts["axon_reset"] = random.choice(["u = -0.1", "v -= 0.1\nu = 0.5*v", "u = 0"])
    return texts


def synapse_texts(random: Random, pre: NeuronTexts, post: NeuronTexts) -> SynapseTexts:
    """A synapse from one neuron to another; spiking if the pre neuron is."""
    parameters = (
        "tau = 8.0 : projection; eta = 0.1; k = 0.5 : postsynaptic; lo = -1.5; hi = 1.5; gate = True : projection"
    )
    seen = [f"pre.{x}" for x in pre.attributes] + [f"post.{x}" for x in post.attributes]
    common = ["tau", "K", "t", "dt"]
    writer = Writer(
        random, ["w", "x", "eta", "k", *common, *random.sample(seen, 4)], ["gate"], draws=True, functions=False
    )
    statements: list[str] = []
    if random.random() < 0.3:
        whole = Writer(random, [*common, "al", f"mean(pre.{random.choice('vu')})"], ["gate"], functions=False)
        statements.append(
            whole.equation("al", ("explicit", "exponential"), "projection")
            .replace("min=lo", "min=-2")
            .replace("max=hi", "max=2")
        )
        writer.reals.append("al")
    if random.random() < 0.4:
        ends = Writer(
            random,
            [*common, "th", "k", *(s for s in seen if s.startswith("post")), f"norm2(post.{random.choice('vu')})"],
            [],
            draws=True,
            functions=False,
        )
        made = (
            ends.equation("th", ANY_METHOD, "postsynaptic")
            if random.random() < 0.6
            else ends.assignment("th", "postsynaptic")
        )
        statements.append(made.replace("min=lo", "min=-2").replace("max=hi", "max=2"))
        writer.reals.append("th")
    if post.targets and not post.spiking and random.random() < 0.3:
        writer.reals.append(f"post.sum({post.targets[0]})")
    texts: Texts = {"parameters": parameters}
    method = random.choice(ANY_METHOD)
    if random.random() < 0.6:
        statements.append(writer.equation("x", (method, *LINEAR_METHOD[:2])))
    else:
        statements.append(writer.assignment("x"))
    if random.random() < 0.5:
        statements.append(
            writer.equation("w", (method, "exponential")) if random.random() < 0.5 else writer.assignment("w")
        )
    if pre.spiking:
        conductances = [s for s in seen if s.startswith("pre.g_")]
        texts |= _events(random, writer, statements, post, conductances)
    else:
        texts |= _psp(random, writer, pre)
    random.shuffle(statements)
    texts["equations"] = "\n".join(statements)
    arrays = frozenset(x for x in ("eta", "lo", "w") if random.random() < 0.6)
    return SynapseTexts({k: v for k, v in texts.items() if v}, arrays)


def _psp(random: Random, writer: Writer, pre: NeuronTexts) -> Texts:
    plain = Writer(random, [r for r in writer.reals if "(" not in r], writer.bools, functions=False)
    psp = random.choice(
        ["", "w*pre.r", "w*(pre.v - post.v)", f"w*tanh({plain.real(1)})", f"if gate: w*pre.u else: {plain.real(1)}"]
    )
    return {"psp": psp, "operation": random.choice(["sum", "sum", "max", "min", "mean"]) if psp else "sum"}


def _events(random: Random, writer: Writer, statements: list[str], post: NeuronTexts, seen: list[str]) -> Texts:
    plain = Writer(random, [r for r in writer.reals if "(" not in r], writer.bools, functions=False)
    texts: Texts = {}
    first = random.choice(
        [
            "g_target += w",
            "g_target += w*x",
            "g_target = w : max=2.0",
            "g_target *= 0.5",
            "g_target += 0.1*post.u",
            "g_target -= 0.1*w*k",
            "",
        ]
    )
    changes = [f"w += 0.01*({plain.real(1)}) : min=lo, max=hi", "x *= 0.9", f"y = {plain.atom()}"]
    if random.random() < 0.4:
        traces = [
            "tau*dtr/dt = -tr : event-driven",
            "tau*dtr/dt = 0.3 - tr : event-driven, max=hi",
            "dtr/dt = -eta*tr : event-driven",
        ]
        statements.append(random.choice(traces))
        changes += ["tr += 0.2", "w += 0.05*tr : max=hi"]
    if random.random() < 0.3:
        changes.append(
            "w = clip(w + 0.001*(t_pre - t_post), lo, hi)" + (" : unless_post" if random.random() < 0.5 else "")
        )
    if random.random() < 0.3:
        changes.append("z = z + 1 : unless_post")
    chosen = random.sample(changes, random.randint(0, len(changes)))
    texts["pre_spike"] = "\n".join([s for s in [first] if s] + _distinct(chosen))
    if random.random() < 0.3:
        sent = [f"0.1*w*{s}" for s in (*seen, "pre.r")]
        texts["psp"] = random.choice(["w*(pre.v - post.v)", f"0.1*w*tanh({plain.real(1)})", *sent])
    kind = random.random()
    if kind < 0.4 and post.spiking:
        later = [
            "w -= 0.02*x : min=lo",
            "x += 0.1",
            "w += 0.01*pre.u : max=hi",
            "tr -= 0.1" if "tr" in "".join(changes) else "q = post.v",
        ]
        texts["post_spike"] = "\n".join(_distinct(random.sample(later, random.randint(1, 3))))
    elif kind < 0.55:
        texts["pre_axon_spike"] = random.choice(["g_target += 0.3*w", "g_target += w\nx += 0.05"])
    return texts


def _distinct(statements: list[str]) -> list[str]:
    return list({s.split("=")[0].strip(" +-*/"): s for s in statements}.values())
