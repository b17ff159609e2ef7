"""Feeds the front end with texts that nobody would write: `python tools/fuzz_frontend.py --count 200000`.

Half of the inputs come from a grammar of models (right and wrong ones), half are mutations of earlier ones on the level
of characters, tokens and lines. Every input must end in a module that the verifier accepts, or in errors that each have
a code below N0900 and a place in one of the texts; all messages must render. Anything else (another exception, no end
within `--seconds`, an error without place) is a finding: it is printed with the input that shows it, cut down to the
smallest texts that still do, and the exit status is 1. Input number i of a seed is the same on every machine:
`--first i --count 1` repeats it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

ROOT: Final = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "typing"), str(ROOT / "tests")]

from support.described import built, network, neuron, synapse  # noqa: E402

from nnc.compiler.description import Globals  # noqa: E402
from nnc.compiler.diagnostics import Diagnostic, DiagnosticError, Loc, Source  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnc.compiler.frontend.model import NeuronModel

Input = dict[str, str]
"""The texts of one model by argument; `kind` says which sort of model it is."""

CALL: Final = Loc(Source("Model()", what="script"), 0, 7)
"""Where the models are made: the place of what is missing in them."""
KNOWN: Final = Globals(functions=(Source("f(x, y) = x*y + c", what="function"),), constants=("c",))
FIELDS: Final = {
    "rate neuron": "parameters equations functions",
    "spiking neuron": "parameters equations spike reset axon_spike axon_reset functions",
    "rate synapse": "parameters equations psp functions creating pruning",
    "spiking synapse": "parameters equations psp pre_spike post_spike pre_axon_spike functions creating pruning",
}
WORDS: Final = {
    "attribute": "v u x y a b n flag",
    "name": "v u r w x y a b n flag c t dt pi e g_exc g_target t_last t_pre t_post lambda E if_ else_ dv d 変 é",
    "number": "1 0 2.5 .5 1. 1e-3 0x10 True False",
    "neuron": "mean(v) max(x) t dt c Uniform(0.0,1.0)",
    "synapse": "pre.a post.x post.a t dt c w mean(pre.a) Uniform(0.0,1.0)",
    "atom": """1e999 0x 1_000 1__0 00 1.2.3 99999999999999999999 true pre.r post.v pre. post..x sum(exc) sum() sum(e,x)
        norm2(v) pre.sum(exc) post.sum(exc) mean(pre.r) Normal(0,1) Uniform(a,b) Uniform(1) Normal(mu=0.0,sigma=1.0)
        dv/dt 'text' "x" @ $ \\ { [ 1j""",
    "operator": "+ - * / ** < > == and or",
    "any operator": "+ - * / ** ^ % // < <= == != > >= is and or & | := = , . .. : ; # not",
    "function": "exp/1 log/1 sqrt/1 pos/1 neg/1 clip/3 max/2 min/2 ite/3 power/2 modulo/2 round/1 f/2 isnan/1 hypot/2",
    "any function": "sign g sum mean nothing exp clip f",
    "flag": "min=0.0 max=a init=1 min=max(a,b)",
    "method": "exponential explicit implicit semiimplicit midpoint rk4 explicit",
    "any flag": """population projection postsynaptic int bool float event-driven exact unless_post
        unless_refractory local global nonsense init=a init=c init=q init=True init=Uniform(0.0,1.0) max= =3
        proba=0.5 delay=2 rk4 implicit""",
}
LISTS: Final = {kind: text.split() for kind, text in WORDS.items()}
DAMAGE: Final = LISTS["name"] + LISTS["atom"] + LISTS["any operator"] + LISTS["any flag"]
BLANKS: Final = ["", " ", "  ", "\t", "\n", "\n    ", " # a remark\n", "\r\n", "\\\n", "\u00a0", "\x00", "\x0c"]
PARAMETERS: Final = "a = 1; b = 2 : {place}; n = 3 : int; flag = True"
RARE: Final = ("functions", "psp", "creating", "pruning", "axon_spike", "axon_reset", "pre_axon_spike")
PLACES: Final = {"neuron": "population", "synapse": "projection"}
CHARACTERS: Final = "abdgrtuvwxyz0123456789_.,:;=+-*/^%<>!&|()[]{}'\"#@\\ \n\t\r\x00\u00e9\u2028\U0001f9e0\ud800"


@dataclass(frozen=True)
class Grammar:
    """Makes models; all choices come from one generator.

    With `odd` 0 the texts follow the grammar and most are right; else things that do not belong there come in.
    """

    random: Random
    odd: float
    place: str

    @classmethod
    def of(cls, random: Random) -> Grammar:
        """A grammar for one model."""
        return cls(random, random.choice([0.0, 0.0, 0.02, 0.15]), random.choice(["neuron", "synapse"]))

    def often(self, chance: float) -> bool:
        """True with this chance."""
        return self.random.random() < chance

    def word(self, kind: str, wrong: str | None = None) -> str:
        """A word of one kind, or of the wrong kind."""
        return self.random.choice(LISTS[wrong if wrong and self.often(self.odd) else kind])

    def atom(self) -> str:
        """A name, a number, or what else has no parts."""
        if self.often(self.odd):
            return self.word("name", "atom")
        return self.word(self.random.choice(["attribute", "attribute", "number", self.place]))

    def expression(self, depth: int = 3) -> str:
        """Any expression."""
        if depth == 0 or self.often(0.3):
            return self.atom()
        inner = [self.expression(depth - 1) for _ in range(3)]
        form = self.random.randrange(8)
        if form < 3:
            return f"({inner[0]} {self.word('operator', 'any operator')} {inner[1]})"
        if form == 3:
            return f"{inner[0]} {self.word('operator', 'any operator')} {inner[1]}"
        if form == 4:
            return f"({self.random.choice(['-', '+', 'not ', '- - '])}{inner[0]})"
        if form == 5:
            return self.call(inner)
        if form == 6:
            return f"(if {inner[0]}: {inner[1]} else: {inner[2]})"
        return f"({inner[0]} if {inner[1]} else {inner[2]})"

    def call(self, arguments: list[str]) -> str:
        """A function of some of these arguments."""
        if self.often(self.odd):
            return f"{self.word('any function')}({', '.join(arguments[: self.random.randrange(4)])})"
        name, count = self.word("function").split("/")
        return f"{name}({', '.join(arguments[: int(count)])})"

    def flags(self, *kinds: str) -> str:
        """Flags of these kinds after a colon, or none."""
        found = [self.word(kind, "any flag") for kind in kinds if self.often(0.3)]
        if self.often(self.odd):
            found.append(self.word("any flag"))
        return f" : {', '.join(found)}" if found else ""

    def assignment(self, name: str) -> str:
        """A statement without derivative."""
        operators = ["**=", "==", ":=", "= ="] if self.often(self.odd) else ["=", "=", "+=", "-=", "*=", "/="]
        return f"{name} {self.random.choice(operators)} {self.expression()}{self.flags('flag')}"

    def equation(self, name: str) -> str:
        """A differential equation."""
        lefts = ["d{0}/dt", "x*d{0}/dt", "10.0*d{0}/dt + {0}", "(1 + a)*d{0}/dt - b*{0}", "d {0} / dt"]
        left = "d{0}/dt*d{0}/dt" if self.often(self.odd) else self.random.choice(lefts)
        return f"{left.format(name)} = {self.expression()}{self.flags('flag', 'method')}"

    def statements(self, *, equations: bool) -> str:
        """Definitions of all variables, or assignments to some."""
        names = [name for name in ("v", "u", "x", "y") if equations or self.often(0.5)]
        if self.often(self.odd):
            names.append(self.word("name"))
        found = [self.equation(name) if equations and self.often(0.4) else self.assignment(name) for name in names]
        if self.often(self.odd):
            found.append(self.expression())
        return self.random.choice(["\n", "\n", "; ", "\n\n    "]).join(found)

    def functions(self) -> str:
        """A function definition."""
        arguments = ", ".join(self.random.sample(LISTS["attribute"], self.random.randint(1, 3)))
        return f"{self.random.choice(['g', 'f', 'exp'])}({arguments}) = {self.expression(2)}{self.flags()}"

    def text(self, field: str) -> str:
        """A text for one argument of a model."""
        if field == "parameters":
            usual = PARAMETERS.format(place=PLACES[self.place])
            return usual + "\n" + self.assignment("k") if self.often(self.odd) else usual
        if field in RARE and self.often(0.95 - self.odd):
            return ""
        if field == "functions":
            return self.functions()
        if field in ("spike", "axon_spike", "psp", "creating", "pruning"):
            return self.expression() + (self.flags() if field != "psp" else "")
        return self.statements(equations=field == "equations")

    def model(self) -> Input:
        """The texts of a model."""
        kind = self.random.choice(["rate", "spiking"]) + " " + self.place
        texts = {field: self.text(field) for field in FIELDS[kind].split()}
        if kind == "rate neuron" and not self.often(self.odd):
            texts["equations"] += "\nr = 1"
        return {"kind": kind, **texts}


@dataclass(frozen=True)
class Mutator:
    """Damages texts: characters, runs of characters, tokens, lines."""

    random: Random

    def mutated(self, given: Input) -> Input:
        """A model like this one with one to four changes."""
        out = dict(given)
        fields = [field for field in out if field != "kind"]
        for _ in range(self.random.randint(1, 4)):
            field = self.random.choice([f for f in fields if out[f]] or fields)
            out[field] = self.changed(out[field], out[self.random.choice(fields)])
        return out

    def changed(self, text: str, other: str) -> str:
        """A text with one change; `other` gives material."""
        start, end = sorted(self.random.randrange(len(text) + 1) for _ in range(2))
        near = min(end, start + self.random.randint(1, 4))
        kind = self.random.randrange(10)
        if kind == 0:
            return text[:start] + text[near:]
        if kind == 1:
            return text[:start] + self.random.choice(CHARACTERS) + text[start:]
        if kind == 2:
            return text[:start] + self.random.choice(CHARACTERS) + text[near:]
        if kind == 3:
            return text[:start] + self.random.choice(DAMAGE) + text[near:]
        if kind == 4:
            return text[:start] + self.random.choice(BLANKS) + text[start:]
        if kind == 5:
            return text[:end] + text[start:end] * self.random.choice([1, 1, 1, 2, 40]) + text[end:]
        if kind == 6:
            first = self.random.randrange(len(other) + 1)
            return text[:start] + other[first : first + 12] + text[near:]
        if kind == 7:
            return text[:start] + self.random.choice("()") * self.random.choice([1, 1, 2, 130, 2000]) + text[start:]
        if kind == 8:
            data = bytearray(text.encode("utf-8", "surrogatepass")) or bytearray(b" ")
            data[self.random.randrange(len(data))] ^= 1 << self.random.randrange(8)
            return data.decode("utf-8", self.random.choice(["replace", "surrogateescape"]))
        lines = text.split("\n")
        self.random.shuffle(lines)
        return "\n".join(lines)


class TooLong(Exception):
    """An input did not come to an end in time."""


class Badly(Exception):
    """An input was refused, but not as the rules of diagnostics want it."""


@dataclass(frozen=True)
class Result:
    """`accepted`, the code of an error, or (`bad`) a line that is the same for inputs that show the same defect."""

    text: str
    bad: bool = False


@dataclass(frozen=True)
class Tester:
    """Runs inputs through the front end."""

    seconds: float
    rate: NeuronModel
    spiking: NeuronModel

    @classmethod
    def within(cls, seconds: float) -> Tester:
        """A tester that gives each input this much time."""
        rate = neuron(parameters="a = 1; x = 2", equations="v = sum(exc); r = v")
        spiking = neuron(parameters="a = 1; x = 2", equations="v = g_exc; u = v", spike="v > 1")
        return cls(seconds, rate, spiking)

    def outcome(self, given: Input) -> str:
        """`accepted`, or the code of the first error. Raises what the front end should not have raised."""
        try:
            with deadline(self.seconds):
                built(self.network(given))
        except DiagnosticError as error:
            for diagnostic in error.diagnostics:
                check(diagnostic)
            return error.diagnostics[0].code
        return "accepted"

    def network(self, given: Input) -> Any:
        """The description of a network with this model."""
        kind = given["kind"]
        texts: dict[str, Any] = {field: text for field, text in given.items() if field != "kind" and text}
        texts["loc"] = CALL
        if kind.endswith("neuron"):
            return network(neuron(KNOWN, **texts), known=KNOWN, arrays=("a",))
        spiking = kind.startswith("spiking")
        model = synapse(KNOWN, "spiking" if spiking else "rate", **texts)
        return network(self.spiking if spiking else self.rate, model, known=KNOWN)

    def run(self, given: Input) -> Result:
        """What became of an input."""
        try:
            return Result(self.outcome(given))
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            last = [f for f in frames if "compiler" in f.filename] or list(frames)
            place = f"{Path(last[-1].filename).name}:{last[-1].lineno}"
            detail = str(error) if isinstance(error, Badly) else ""
            return Result(f"{type(error).__name__} at {place} {detail}".strip(), bad=True)


def check(diagnostic: Diagnostic) -> None:
    """Raises `Badly` if an error lacks what every error must have."""
    if diagnostic.severity != "error" or not "N0100" < diagnostic.code < "N0900":
        raise Badly(f"{diagnostic.severity} {diagnostic.code}")
    if not diagnostic.message.strip():
        raise Badly(f"{diagnostic.code} says nothing")
    source = diagnostic.loc.source
    if source is None:
        raise Badly(f"{diagnostic.code} without place")
    if not 0 <= diagnostic.loc.start <= diagnostic.loc.end <= len(source.text):
        raise Badly(f"{diagnostic.code} outside its text")
    diagnostic.render()


class deadline:
    """A `with` block that raises `TooLong` when it lasts too long."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        signal.signal(signal.SIGALRM, self.late)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)

    @staticmethod
    def late(*_: object) -> None:
        """The handler of the timer."""
        raise TooLong


def inputs(seed: int, first: int, count: int) -> Iterator[tuple[int, Input]]:
    """Inputs by number: even ones from the grammar, odd ones the mutated input of the number before."""
    for number in range(first, first + count):
        model = Grammar.of(Random(f"{seed}/{number // 2}")).model()
        yield number, Mutator(Random(f"{seed}/{number}/changes")).mutated(model) if number % 2 else model


def reduced(given: Input, still: Callable[[Input], bool]) -> Input:
    """The smallest input found by leaving things out for which `still` holds."""
    for field in [f for f in given if f != "kind"]:
        size = max(1, len(given[field]) // 2)
        while size:
            start = 0
            while start < len(given[field]):
                shorter = {**given, field: given[field][:start] + given[field][start + size :]}
                if still(shorter):
                    given = shorter
                else:
                    start += size
            size //= 2
    return given


def report(tester: Tester, found: Result, number: int, given: Input) -> None:
    """Prints a finding."""
    small = reduced(given, lambda shorter: tester.run(shorter) == found)
    print(f"input {number}: {found.text}")
    for field, text in small.items():
        if text:
            print(f"    {field} = {text!r}")
    sys.stdout.flush()


def main() -> int:
    """Runs the inputs, prints the findings and what became of the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200_000, help="number of inputs")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0, help="longest time for one input")
    options = parser.parse_args()
    tester = Tester.within(options.seconds)
    outcomes: Counter[str] = Counter()
    findings: set[str] = set()
    begin = time.monotonic()
    for number, given in inputs(options.seed, options.first, options.count):
        result = tester.run(given)
        if (number - options.first) % 10_000 == 9_999:
            print(f"{number - options.first + 1} inputs after {time.monotonic() - begin:.0f} s", flush=True)
        if not result.bad:
            outcomes[result.text] += 1
        elif result.text not in findings:
            findings.add(result.text)
            report(tester, result, number, given)
    spent = time.monotonic() - begin
    print(f"{options.count} inputs in {spent:.0f} s, {outcomes['accepted']} accepted, {len(findings)} findings")
    print("errors:", ", ".join(f"{code} {n}" for code, n in sorted(outcomes.items()) if code != "accepted"))
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
