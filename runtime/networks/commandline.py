"""The flags that every script understands: `python model.py -j 4 --prec float`.

They stand below what the script sets itself, and beside the script's own flags: nothing is taken out of `sys.argv`,
what is not known is left alone, and nothing ever ends the script. Test runners and notebooks have flags of their own,
which are not read.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from nnc.runtime.errors import InvalidConfiguration, NNCValueError, warn
from nnc.runtime.running.team import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOSTS: Final = ("_pytest", "ipykernel")
"""Modules of programs whose command line is not that of a script."""

_ALIASES: Final = {
    "-j": "--num-threads",
    "-c": "--clean",
    "-d": "--debug",
    "-v": "--verbose",
    "--precision": "--prec",
}
_SWITCHES: Final[dict[str, dict[str, Any]]] = {
    "--clean": {},
    "--debug": {"debug": True},
    "--verbose": {"verbose": True},
    "--auto-tuning": {"sparse_matrix_format": "auto", "sparse_matrix_storage_order": "auto"},
    "--profile": {"profiling": True},
}
_WITH_VALUE: Final = ("--num-threads", "--visible-cores", "--prec", "--trace", "--report", "--profile-out")
_TRACES: Final = ("init", "simulate", "both")


@dataclass
class CommandLine:
    """What the flags say. `problems` are kept for `check`, since an import must not fail for a flag."""

    settings: dict[str, Any] = field(default_factory=dict)
    clean: bool = False
    report: str | None = None
    device: int = 0
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise for flags with impossible values, and for those that exclude each other."""
        for remark in self.remarks:
            warn(remark)
        if self.problems:
            raise NNCValueError(self.problems[0])
        if self.report is not None:
            from nnc.runtime.reporting.report import checked_path

            checked_path(self.report)
        if self.settings.get("paradigm") == "cuda" and "num_threads" in self.settings:
            raise InvalidConfiguration("the flags --gpu and -j exclude each other: choose the GPU or CPU threads")


def read_command_line() -> CommandLine:
    """The flags of the script that runs; none in test runners and notebooks."""
    if any(host in sys.modules for host in _HOSTS):
        return CommandLine()
    return parse(sys.argv[1:])


def parse(words: Sequence[str]) -> CommandLine:
    """The meaning of the words behind the name of a script."""
    line = CommandLine()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            break
        flag, equals, value = word.partition("=")
        if word[:2] == "-j" and word[2:].isdigit():
            flag, equals, value = "-j", "=", word[2:]
        flag = _ALIASES.get(flag, flag)
        if flag in _SWITCHES and not equals:
            line.settings |= _SWITCHES[flag]
            line.clean |= flag == "--clean"
        elif flag == "--gpu":
            _gpu(line, value if equals else rest.pop(0) if rest and rest[0].isdigit() else "0")
        elif flag in _WITH_VALUE:
            if not equals and not rest:
                line.remarks.append(f"the flag {word} lacks its value and is ignored")
                break
            _value(line, flag, value if equals else rest.pop(0))
    return line


def _gpu(line: CommandLine, value: str) -> None:
    line.settings["paradigm"] = "cuda"
    if value.isdigit():
        line.device = int(value)
    else:
        line.problems.append(f"--gpu takes the number of a device, not '{value}'")


def _value(line: CommandLine, flag: str, value: str) -> None:
    if flag == "--num-threads":
        if value.isdigit() or value in WORDS:
            line.settings["num_threads"] = int(value) if value.isdigit() else value
        else:
            words = " or ".join(WORDS)
            line.remarks.append(f"the flag {flag} takes a number of threads, {words}; '{value}' is ignored")
    elif flag == "--visible-cores":
        cores = value.split(",")
        if all(core.isdigit() for core in cores):
            line.settings["visible_cores"] = [int(core) for core in cores]
        else:
            line.problems.append(f"--visible-cores takes numbers such as 0,1,2, not '{value}'")
    elif flag == "--prec":
        if value in ("float", "double"):
            line.settings["precision"] = value
        else:
            line.problems.append(f"--prec is 'float' or 'double', not '{value}'")
    elif flag == "--trace":
        if value in _TRACES:
            line.settings["trace_calls"] = value
        else:
            line.problems.append(f"--trace is one of {', '.join(_TRACES)}, not '{value}'")
    elif flag == "--report":
        line.report = value
    else:
        line.settings |= {"profiling": True, "profile_out": value}
