"""What the command `nnc` asks of the scripts it runs: another target, a look at a stage, no simulation.

A script run by `python model.py` has no session. The command makes one current while the script runs; the API asks
`current()` when it compiles and before it simulates.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nnc.compiler.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnc.compiler.description import NetworkDescription


class EndOfScript(BaseException):
    """Ends a script that is run only to look at its compiled stages. Not an `Exception`: scripts must not catch it."""


@dataclass
class Session:
    """One run of the command.

    `options` override those of the script; `on_compile` is called with every network that is compiled; without
    `simulate`, the first attempt to simulate ends the script. Networks append themselves to `networks`. With
    `remarks`, notes are shown beside warnings.
    """

    options: Options = field(default_factory=Options)
    simulate: bool = True
    on_compile: Callable[[NetworkDescription, Options], None] | None = None
    networks: list[Callable[[], str]] = field(default_factory=list)
    remarks: bool = False

    def compiled(self, description: NetworkDescription, options: Options) -> None:
        """Told by the driver."""
        if self.on_compile is not None:
            self.on_compile(description, options)

    def before_simulation(self) -> None:
        """Told by the API before steps are done; does not return if the session is only for looking."""
        if not self.simulate:
            raise EndOfScript

    def add_network(self, summary: Callable[[], str]) -> None:
        """A network was compiled; `summary` gives the lines shown when the script has ended."""
        self.networks.append(summary)


_CURRENT: ContextVar[Session | None] = ContextVar("nnc_session", default=None)


def current() -> Session | None:
    """The session of the command that runs this script, or None."""
    return _CURRENT.get()


@contextmanager
def session(value: Session) -> Iterator[Session]:
    """Make a session the current one for a while."""
    token = _CURRENT.set(value)
    try:
        yield value
    finally:
        _CURRENT.reset(token)
