"""Reports of networks: what is in them, before and after `compile()`, and that the files are what they claim to be."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from reporting.networks import everything

import nnc as ann
from nnc.extensions.convolution import Copy
from nnc.runtime.networks import commandline

XHTML = "{http://www.w3.org/1999/xhtml}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"


def written(net: ann.Network, path: Path, **options: object) -> str:
    net.report(path, date="2026-11-20", **options)
    return path.read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """The part of a Markdown report below a heading, up to the next one of its level."""
    level, _, rest = re.search(rf"^(#+) {re.escape(title)}\n(?s:(.*))", text, re.M).expand(r"\1\n\n\2").split("\n", 2)
    return re.split(rf"^#{{1,{len(level)}}} ", rest, flags=re.M)[0]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(everything(), tmp_path_factory.mktemp("report") / "report.md", author="A. Author", title="All")


def test_the_header_names_title_author_and_date(before: str) -> None:
    assert before.startswith('---\ntitle: "All"\nauthor: "A. Author"\ndate: "2026-11-20"\n---\n')


def test_the_sections_are_those_of_nordlie_and_others(before: str) -> None:
    assert re.findall(r"^# (.*)", before, re.M) == [
        "Model summary",
        "Populations",
        "Connectivity",
        "Neuron models",
        "Synapse models",
        "Parameters and initial values",
        "Input",
        "Measurements",
        "Constants",
        "Notation",
    ]


@pytest.mark.parametrize(
    ("title", "texts"),
    [
        ("Model summary", ["| Populations | 8 with 69 neurons", "`Oja`, `Grown`", "seed 1", r"$\Delta t$ = $0.5$ ms"]),
        ("Populations", ["| `area_1` | `Rate` | 16 (4 x 4) | `exc`, `inh` |"]),
        (
            "Connectivity",
            [
                "Filter; weights 3 x 3 values from $0$ to $8$",
                r"$p$ = $0.5$; weights $2$; delays $\operatorname{Uniform}\left(\mathit{min} = 1, ",
                "| `grown` | `area_1` | `area_1` | `inh` | `Grown` | Random convergent, number of synapses = $3$; "
                "weights $0.3$; delays $2$ ms; synapses: 48 |",
                "`noise`, ranks 5 to 9",
                r"$\mathit{rate}_{0}$ is the mean firing rate over $10$ ms",
            ],
        ),
        (
            "`Rate`",
            [
                "A rate-coded neuron. Used by `image`, `area_1`, `small`",
                r"\operatorname{half}\left(x, y\right) = \frac{x - y}{2}",
                r"\tau \, \frac{\mathrm{d} \mathit{mp}}{\mathrm{d} t} + \mathit{mp} = \Sigma_{\mathrm{exc}}",
                r"(explicit Euler, $\mathit{mp} \geq -10$)",
                "(one value for the population)",
            ],
        ),
        (
            "`Izhikevich`",
            [r"\frac{\mathrm{d} v}{\mathrm{d} t} = 0.04 \, {v}^{2} + 5 \, v + 140 - u + I", r"u \leftarrow u + d"],
        ),
        (
            "`Grown`",
            [
                r"r^{\mathrm{pre}} \, r^{\mathrm{post}} > \mathit{limit}",
                "probability $0.1$, weight",
                r"w < 0.01",
                r"\Sigma_{\mathrm{target}} = \sum_{\mathrm{pre}} w \, r^{\mathrm{pre}}",
            ],
        ),
        ("`Pooling`", [r"\max_{\mathrm{pre}} r^{\mathrm{pre}}"]),
        ("`CurrentInjection`", [r"\leftarrow g_{\mathrm{target}} + \sum_{\mathrm{pre}} r^{\mathrm{pre}}"]),
        (
            "Population `image`",
            [r"| $\tau$ | `tau` | parameter per population | $10$ ms |", "int | 16 values from $0$ to $15$"],
        ),
        (
            "Population `area_1`",
            [r"| `mp` | initial value per neuron | $\operatorname{Normal}\left(\mu = 0, \sigma = 0.5\right)$"],
        ),
        ("Input", ["3 spikes from $1$ to $3$ ms", "10 values from $10$ to $50$ Hz", "10 times from $0$ to $90$ ms"]),
        ("Measurements", ["`spike`, `v` | `cells`, ranks 0 to 2 | $5$ ms", "`BOLD`"]),
        ("Constants", ["`limit` | $1.5$"]),
    ],
)
def test_a_report_says_what_the_network_is(before: str, title: str, texts: list[str]) -> None:
    part = section(before, title)
    for text in texts:
        assert text in part


def test_compiling_and_running_changes_what_is_known_only(before: str, tmp_path: Path) -> None:
    net = everything()
    net.compile()
    net.simulate(5.0)
    after = written(net, tmp_path / "report.md", author="A. Author", title="All")
    known = re.compile(r"(synapses: )(about \d+|known after compile|\d+)")
    assert known.sub(r"\1n", after).splitlines() == known.sub(r"\1n", before).splitlines()
    count = net.get_projections(target="exc", post=net.get_population("cells"))[-1].nb_synapses
    assert f"synapses: {count}" in after


def test_a_report_draws_nothing(tmp_path: Path) -> None:
    runs = []
    for reported in (False, True):
        net = everything()
        if reported:
            net.report(tmp_path / "r.md")
        net.compile()
        net.simulate(5.0)
        runs.append([p.get(v) for p in net.get_populations() for v in p.variables])
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_parameters_are_those_of_now_and_initial_values_those_of_the_start(tmp_path: Path) -> None:
    net = ann.Network(dt=1.0)
    pop = net.create(4, ann.Neuron(parameters="a = 1.0\nb = 2.0", equations="dr/dt = a * b : init=3.0"))
    pop.b = ann.Uniform(0.0, 1.0)
    net.compile()
    net.simulate(2.0)
    text = section(written(net, tmp_path / "r.md"), "Population `pop0`")
    assert r"| `b` | parameter per neuron | $\operatorname{Uniform}" in text
    assert "| `r` | initial value per neuron | $3$ |" in text
    pop.a = 5.0
    pop.b = [1.0, 2.0, 3.0, 4.0]
    text = section(written(net, tmp_path / "r.md"), "Population `pop0`")
    assert "| `a` | parameter per neuron | $5$ |" in text
    assert "| `b` | parameter per neuron | 4 values from $1$ to $4$ |" in text


def test_single_precision_shows_the_digits_that_were_written(tmp_path: Path) -> None:
    net = ann.Network(dt=1.0)
    net.config(precision="float")
    net.create(1, ann.Neuron(parameters="a = 0.1", equations="r = 0.3 * a"))
    text = written(net, tmp_path / "r.md")
    assert r"r = 0.3 \, a" in text
    net.compile()
    assert "| `a` | parameter per neuron | $0.1$ |" in written(net, tmp_path / "r.md")


def test_different_models_of_one_name_are_numbered(tmp_path: Path) -> None:
    net = ann.Network(dt=1.0)
    for equation in ("r = 1.0", "r = 2.0", "r = 1.0"):
        net.create(1, ann.Neuron(equations=equation))
    text = written(net, tmp_path / "r.md")
    assert "Used by `pop0`, `pop2`." in section(text, "`Neuron`")
    assert "Used by `pop1`." in section(text, "`Neuron (2)`")


def test_projections_between_parts_can_be_gathered(before: str, tmp_path: Path) -> None:
    gathered = section(written(everything(), tmp_path / "r.md", gather_subprojections=True), "Connectivity")
    assert (
        "and 1 more | `noise` | `cells` | `inh` | `STDP` | 2 projections between parts; All-to-All; 50 synapses |"
        in gathered
    )
    assert len(gathered.splitlines()) == len(section(before, "Connectivity").splitlines()) - 1


def test_names_cannot_break_the_markup(tmp_path: Path) -> None:
    name = r"a|b_c*`d` <i>&$x$ \ {e}%#~^ µ"
    net = ann.Network(dt=1.0)
    net.create(1, ann.Neuron(equations="r = 1.0", description=name, name=name), name=name)
    table = section(written(net, tmp_path / "r.md", title=name), "Populations").strip().splitlines()
    assert len(re.findall(r"(?<!\\)\|", table[-1])) == len(re.findall(r"\|", table[0]))
    text = written(net, tmp_path / "r.html", title=name)
    root = ElementTree.fromstring(text)
    assert name in {code.text for code in root.iter(f"{XHTML}code")}
    compiled(net, tmp_path, title=name)


@pytest.mark.parametrize("standalone", [True, False])
def test_html_is_well_formed_and_loads_nothing(tmp_path: Path, standalone: bool) -> None:
    text = written(everything(), tmp_path / "r.html", standalone=standalone)
    root = ElementTree.fromstring(text if standalone else f"<main>{text}</main>")
    assert len(list(root.iter(f"{MATHML}math"))) > 100
    assert all(element.get("alttext") for element in root.iter(f"{MATHML}math"))
    links = {a for element in root.iter() for a in element.attrib if a in ("src", "href")}
    assert not links
    assert text.startswith("<!DOCTYPE html>") == standalone


def test_latex_without_a_preamble_is_part_of_a_document(tmp_path: Path) -> None:
    text = written(everything(), tmp_path / "r.tex", standalone=False)
    assert text.startswith(r"\section*{Model summary}")
    assert "documentclass" not in text


def compiled(net: ann.Network, folder: Path, **options: object) -> None:
    """Run LaTeX on a report, if there is one."""
    latex = shutil.which("pdflatex")
    written(net, folder / "r.tex", **options)
    if latex is None:
        return
    command = [latex, "-interaction=nonstopmode", "-halt-on-error", "r.tex"]
    run = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-2000:]
    assert (folder / "r.pdf").stat().st_size > 10_000


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX: apt-get install texlive-latex-base")
def test_latex_compiles(tmp_path: Path) -> None:
    compiled(everything(), tmp_path)


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROBE = """<script>
const shown = [...document.querySelectorAll("math")].filter(m => m.getBoundingClientRect().width > 4);
const loaded = performance.getEntriesByType("resource").length;
const fraction = document.querySelector("mfrac").getBoundingClientRect();
document.title = `${shown.length} ${loaded} ${fraction.height > 20}`;
</script></body>"""


@pytest.mark.skipif(BROWSER is None, reason="needs a browser: apt-get install chromium")
def test_a_browser_shows_all_formulas_without_loading_anything(tmp_path: Path) -> None:
    text = written(everything(), tmp_path / "r.html")
    page = tmp_path / "probe.html"
    page.write_text(text.replace("</body>", PROBE), encoding="utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", profile, "--dump-dom", page.as_uri()]
    run = subprocess.run(command, capture_output=True, timeout=120, check=False)
    title = re.search(r"<title>(.*?)</title>", run.stdout.decode())
    assert title is not None, run.stderr.decode()[-2000:]
    assert title[1] == f"{text.count('<math ')} 0 true"


def test_projections_with_shared_and_lent_weights_are_told(tmp_path: Path) -> None:
    net = ann.Network(dt=1.0)
    cell = ann.Neuron(equations="r = sum(exc)")
    a, b, c = (net.create((2, 3), cell) for _ in range(3))
    lender = net.connect(a, b, "exc").all_to_all(weights=0.5)
    Copy(b, c, "exc", name="copy").connect_copy(lender)
    for _ in range(2):
        text = section(written(net, tmp_path / "r.md"), "Connectivity")
        assert "| `copy` |" in text
        assert "shared weights" in text
        if not net.compiled:
            net.compile()


# Calls


def small() -> ann.Network:
    net = ann.Network(dt=1.0)
    net.create(1, ann.Neuron(equations="r = 1.0"))
    return net


def test_a_report_is_asked_for_in_both_styles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ann.clear()
    ann.Population(3, ann.Neuron(equations="r = 1.0"), name="magic")
    ann.report()
    assert "magic" in Path("report.tex").read_text()
    ann.report("a/b/old.md", False, title="ignored")
    assert Path("a/b/old.md").read_text().startswith("# Model summary")
    ann.report(filename="named.qmd", title="T")
    assert 'title: "T"' in Path("named.qmd").read_text()
    net = small()
    ann.report(net, "new.md", False)
    ann.report(network=net, filename=Path("new.html"))
    ann.report("number.md", net_id=net.id)
    for name in ("new.md", "new.html", "number.md"):
        assert "pop0" in Path(name).read_text()
    ann.clear()


def test_a_report_has_the_date_of_today_if_none_is_given(tmp_path: Path) -> None:
    small().report(tmp_path / "r.md")
    assert re.search(r'^date: "\d{4}-\d\d-\d\d"$', (tmp_path / "r.md").read_text(), re.M)


@pytest.mark.parametrize("given", [5, None])
def test_what_is_no_network_and_no_name_is_refused(given: object) -> None:
    with pytest.raises(ann.ANNarchyException, match="a network or the name of a file"):
        ann.report(given)


@pytest.mark.parametrize("name", ["r.pdf", "r", "r.md.gz"])
def test_an_unknown_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ann.ANNarchyException, match=r"must end in one of \.tex, \.md, \.qmd, \.html"):
        small().report(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_other_mistakes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ann.ANNarchyException, match="title is a text, not 3"):
        small().report(tmp_path / "r.md", title=3)
    with pytest.raises(ann.ANNarchyException, match="filename is a text or a path, not 3"):
        small().report(3)
    with pytest.raises(ann.ANNarchyException, match="has no population"):
        ann.Network().report(tmp_path / "r.md")
    assert not list(tmp_path.iterdir())


def test_models_that_do_not_fit_are_the_error_of_compile(tmp_path: Path) -> None:
    net = small()
    pop = net.get_populations()[0]
    net.connect(pop, pop, "exc", synapse=ann.Synapse(psp="w * pre.x")).all_to_all(1.0)
    with pytest.raises(ann.ANNarchyException, match="has no attribute 'x'"):
        net.report(tmp_path / "r.md")
    assert not net.compiled


def test_a_projection_without_connector_is_told_as_such(tmp_path: Path) -> None:
    net = small()
    pop = net.get_populations()[0]
    net.connect(pop, pop, "exc")
    assert "| not connected |" in written(net, tmp_path / "r.md")


def test_the_flag_writes_a_report_when_the_network_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commandline, "_HOSTS", ())
    monkeypatch.setattr(sys, "argv", ["model.py", "--report", str(tmp_path / "sub" / "r.md")])
    small().compile()
    assert "`pop0`" in (tmp_path / "sub" / "r.md").read_text()
    monkeypatch.setattr(sys, "argv", ["model.py", "--report", "r.doc"])
    net = small()
    with pytest.raises(ann.ANNarchyException, match="must end in one of"):
        net.compile()
    assert not net.compiled


@pytest.mark.parametrize("model", [*ann.list_standard_neurons(), *ann.list_standard_synapses()])
def test_all_standard_models_have_formulas(model: type, tmp_path: Path) -> None:
    net = ann.Network(dt=0.1)
    if issubclass(model, ann.Neuron):
        net.create(2, model)
    else:
        spiking = model in (ann.STP, ann.STDP, ann.DefaultSpikingSynapse)
        neuron = ann.Izhikevich if spiking else ann.Neuron(equations="r = sum(exc)")
        pop = net.create(2, neuron)
        net.connect(pop, pop, "exc", synapse=model).all_to_all(1.0)
    assert "$$" in section(written(net, tmp_path / "r.md"), f"`{model().name}`")
