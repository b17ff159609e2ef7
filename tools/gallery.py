"""Writes docs/gallery.md, its pictures, and the index examples/README.md from the scripts in `examples/`.

    python tools/gallery.py                # runs all scripts, each in a process of its own: minutes
    python tools/gallery.py adex stdp      # runs these, and writes the pages anew
    python tools/gallery.py --pages        # runs none: the pages only

A script's paragraph is its docstring; what it printed is kept in the page from its last run. Pictures are reduced to a
width of 720 pixels and few colours. Needs matplotlib and Pillow, and Optuna for `fitting`.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
PAGE = ROOT / "docs" / "gallery.md"
INDEX = EXAMPLES / "README.md"
IMAGES = ROOT / "docs" / "images" / "gallery"
WIDTH, LIMIT = 720, 80_000  # pixels, bytes
PASSING = r"^(Simulating|Compiling|wrote)\b| in [\d.]+ s$|\.png$"
"""Lines that say what was done, or differ from run to run."""

GROUPS = {
    "Neurons": ["izhikevich", "izhikevich_5", "adex", "hodgkin_huxley", "standard_models", "gap_junctions", "synapses"],
    "Networks": ["coba", "coba_5", "rate", "rate_5", "neural_field", "echo_state", "sweep", "fitting"],
    "Plasticity and learning": [
        *("stp", "stdp", "stdp_song", "bcm", "bars", "structural_plasticity", "basal_ganglia", "miconi"),
    ],
    "Inputs, conversions and measurements": [
        *("inputs", "hybrid", "ann_to_snn", "image", "convolution", "bold", "report"),
    ],
}

HEAD = """# Gallery

A script per topic, in `examples/`. All run as they are: `python examples/NAME.py`, or `nnc examples/NAME.py`, writes
`NAME.png` into the folder it is run from; with `--short` those that take more than a moment run a shorter form, as the
tests do. The lines below the pictures are what the scripts print. This page is written by `python tools/gallery.py`.
"""
README = """# Examples

Each script runs by `nnc examples/NAME.py` or `python examples/NAME.py` and writes `NAME.png` into the folder it is run
from. `NAME_5.py` is the same model in the style of ANNarchy 5.0. With `--short` those that take more than a moment run
a shorter form, as the tests do. `docs/gallery.md` shows the pictures.
"""


def docstring(name: str) -> str:
    """The docstring of a script in one line per paragraph, without its last words on the picture."""
    text = ast.get_docstring(ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))) or ""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if not part.startswith("    ")]
    return re.sub(rf"\s*Writes {name}\.png\.", "", "\n\n".join(paragraphs))


def sentence(text: str) -> str:
    """The first sentence."""
    return re.split(r"(?<=[a-z0-9)`])\.(?:\s|$)", text, maxsplit=1)[0]


def outputs(page: str) -> dict[str, str]:
    """What the scripts printed, by name, as an earlier page has it."""
    return dict(re.findall(r"!\[(\w+)\]\(\S+\)\n\n```text\n(.*?)```", page, re.DOTALL))


def page(printed: dict[str, str]) -> str:
    """The text of the gallery."""
    parts = [HEAD]
    for group, names in GROUPS.items():
        parts.append(f"## {group}\n")
        for name in names:
            parts.append(f"### [{name}.py](../examples/{name}.py)\n\n{docstring(name)}\n")
            parts.append(f"![{name}](images/gallery/{name}.png)\n\n```text\n{printed[name]}```\n")
    return "\n".join(parts)


def index() -> str:
    """The text of examples/README.md."""
    parts = [README]
    for group, names in GROUPS.items():
        rows = [f"| `{name}.py` | {sentence(docstring(name))} |" for name in names]
        parts.append("\n".join([f"## {group}\n", "| script | what |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def run(name: str) -> str:
    """Runs a script in full, keeps its picture, and gives what it printed, without durations."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / f"{name}.py")],
            cwd=folder,
            env=os.environ | {"MPLBACKEND": "Agg"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{name} failed:\n{done.stderr}")
        reduce(Path(folder) / f"{name}.png", IMAGES / f"{name}.png")
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    return "".join(f"{line}\n" for line in lines if not re.search(PASSING, line))


def reduce(source: Path, to: Path) -> None:
    """A smaller copy of a picture, with as many colours as fit."""
    with Image.open(source) as opened:
        image = opened.convert("RGB")
    if image.width > WIDTH:
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    to.parent.mkdir(parents=True, exist_ok=True)
    for colours in (128, 64, 32, 16, 8):
        image.quantize(colours, dither=Image.Dither.NONE).save(to, optimize=True)
        if to.stat().st_size < LIMIT:
            return
    raise SystemExit(f"{to} stays above {LIMIT} bytes")


def main(words: list[str]) -> None:
    """Runs what is asked for and writes the two pages."""
    known = [name for names in GROUPS.values() for name in names]
    chosen = [] if words == ["--pages"] else words or known
    if unknown := set(chosen) - set(known):
        raise SystemExit(f"no such example: {', '.join(sorted(unknown))}")
    fresh = {}
    for name in chosen:
        print(name, flush=True)
        fresh[name] = run(name)
    kept = outputs(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else {}
    printed = dict.fromkeys(known, "") | kept | fresh
    PAGE.write_text(page(printed), encoding="utf-8")
    INDEX.write_text(index(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
