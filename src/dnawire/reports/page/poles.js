// Poles of a Green's function: eigenvalues of H - i/2 (all broadenings), by QR steps of rotations.

const MOST_STEPS = 60;

// Real parts and half widths in eV, in no order.
function polesOf(greens) {
  const { present, onsite, pair, step } = greens.junction;
  const sites = Array.from(present.keys()).filter((site) => present[site]);
  const size = sites.length;
  const place = new Map(sites.map((site, index) => [site, index]));
  const center = sites.reduce((sum, site) => sum + onsite[site], 0) / size;
  const matrix = new ComplexMatrix(size);
  const put = (a, b, value) => {
    if (place.has(a) && place.has(b)) {
      matrix.re[place.get(a) * size + place.get(b)] = value;
      matrix.re[place.get(b) * size + place.get(a)] = value;
    }
  };
  sites.forEach((site, n) => {
    matrix.re[n * size + n] = onsite[site] - center;
    matrix.im[n * size + n] = -0.5 * greens.broadening[site];
  });
  for (let n = 0; n < pair.length; n += 1) {
    put(2 * n, 2 * n + 1, pair[n]);
    for (let element = 0; element < 4; element += 1) {
      put(2 * n + (element >> 1), 2 * (n + 1) + (element % 2), step[4 * n + element]);
    }
  }
  return matrix.eigenvalues().map(([re, im]) => [re + center, Math.abs(im)]);
}

class ComplexMatrix {
  constructor(size) {
    this.size = size;
    this.re = new Float64Array(size * size);
    this.im = new Float64Array(size * size);
  }

  abs1(row, column) {
    const k = row * this.size + column;
    return Math.abs(this.re[k]) + Math.abs(this.im[k]);
  }

  // Rotation of rows p and p + 1 that makes the element (p + 1, column) vanish.
  rotation(p, column) {
    const upper = p * this.size + column;
    const lower = upper + this.size;
    const a = Math.hypot(this.re[upper], this.im[upper]);
    const b = Math.hypot(this.re[lower], this.im[lower]);
    const norm = Math.hypot(a, b);
    if (b === 0) {
      return { p, c: 1, sr: 0, si: 0 };
    }
    if (a === 0) {
      return { p, c: 0, sr: 1, si: 0 };
    }
    const [ur, ui] = [this.re[upper] / a, this.im[upper] / a];
    const [vr, vi] = [this.re[lower] / norm, -this.im[lower] / norm];
    return { p, c: a / norm, sr: ur * vr - ui * vi, si: ur * vi + ui * vr };
  }

  rotateRows({ p, c, sr, si }, from, to) {
    for (let column = from; column <= to; column += 1) {
      this.rotate(p * this.size + column, (p + 1) * this.size + column, c, sr, si);
    }
  }

  rotateColumns({ p, c, sr, si }, from, to) {
    for (let row = from; row <= to; row += 1) {
      this.rotate(row * this.size + p, row * this.size + p + 1, c, sr, -si);
    }
  }

  // (x, y) becomes (c x + s y, c y - conj(s) x).
  rotate(x, y, c, sr, si) {
    const [xr, xi, yr, yi] = [this.re[x], this.im[x], this.re[y], this.im[y]];
    this.re[x] = c * xr + sr * yr - si * yi;
    this.im[x] = c * xi + sr * yi + si * yr;
    this.re[y] = c * yr - sr * xr - si * xi;
    this.im[y] = c * yi - sr * xi + si * xr;
  }

  eigenvalues() {
    const last = this.size - 1;
    for (let column = 0; column < last - 1; column += 1) {
      for (let p = last - 1; p > column; p -= 1) {
        const rotation = this.rotation(p, column);
        this.rotateRows(rotation, column, last);
        this.rotateColumns(rotation, 0, last);
      }
    }
    const found = [];
    let high = last;
    let steps = 0;
    while (high >= 0) {
      const low = this.blockStart(high);
      if (low === high) {
        found.push([this.re[high * this.size + high], this.im[high * this.size + high]]);
        high -= 1;
        steps = 0;
      } else {
        this.step(low, high, this.shift(high, steps));
        steps += 1;
        if (steps > MOST_STEPS) {
          throw new Error("the poles of the Green's function were not found");
        }
      }
    }
    return found;
  }

  // First row of the block that ends with a row and is coupled to no earlier one.
  blockStart(high) {
    let low = high;
    while (low > 0) {
      const scale = this.abs1(low, low) + this.abs1(low - 1, low - 1);
      if (this.abs1(low, low - 1) <= Number.EPSILON * scale) {
        break;
      }
      low -= 1;
    }
    return low;
  }

  // The eigenvalue of the last 2x2 block that is nearer to its last element.
  shift(high, steps) {
    const k = high * this.size + high;
    if (steps % 12 === 11) {
      return [this.re[k] + this.abs1(high, high - 1), this.im[k]];
    }
    const up = k - this.size;
    const [mr, mi] = [0.5 * (this.re[up - 1] - this.re[k]), 0.5 * (this.im[up - 1] - this.im[k])];
    const [br, bi, cr, ci] = [this.re[up], this.im[up], this.re[k - 1], this.im[k - 1]];
    const [rr, ri] = complexRoot(
      mr * mr - mi * mi + br * cr - bi * ci,
      2 * mr * mi + br * ci + bi * cr,
    );
    const sign = mr * rr + mi * ri > 0 ? -1 : 1;
    return [this.re[k] + mr + sign * rr, this.im[k] + mi + sign * ri];
  }

  step(low, high, [shiftRe, shiftIm]) {
    const add = (sign) => {
      for (let n = low; n <= high; n += 1) {
        this.re[n * this.size + n] += sign * shiftRe;
        this.im[n * this.size + n] += sign * shiftIm;
      }
    };
    add(-1);
    const rotations = [];
    for (let p = low; p < high; p += 1) {
      const rotation = this.rotation(p, p);
      this.rotateRows(rotation, p, high);
      rotations.push(rotation);
    }
    rotations.forEach((rotation) => this.rotateColumns(rotation, low, rotation.p + 1));
    add(1);
  }
}

function complexRoot(re, im) {
  const size = Math.sqrt(0.5 * (Math.hypot(re, im) + Math.abs(re)));
  if (size === 0) {
    return [0, 0];
  }
  const other = im / (2 * size);
  return re >= 0 ? [size, other] : [Math.abs(other), im < 0 ? -size : size];
}
