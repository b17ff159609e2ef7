"""Compiled programs on their way to other machines: the files of the cache that a program comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nnc.compiler.codegen.cache import default_cache, noted

if TYPE_CHECKING:
    from collections.abc import Callable

Parcel = Mapping[str, bytes]
"""Names of files and what is in them."""


def packed(compile_again: Callable[[], object]) -> Parcel:
    """The files that a compilation reads or writes; what the cache did not keep is left out."""
    with noted() as names:
        compile_again()
    cache = default_cache()
    return {name: content for name in sorted(names) if (content := cache.read(name)) is not None}


def unpack(parcel: Parcel) -> None:
    """Put files into the cache of this process, those that it lacks."""
    cache = default_cache()
    for name, content in parcel.items():
        if cache.find(name) is None:
            cache.write(name, content)
