/**
 * Trigonometric functions as Go computes them, with the polynomials of the Cephes library, where JavaScript's fdlibm
 * often differs in the last bit. Exponentials and logarithms in them are the platform's.
 */

// Pi / 4 in three parts, of which multiples are exact.
const PI4A = 0.7853981256484985;
const PI4B = 3.774894707930798e-8;
const PI4C = 2.6951514290790595e-15;
/** From here on Go reduces with a table of digits of pi; there the platform's functions answer. */
const LARGE = 2 ** 29;

function sinePolynomial(z: number, zz: number): number {
  const sum =
    ((((1.5896230157654656e-10 * zz - 2.5050747762857807e-8) * zz + 2.7557313621385722e-6) * zz -
      0.0001984126982958954) *
      zz +
      0.008333333333322118) *
      zz -
    0.1666666666666663;
  return z + z * zz * sum;
}

function cosinePolynomial(zz: number): number {
  const sum =
    ((((-1.1358536521387682e-11 * zz + 2.087570084197473e-9) * zz - 2.755731417929674e-7) * zz +
      2.4801587288851704e-5) *
      zz -
      0.0013888888888873056) *
      zz +
    0.041666666666666595;
  return 1 - 0.5 * zz + zz * zz * sum;
}

/** The even octant that x >= 0 is in or before, counted from zero on. */
function octantOf(x: number): number {
  const octant = Math.floor(x * (4 / Math.PI));
  return octant + (octant % 2);
}

function reduce(x: number, octant: number): number {
  return x - octant * PI4A - octant * PI4B - octant * PI4C;
}

export function goSin(x: number): number {
  const magnitude = Math.abs(x);
  if (x === 0 || !(magnitude < LARGE)) return Math.sin(x);
  const octant = octantOf(magnitude);
  const z = reduce(magnitude, octant);
  const quarter = (octant / 2) % 4;
  const value = quarter % 2 === 1 ? cosinePolynomial(z * z) : sinePolynomial(z, z * z);
  return quarter > 1 !== x < 0 ? -value : value;
}

export function goCos(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude < LARGE)) return Math.cos(x);
  const octant = octantOf(magnitude);
  const z = reduce(magnitude, octant);
  const quarter = (octant / 2) % 4;
  const value = quarter % 2 === 1 ? sinePolynomial(z, z * z) : cosinePolynomial(z * z);
  return quarter === 1 || quarter === 2 ? -value : value;
}

export function goTan(x: number): number {
  const magnitude = Math.abs(x);
  if (x === 0 || !(magnitude < LARGE)) return Math.tan(x);
  const octant = octantOf(magnitude);
  const z = reduce(magnitude, octant);
  const zz = z * z;
  let value = z;
  if (zz > 1e-14) {
    const above = (-13093.693918138373 * zz + 1153516.6483858742) * zz - 17956525.197648488;
    const below =
      (((zz + 13681.296347069296) * zz - 1320892.3444021097) * zz + 25008380.18233579) * zz -
      53869575.592945464;
    value = z + z * ((zz * above) / below);
  }
  if ((octant / 2) % 2 === 1) value = -1 / value;
  return x < 0 ? -value : value;
}

/** For 0 <= x <= 0.66. */
function smallArc(x: number): number {
  const z = x * x;
  const above =
    (((-0.8750608600031904 * z - 16.157537187333652) * z - 75.00855792314705) * z -
      122.88666844901361) *
      z -
    64.85021904942025;
  const below =
    ((((z + 24.858464901423062) * z + 165.02700983169885) * z + 432.88106049129027) * z +
      485.3903996359137) *
      z +
    194.5506571482614;
  return x * ((z * above) / below) + x;
}

/** What pi / 2 loses as a double. */
const MORE_BITS = 6.123233995736766e-17;

function arc(x: number): number {
  if (x <= 0.66) return smallArc(x);
  if (x > 2.414213562373095) return Math.PI / 2 - smallArc(1 / x) + MORE_BITS;
  return Math.PI / 4 + smallArc((x - 1) / (x + 1)) + 0.5 * MORE_BITS;
}

export function goAtan(x: number): number {
  if (x === 0) return x;
  return x > 0 ? arc(x) : -arc(-x);
}

/** The angle of the point (x, y): the arc tangent of y / x, put into its quadrant. */
export function goAtan2(y: number, x: number): number {
  const special = y === 0 || x === 0 || !Number.isFinite(x) || !Number.isFinite(y);
  if (special) return Math.atan2(y, x);
  const angle = goAtan(y / x);
  if (x > 0) return angle;
  return angle <= 0 ? angle + Math.PI : angle - Math.PI;
}

export function goAsin(x: number): number {
  if (x === 0) return x;
  const magnitude = Math.abs(x);
  if (!(magnitude <= 1)) return NaN;
  const other = Math.sqrt(1 - magnitude * magnitude);
  const value = magnitude > 0.7 ? Math.PI / 2 - arc(other / magnitude) : arc(magnitude / other);
  return x < 0 ? -value : value;
}

export function goAcos(x: number): number {
  return Math.PI / 2 - goAsin(x);
}

export function goSinh(x: number): number {
  // Not Math.abs: -0 stays.
  const magnitude = x < 0 ? -x : x;
  let value: number;
  if (magnitude > 21) value = Math.exp(magnitude) * 0.5;
  else if (magnitude > 0.5) {
    const power = Math.exp(magnitude);
    value = (power - 1 / power) * 0.5;
  } else {
    const square = magnitude * magnitude;
    const above =
      ((-26.30563213397497 * square - 2894.211355989564) * square - 89912.72022039509) * square -
      630767.3640497717;
    const below =
      ((square - 173.6789535582337) * square + 15215.17378790019) * square - 630767.3640497717;
    value = (above * magnitude) / below;
  }
  return x < 0 ? -value : value;
}

export function goCosh(x: number): number {
  const magnitude = Math.abs(x);
  const power = Math.exp(magnitude);
  return magnitude > 21 ? power * 0.5 : (power + 1 / power) * 0.5;
}

export function goTanh(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude > 0.5 * 88.02969193111305) return x < 0 ? -1 : 1;
  if (magnitude >= 0.625) {
    const value = 1 - 2 / (Math.exp(2 * magnitude) + 1);
    return x < 0 ? -value : value;
  }
  if (x === 0) return x;
  const s = x * x;
  const above = (-0.9643991794250523 * s - 99.28772310019185) * s - 1614.6876844170845;
  const below = ((s + 112.81167849163293) * s + 2235.4883906010045) * s + 4844.063053251255;
  return x + (x * s * above) / below;
}
