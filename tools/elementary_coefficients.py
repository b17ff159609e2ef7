"""Writes `compiler/ir/elementary/coefficients.py`: `python tools/elementary_coefficients.py`.

Polynomials are Chebyshev fits (near minimax) by mpmath at 400 bits; each is printed with the error of the fit. The
tables named `_F32` serve f32 results: `EXP_F32` and `LOG_F32` in f32 arithmetic, the others in f64.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import mpmath
from mpmath import mp, mpf

if TYPE_CHECKING:
    from collections.abc import Callable

mp.prec = 400
OUT = Path(__file__).parent.parent / "compiler" / "ir" / "elementary" / "coefficients.py"
HEAD = '''"""Coefficients of the elementary functions; written by `tools/elementary_coefficients.py`, never by hand."""

from __future__ import annotations

from typing import Final
'''


def round_f32(x: mpf) -> float:
    """The nearest f32."""
    return float(struct.unpack("<f", struct.pack("<f", float(x)))[0])


def truncated(x: mpf, bits: int) -> mpf:
    """The number cut to its leading bits, so that products with small integers are exact."""
    exponent = int(mpmath.floor(mpmath.log(abs(x), 2)))
    scale = mpf(2) ** (bits - 1 - exponent)
    return mpmath.floor(x * scale) / scale


def parts(x: mpf, count: int, number: Callable[[mpf], float] = float) -> list[float]:
    """A number as an unevaluated sum of floats."""
    out = []
    for _ in range(count):
        out.append(number(x))
        x -= mpf(out[-1])
    return out


def smooth(function: Callable[[mpf], mpf]) -> Callable[[mpf], mpf]:
    """The function, taken by its limit at 0."""
    return lambda z: function(z if abs(z) > mpf(10) ** -30 else mpf(10) ** -30)


def atanh_tail(z: mpf) -> mpf:
    """(2 atanh(s)/s - 2)/z at z = s*s."""
    s = mpmath.sqrt(z)
    return (2 * mpmath.atanh(s) / s - 2) / z


FITS: list[tuple[str, str, Callable[[mpf], mpf], mpf | float, mpf | float, dict[str, int]]] = [
    (
        "EXP",
        "exp(r) = 1 + r + r*r*P(r), |r| <= ln(2)/2",
        smooth(lambda r: (mpmath.expm1(r) - r) / r**2),
        -0.35,
        0.35,
        {"F64": 11, "F32": 5},
    ),
    ("LOG", "2*atanh(s) = 2*s + s*z*P(z), z = s*s", smooth(atanh_tail), 0, 0.0296, {"F64": 7, "F32": 3}),
    (
        "POW",
        "2*atanh(s) = 2*s + s*z*(2/3 + z*P(z))",
        smooth(lambda z: (atanh_tail(z) - mpf(2) / 3) / z),
        0,
        0.0296,
        {"F64": 8},
    ),
    (
        "SIN",
        "sin(r) = r + r*z*P(z), z = r*r",
        smooth(lambda z: (mpmath.sin(mpmath.sqrt(z)) / mpmath.sqrt(z) - 1) / z),
        0,
        1.2,
        {"F64": 8, "F32": 5},
    ),
    (
        "COS",
        "cos(r) = 1 - z/2 + z*z*P(z)",
        smooth(lambda z: (mpmath.cos(mpmath.sqrt(z)) - 1 + z / 2) / z**2),
        0,
        1.2,
        {"F64": 8, "F32": 5},
    ),
    (
        "ASIN",
        "asin(x) = x + x*z*P(z), z = x*x <= 1/4",
        smooth(lambda z: (mpmath.asin(mpmath.sqrt(z)) / mpmath.sqrt(z) - 1) / z),
        0,
        0.25,
        {"F64": 13, "F32": 6},
    ),
    (
        "ATAN",
        "atan(t) = t + t*z*P(z), z = t*t, t <= tan(pi/8)",
        smooth(lambda z: (mpmath.atan(mpmath.sqrt(z)) / mpmath.sqrt(z) - 1) / z),
        0,
        0.1716,
        {"F64": 11, "F32": 6},
    ),
    (
        "ERF",
        "erf(x) = x*P(z), z = x*x <= 1",
        smooth(lambda z: mpmath.erf(mpmath.sqrt(z)) / mpmath.sqrt(z)),
        0,
        1,
        {"F64": 12, "F32": 7},
    ),
    (
        "ERFCX",
        "erfc(x) = exp(-x*x)*P(u), u = (x - 2)/(x + 2), 1 <= x <= 6",
        lambda u: mpmath.erfc(2 * (1 + u) / (1 - u)) * mpmath.exp((2 * (1 + u) / (1 - u)) ** 2),
        mpf(-1) / 3,
        mpf(1) / 2,
        {"F64": 16, "F32": 8},
    ),
    (
        "CBRT",
        "cbrt(m), first guess, 1 <= m < 8",
        lambda m: mpmath.cbrt(m),
        1,
        8,
        {"F64": 5},
    ),
]


def table(name: str, note: str, values: list[float]) -> str:
    """Text of one table."""
    inner = "".join(f"    {v!r},\n" for v in values)
    return f"\n# {note}\n{name}: Final = (\n{inner})\n"


def fits() -> str:
    """All polynomials."""
    text = ""
    for name, note, function, lo, hi, sizes in FITS:
        for goal, count in sizes.items():
            poly, error = mpmath.chebyfit(function, [mpf(lo), mpf(hi)], count, error=True)
            native = goal == "F32" and name in ("EXP", "LOG")
            number = round_f32 if native else float
            comment = f"{note}; fit to {mpmath.nstr(error, 3)}"
            text += table(f"{name}_{goal}", comment, [number(c) for c in reversed(poly)])
    return text


def constants() -> str:
    """All constants in parts."""
    ln2 = mpmath.log(2)
    high64, high32 = truncated(ln2, 41), truncated(ln2, 15)
    values = {
        "LN2": ("ln 2", parts(ln2, 2)),
        "LN2_SPLIT_F64": (
            "ln 2; products of the first part with an exponent are exact",
            [float(high64), float(ln2 - high64)],
        ),
        "LN2_SPLIT_F32": ("the same in f32", [float(high32), round_f32(ln2 - high32)]),
        "LOG2_E": ("1 / ln 2", parts(1 / ln2, 2)),
        "LOG10_2": ("log10 2", parts(mpmath.log10(2), 2)),
        "LOG10_E": ("1 / ln 10", parts(1 / mpmath.log(10), 2)),
        "HALF_PI": ("pi / 2", parts(mpmath.pi / 2, 3)),
        "TWO_THIRDS": ("2 / 3", parts(mpf(2) / 3, 2)),
    }
    return "".join(table(name, note, numbers) for name, (note, numbers) in values.items())


def quarter_turns() -> str:
    """2^(24 q) * 2/pi modulo 4, for the reduction of f32 arguments of any size."""
    text = "\n# 2**(24*q) * 2/pi modulo 4 in two parts, q = 0..4\nTWO_OVER_PI: Final = (\n"
    with mp.workprec(600):
        for q in range(5):
            x = mpmath.fmod(mpf(2) ** (24 * q) * 2 / mpmath.pi, 4)
            text += f"    ({', '.join(repr(p) for p in parts(x, 2))}),\n"
    return text + ")\n"


def main() -> None:
    """Write the file."""
    text = HEAD + constants() + quarter_turns() + fits()
    OUT.write_text(text)
    sys.stdout.write(f"wrote {OUT.name}\n")


if __name__ == "__main__":
    main()
