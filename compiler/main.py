"""The command `nnc`: runs a script, shows a stage of its compilation, or runs passes on a text of the IR."""

from __future__ import annotations

import runpy
import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from nnc.compiler.diagnostics import DiagnosticError, Diagnostics, NNCError, Source, excerpt
from nnc.compiler.frontend.source import Site
from nnc.compiler.options import Looks, Options
from nnc.compiler.session import EndOfScript, Session, session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STAGES = ("ast", "model", "step", "loop", "c", "llvm", "ptx", "all")

_BARE = {"--emit-ir": "all", "--print-ir-after": "*"}
"""Options whose value may be left out; click would take the next word for it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the command; exits with 0, or 1 for an error of the model, or 2 for one of the command line."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_run(words))


def _run(words: list[str]) -> int:
    ours, rest = _split(words)
    try:
        result = command.main(args=[*ours, *rest], prog_name="nnc", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        click.echo(f"nnc: {error.format_message()} (see nnc --help)", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("nnc: interrupted", err=True)
        return 130
    except NNCError as error:
        click.echo(_coloured(str(error)), err=True)
        return 1
    return int(result or 0)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """The command's own words, and the file with the script's words.

    The command's long options are taken wherever they stand (up to `--`), short ones only in front of a script, whose
    own they may be behind it.
    """
    place = next((i for i, w in enumerate(words) if w.endswith((".py", ".ir")) and not w.startswith("-")), None)
    if place is None:
        return [_filled(w) for w in words], []
    ours = [_filled(w) for w in words[:place]]
    rest = words[place + 1 :]
    if words[place].endswith(".ir"):
        return [*ours, *(_filled(w) for w in rest)], [words[place]]
    kept: list[str] = []
    with_value = {o for p in command.params for o in p.opts if not getattr(p, "is_flag", True)}
    own = {o for p in command.params for o in p.opts if o.startswith("--") and o not in ("--help", "--version")}
    while rest:
        word = rest.pop(0)
        if word == "--":
            kept += rest
            break
        if word.split("=", 1)[0] not in own:
            kept.append(word)
            continue
        filled = _filled(word)
        ours.append(filled)
        if filled in with_value and rest:
            ours.append(rest.pop(0))
    return ours, [words[place], "--", *kept]


def _filled(word: str) -> str:
    return f"{word}={_BARE[word]}" if word in _BARE else word


@dataclass(frozen=True)
class _Wanted:
    """What the command line asks for."""

    options: Options
    emit: str | None
    verify_diagnostics: bool
    split_input: bool
    simulate: bool
    remarks: bool = False


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Words after the script are the script's own: nnc model.py --its-option.",
)
@click.argument("file", required=False, metavar="FILE")
@click.argument("script_arguments", nargs=-1, metavar="[ARGUMENT]...")
@click.option("--target", metavar="NAME", help="Run on this target instead of the script's choice.")
@click.option(
    "--emit-ir",
    "emit",
    metavar="[=STAGE]",
    type=click.Choice(STAGES),
    help=f"Print a stage of every network of the script and do not simulate. Stages: {', '.join(STAGES)}.",
)
@click.option("--run", is_flag=True, help="Simulate although a stage is printed.")
@click.option(
    "-p", "--passes", "pipeline", metavar="LIST", help="Run these passes instead of the default ones: cse,dce."
)
@click.option("--print-ir-after", "after", metavar="[=PASS]", multiple=True, help="Print the IR after a pass (all).")
@click.option("--print-changed", "changed", is_flag=True, help="Print what each pass changed, as a diff.")
@click.option("--print-locs", "locs", is_flag=True, help="Print the place of every op in the user's file.")
@click.option("--print-generic", "generic", is_flag=True, help="Print in MLIR's generic syntax.")
@click.option("--time-passes", "times", is_flag=True, help="Print how long each pass took.")
@click.option("--profile", is_flag=True, help="Measure every kernel, and print where the time went.")
@click.option("--dump", metavar="DIR", help="Write the IR after every pass, and the target's text, into a folder.")
@click.option("--remarks", is_flag=True, help="Show notes on the models, not only warnings.")
@click.option("--no-cache", is_flag=True, help="Compile anew, and keep nothing.")
@click.option(
    "--verify-diagnostics", is_flag=True, help="FILE.ir: compare errors with its '// error@+1 CODE' comments."
)
@click.option(
    "--split-input-file", "split", is_flag=True, help="FILE.ir: treat its parts, cut at '// -----', one by one."
)
@click.option("--list-passes", is_flag=True, help="List all passes.")
@click.option("--list-targets", is_flag=True, help="List all targets, and why one cannot run here.")
@click.version_option(None, "-V", "--version", package_name="nnc-compiler", prog_name="nnc")
@click.pass_context
def command(
    context: click.Context,
    file: str | None,
    script_arguments: tuple[str, ...],
    target: str | None,
    emit: str | None,
    run: bool,
    pipeline: str | None,
    after: tuple[str, ...],
    changed: bool,
    locs: bool,
    generic: bool,
    times: bool,
    profile: bool,
    dump: str | None,
    remarks: bool,
    no_cache: bool,
    verify_diagnostics: bool,
    split: bool,
    list_passes: bool,
    list_targets: bool,
) -> int:
    """Run a script with nnc, or look at how it is compiled.

    FILE is a Python script that uses nnc, or a text of the IR (.ir) to run passes on.
    """
    if list_passes:
        return _list_passes()
    if list_targets:
        return _list_targets()
    if file is None:
        click.echo(context.get_help())
        return 0
    _check_target(target)
    if profile:
        pipeline = _measuring(pipeline)
    looks = Looks(after, changed, times, locs, generic, dump, sys.stdout)
    options = Options(target, pipeline, cache=not (no_cache or looks.any), looks=looks)
    wanted = _Wanted(options, emit, verify_diagnostics, split, run or emit is None, remarks)
    path = Path(file)
    if not path.exists():
        raise click.UsageError(f"there is no file '{file}'")
    if path.is_dir():
        raise click.UsageError(f"'{file}' is a folder; give a script")
    if path.suffix == ".ir":
        return _treat_text(path, wanted)
    if verify_diagnostics or split:
        raise click.UsageError("--verify-diagnostics and --split-input-file are for .ir files")
    return _run_script(path, script_arguments, wanted)


def _check_target(name: str | None) -> None:
    from nnc.compiler.codegen.target import target_names
    from nnc.compiler.diagnostics import did_you_mean

    if name is not None and name not in target_names():
        hint = did_you_mean(name, target_names()) or f"known targets: {', '.join(target_names())}"
        raise click.UsageError(f"unknown target '{name}': {hint}")


def _measuring(pipeline: str | None) -> str:
    from nnc.compiler.passes import PROFILE_PIPELINE

    if pipeline is not None:
        raise click.UsageError("--profile has passes of its own; leave out -p, or add the pass instrument to your list")
    return PROFILE_PIPELINE


def _list_passes() -> int:
    from nnc.compiler import passes

    for name, doc in passes.describe():
        click.echo(f"{name:20} {doc}")
    click.echo(f"\ndefault: {passes.DEFAULT_PIPELINE}")
    return 0


def _list_targets() -> int:
    from nnc.compiler.codegen.target import get_target, target_names

    for name in target_names():
        reason = get_target(name).available()
        click.echo(f"{name:10} {'available' if reason is None else 'not available: ' + reason.splitlines()[0]}")
    return 0


def _run_script(path: Path, arguments: tuple[str, ...], wanted: _Wanted) -> int:
    from nnc.compiler import driver

    out = wanted.options.looks.out or sys.stdout

    def show(description: Any, options: Options) -> None:
        if wanted.emit is not None:
            out.write(driver.stage_text(description, wanted.emit, options))

    command_session = Session(wanted.options, simulate=wanted.simulate, on_compile=show, remarks=wanted.remarks)
    with session(command_session), _as_script(path, arguments):
        try:
            names = runpy.run_path(str(path), run_name="__main__")
            if wanted.emit is not None and not command_session.networks:
                _compile_networks(names)
        except EndOfScript:
            pass
        except DiagnosticError:
            raise
        except NNCError as error:
            raise NNCError(f"error: {error}{_place(error, path)}") from error
        except Exception as error:
            if _unreadable(path, error):
                _not_python(path, error)
            click.echo(_their_traceback(error, path), err=True, nl=False)
            return 1
    if wanted.emit is not None and not command_session.networks:
        raise click.UsageError(f"'{path}' makes no network, so there is nothing to show")
    if wanted.simulate:
        for summary in command_session.networks:
            click.echo(summary())
    return 0


def _unreadable(path: Path, error: Exception) -> bool:
    """Whether the script itself, and nothing that it imports or computes, is no Python text."""
    if isinstance(error, SyntaxError):
        return error.filename in (str(path), None)
    deepest = traceback.extract_tb(error.__traceback__)[-1].filename
    return isinstance(error, (UnicodeDecodeError, ValueError)) and ("runpy" in deepest or "null bytes" in str(error))


def _place(error: Exception, path: Path) -> str:
    """The line of the script in which nnc raised an error, with a caret under the call where Python tells it."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    if not frames or frames[-1].lineno is None:
        return ""
    frame = frames[-1]
    site = Site(frame.filename, frame.lineno or 0, frame.colno, frame.end_lineno, frame.end_colno)
    return "\n" + "\n".join(excerpt(site.loc()))


def _their_traceback(error: Exception, path: Path) -> str:
    """The traceback as `python FILE` would show it."""
    shown = traceback.TracebackException.from_exception(error)
    first = next((i for i, f in enumerate(shown.stack) if f.filename == str(path)), 0)
    del shown.stack[:first]
    return "".join(shown.format())


def _not_python(path: Path, error: Exception) -> NoReturn:
    line = getattr(error, "lineno", None)
    text = (getattr(error, "text", None) or "").rstrip()
    column = max(1, getattr(error, "offset", None) or 1)
    message = getattr(error, "msg", None) or str(error)
    place = f":{line}:{column}" if line else ""
    excerpt = f"\n  |\n{line} | {text}\n  | {' ' * (column - 1)}^" if line and text else ""
    raise NNCError(f"error: '{path}' is no Python script: {message}\n --> {path}{place}{excerpt}") from None


def _compile_networks(names: dict[str, Any]) -> None:
    """Compile the networks that a script left without compiling them."""
    import nnc

    left = [v for v in names.values() if isinstance(v, nnc.Network)]
    for network in (*left, nnc.magic_network()):
        if not network.compiled and network.get_populations():
            network.compile(silent=True)


@contextmanager
def _as_script(path: Path, arguments: tuple[str, ...]) -> Iterator[None]:
    """`sys.argv` and the import path as `python FILE ARGUMENT...` has them; both are put back."""
    argv, search = sys.argv, list(sys.path)
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.resolve().parent))
    try:
        yield
    finally:
        sys.argv = argv
        sys.path[:] = search


def _treat_text(path: Path, wanted: _Wanted) -> int:
    from nnc.compiler import textfile

    text = path.read_text(encoding="utf-8")
    if "// -----" in text and not wanted.split_input and not wanted.verify_diagnostics:
        raise click.UsageError(f"'{path}' holds several parts; add --split-input-file")
    if wanted.verify_diagnostics:
        problems = textfile.verify_diagnostics(text, str(path), wanted.options)
        for problem in problems:
            click.echo(problem, err=True)
        return 1 if problems else 0
    parts = textfile.split(text) if wanted.split_input else [(1, text)]
    failed = False
    for number, (line, part) in enumerate(parts):
        if number:
            click.echo("// -----")
        diagnostics = Diagnostics()
        source = Source(part, str(path), line, 1, True, "IR")
        result = textfile.run_passes(source, wanted.options, diagnostics)
        for item in diagnostics:
            click.echo(_coloured(item.render()), err=True)
        if result is None:
            failed = True
        else:
            click.echo(result, nl=False)
    return 1 if failed else 0


def _coloured(text: str) -> str:
    """Errors in colour on a terminal, plain elsewhere."""
    if not sys.stderr.isatty():
        return text
    paint = {"error": "red", "warning": "yellow", "note": "cyan"}
    out = []
    for line in text.split("\n"):
        word = line.split("[", 1)[0].split(":", 1)[0]
        if word in paint:
            out.append(click.style(line, fg=paint[word], bold=True))
        elif line.lstrip(" |").strip("^ ") == "" and "^" in line:
            out.append(click.style(line, fg="red"))
        else:
            out.append(line)
    return "\n".join(out)


if __name__ == "__main__":
    main()
