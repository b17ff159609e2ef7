"""Packages of extras."""

import sys

import pytest

from nnc.runtime.extras import NNCImportError, extra


def test_an_installed_package_is_imported() -> None:
    assert extra("json.decoder", "json", "reading").__name__ == "json.decoder"


def test_a_missing_package_is_named_with_its_extra() -> None:
    with pytest.raises(NNCImportError, match=r'reading needs the package no_such: pip install "nnc-compiler\[rare\]"'):
        extra("no_such.part", "rare", "reading")


def test_a_package_that_is_broken_itself_says_why(tmp_path, monkeypatch) -> None:
    (tmp_path / "half_there.py").write_text("import not_there_either\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(ImportError, match="not_there_either") as caught:
        extra("half_there", "rare", "reading")
    assert not isinstance(caught.value, NNCImportError)
