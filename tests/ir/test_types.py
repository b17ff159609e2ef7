"""Types are compared by identity, however they are asked for."""

from __future__ import annotations

import pytest

from nnc.compiler.ir.types import At, DType, f64, parse_type, value_type


@pytest.mark.parametrize("at", At)
@pytest.mark.parametrize("dtype", DType)
def test_a_type_is_one_object(dtype: DType, at: At) -> None:
    type = value_type(dtype, at)
    assert value_type(dtype, at=at) is type
    assert parse_type(str(type)) is type
    assert f64.with_dtype(dtype).with_at(at) is type


@pytest.mark.parametrize("dtype", DType)
def test_no_locality_means_one_value(dtype: DType) -> None:
    assert value_type(dtype) is value_type(dtype, At.one)
