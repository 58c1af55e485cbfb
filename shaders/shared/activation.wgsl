// The activation functions and their slopes. Exactly one of the conditions gelu, geluTanh, relu and silu holds.
// Large arguments are cut off before exp, so that nothing overflows; NaN goes through, as the product with x keeps it.
import package::shared::elements::Elements;

/// 1/(1 + exp(-z)); 0 where exp would overflow.
fn sigmoid(z: Elements) -> Elements {
  return select(1.0 / (1.0 + exp(-max(z, Elements(-80.0)))), Elements(), z < Elements(-80.0));
}

/// Probability that a standard normal is below x, (1 + erf(x/sqrt(2)))/2. The tail is the Chebyshev fit to erfc of
/// Press et al. 1992, "Numerical Recipes in C", section 6.2 (`erfcc`): relative error below 1.2e-7.
fn normalBelow(x: Elements) -> Elements {
  let z = min(abs(x) * 0.70710678, Elements(9.0));
  let t = 1.0 / (1.0 + 0.5 * z);
  let low = t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))));
  let exponent = -z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + low)));
  let tail = select(0.5 * t * exp(exponent), Elements(), z >= Elements(9.0));
  return select(tail, 1.0 - tail, x >= Elements());
}

/// GELU (Hendrycks & Gimpel 2016, arXiv 1606.08415): x times normalBelow(x).
@if(gelu) fn activate(x: Elements) -> Elements { return x * normalBelow(x); }

@if(gelu) fn activateSlope(x: Elements) -> Elements {
  let near = clamp(x, Elements(-12.0), Elements(12.0));
  return normalBelow(x) + near * 0.39894228 * exp(-0.5 * near * near);
}

/// GELU by tanh: x·(1 + tanh(u))/2 = x·sigmoid(2u), u = sqrt(2/π)·(x + 0.044715·x³).
@if(geluTanh) fn activate(x: Elements) -> Elements {
  let near = clamp(x, Elements(-30.0), Elements(30.0));
  return x * sigmoid(1.59576912 * near * (1.0 + 0.044715 * near * near));
}

@if(geluTanh) fn activateSlope(x: Elements) -> Elements {
  let near = clamp(x, Elements(-30.0), Elements(30.0));
  let z = 1.59576912 * near * (1.0 + 0.044715 * near * near);
  let s = sigmoid(z);
  return s + near * s * (1.0 - s) * 1.59576912 * (1.0 + 0.134145 * near * near);
}

@if(relu) fn activate(x: Elements) -> Elements { return select(x, Elements(), x < Elements()); }

/// 0 at 0, as torch has it.
@if(relu) fn activateSlope(x: Elements) -> Elements { return select(Elements(), Elements(1.0), x > Elements()); }

/// SiLU (swish): x·sigmoid(x).
@if(silu) fn activate(x: Elements) -> Elements { return x * sigmoid(x); }

@if(silu) fn activateSlope(x: Elements) -> Elements {
  let s = sigmoid(x);
  return s * (1.0 + x * (1.0 - s));
}
