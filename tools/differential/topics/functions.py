"""Built-in and user functions, operators, literals."""

from scripts import Topic, rate

TOPIC = Topic(
    cases={
        "trigonometric": rate("v = sum(exc)\nr = cos(v) + sin(2.0*v)*tan(v/3.0)"),
        "inverse trigonometric": rate("v = clip(sum(exc), -0.9, 0.9)\nr = acos(v) + asin(v) + atan(v) + atan2(v, k)"),
        "exponential and logarithm": rate("v = fabs(sum(exc)) + 0.1\nr = exp(v) + log(v) + ln(v) + sqrt(v) + log10(v)"),
        "hyperbolic": rate("v = sum(exc)\nr = cosh(v) + sinh(v) + tanh(v)"),
        "rounding": rate("v = 10.0*sum(exc)\nr = floor(v) + 100.0*ceil(v) + 10000.0*round(v)"),
        "rounding halves": rate("v = 0.5*(t - 20.0)\nr = round(v)"),
        "signs": rate("v = t - 20.0\nr = sign(v) + Heaviside(v)*10.0 + pos(v)*100.0 + neg(v)"),
        "clip, modulo, power": rate("v = 10.0*sum(exc)\nr = clip(v, -1.0, k) + modulo(v, 4) + power(v, 3)"),
        "modulo with a factor": rate("v = 10.0*sum(exc)\nr = 2*modulo(v, 4)", differs="D12"),
        "powers": rate("v = fabs(sum(exc))\nr = v**2 + v^3 - 2.0^k - v**0.5 + pow(v, 1.5)"),
        "extrema of values": rate("v = sum(exc)\nr = max(v, k) - min(v, 0.1) + max(v, k, 0.7)"),
        "error function": rate("v = sum(exc)\nr = erf(v) + expm1(v) + log1p(v*v) + cbrt(v) + hypot(v, k)"),
        "user function": rate("v = sum(exc)\nr = g(v, k)", functions="g(x, y) = x*y + exp(-x)"),
        "user functions with a conditional": rate(
            "v = sum(exc)\nr = g(v) + h(v, 2.0)",
            functions="g(x) = if x > 0.0: x else: 0.1*x\nh(x, y) = (x + y)/(1.0 + y)",
        ),
        "quotient of integers": rate("v = sum(exc)\nr = 1/2 + v", differs="D08"),
        "quotient of integers in an equation": rate("dv/dt = 1/4 - v/8\nr = v"),
        "augmented assignments": rate(
            "v += k*dt\nu -= 0.5 : init=3.0\nx *= 1.01 : init=1.0\ny /= 1.02 : init=2.0\nr = v + u*x*y"
        ),
        "precedence": rate("v = sum(exc)\nr = -v^2 + 2.0*v/k*3.0 - -v + +k"),
        "time, step and pi": rate("v = t*dt + pi\nr = sin(2.0*pi*t/10.0)"),
        "global function of a condition": rate("v = sum(exc)\nr = isnan(v) + isfinite(v)"),
    },
)
