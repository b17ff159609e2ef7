from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from nnc.compiler.codegen import cache as module
from nnc.compiler.codegen.cache import Cache, default_cache, key

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def name(*parts: str) -> str:
    return key(*parts) + ".so"


def test_keys_differ_where_anything_differs() -> None:
    keys = {key("ab", "c"), key("a", "bc"), key("abc"), key("ab", "c", ""), key("c", "ab")}
    assert len(keys) == 5
    assert key("ab", "c") == key("ab", "c")


def test_the_version_of_nnc_is_part_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key("x")
    monkeypatch.setattr(module, "__version__", "another")
    assert key("x") != before


def test_what_was_written_is_found(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "deep" / "er")
    assert cache.find(name("x")) is None
    assert cache.read(name("x")) is None
    path = cache.write(name("x"), b"content")
    assert path == cache.find(name("x"))
    assert cache.read(name("x")) == b"content"
    assert [p.name for p in (tmp_path / "deep" / "er").iterdir()] == [name("x")]


def test_least_recently_used_files_go_first(tmp_path: Path) -> None:
    cache = Cache(tmp_path, limit=250)
    for i, part in enumerate("abc"):
        cache.write(name(part), b"x" * 100)
        if cache.find(name(part)):
            os.utime(tmp_path / name(part), (i, i))
    assert cache.read(name("a")) is None
    os.utime(tmp_path / name("b"), (1, 1))
    assert cache.find(name("b"))
    cache.write(name("d"), b"x" * 100)
    assert cache.find(name("b"))
    assert cache.find(name("d"))
    assert cache.find(name("c")) is None


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_bytes(b"y" * 1000)
    (tmp_path / "also.so").write_bytes(b"y" * 1000)
    cache = Cache(tmp_path, limit=10)
    for part in "abc":
        cache.write(name(part), b"x" * 100)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["also.so", "precious.txt", name("c")])


def test_a_place_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert Cache(tmp_path / "file" / "sub").write(name("x"), b"") is None


def test_the_environment_moves_the_cache_or_turns_it_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NNC_CACHE_DIR", str(tmp_path))
    assert default_cache().root == tmp_path
    assert default_cache().persistent
    monkeypatch.setenv("NNC_CACHE_DIR", "off")
    assert not default_cache().persistent
    assert default_cache() is default_cache()
    monkeypatch.delenv("NNC_CACHE_DIR")
    assert default_cache().root.name == "nnc"


def _hammer(root: Path, deadline: float) -> int:
    cache, bad = Cache(root, limit=40_000), 0
    while time.monotonic() < deadline:
        for part in ("a", "b", "c", "d", "e", "f"):
            seen = cache.read(name(part))
            bad += seen is not None and seen != part.encode() * 10_000
            cache.write(name(part), part.encode() * 10_000)
    return bad


def test_users_that_share_a_cache_never_see_half_a_file(tmp_path: Path) -> None:
    deadline = time.monotonic() + 0.4
    with ThreadPoolExecutor(4) as pool:
        bad = list(pool.map(_hammer, [tmp_path] * 4, [deadline] * 4))
    assert bad == [0, 0, 0, 0]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("tmp-")]
