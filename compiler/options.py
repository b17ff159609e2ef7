"""What a user may choose about a compilation. Everything is part of the cache key but what only prints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

Determinism = Literal["strict", "fast"]
"""`strict`: the same bits on every target. `fast`: sums may be added in any order, where a target gains by it."""


@dataclass(frozen=True)
class Looks:
    """What to print on the way: nothing by default. `after` names passes; `("*",)` means all."""

    after: tuple[str, ...] = ()
    changed: bool = False
    times: bool = False
    locs: bool = False
    generic: bool = False
    dump: str | None = None
    out: TextIO | None = None

    @property
    def any(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.after or self.changed or self.times or self.dump)


@dataclass(frozen=True)
class Options:
    """How to compile.

    `target`: a name of `nnc --list-targets`; None is the default (`llvm`). `pipeline`: pass names to run instead of
    the default ones. `target_options`: keywords of the target (`compiler`, `flags`, `sanitize`). `cache`: use the
    cache of compiled programs. `verify`: check the IR after every pass. `determinism`: None leaves it to the target.
    """

    target: str | None = None
    pipeline: str | None = None
    target_options: Mapping[str, str | bool | int] = field(default_factory=dict)
    cache: bool = True
    verify: bool = False
    determinism: Determinism | None = None
    looks: Looks = field(default_factory=Looks)

    def override(self, other: Options) -> Options:
        """These options with everything that the other ones say in place of what these say."""
        return replace(
            self,
            target=other.target or self.target,
            pipeline=other.pipeline or self.pipeline,
            target_options={**self.target_options, **other.target_options},
            cache=self.cache and other.cache,
            verify=self.verify or other.verify,
            determinism=other.determinism or self.determinism,
            looks=other.looks if other.looks != Looks() else self.looks,
        )
