// Green's function of a ladder between its contacts, by the recursion of docs/physics.md.
// A = E + i eta - H + i (Gamma_L + Gamma_R + Gamma_probes) / 2, all energies in eV.

const GUARD = 1e-30;

class Greens {
  // junction: what buildLadder returns, with left, right and probe couplings of all sites, and eta.
  constructor(junction) {
    this.junction = junction;
    const { length, present, left, right, probe, eta } = junction;
    this.broadening = Float64Array.from(
      present,
      (there, site) => (there ? left[site] + right[site] + probe[site] + 2 * eta : 0),
    );
    this.sources = [];
    for (let site = 0; site < 2 * length; site += 1) {
      if (this.broadening[site] > 0) {
        this.sources.push(site);
      }
    }
    this.inverse = new Float64Array(6 * length);
    this.column = new Float64Array(4 * length);
    this.squares = new Float64Array(2 * length * this.sources.length);
  }

  // Fill `squares` with |G|^2 at an energy: row = source, column = site.
  solve(energy) {
    this.factorize(energy);
    const sites = this.broadening.length;
    for (let row = 0; row < this.sources.length; row += 1) {
      this.solveColumn(this.sources[row]);
      for (let site = 0; site < sites; site += 1) {
        const re = this.column[2 * site];
        const im = this.column[2 * site + 1];
        this.squares[row * sites + site] = re * re + im * im;
      }
    }
  }

  // Inverses of P_n = D_n - t^T P_(n-1)^-1 t, each symmetric: elements 00, 01 and 11.
  factorize(energy) {
    const { length, present, onsite, pair, step } = this.junction;
    const q = this.inverse;
    const d = new Float64Array(6);
    for (let n = 0; n < length; n += 1) {
      for (let strand = 0; strand < 2; strand += 1) {
        const site = 2 * n + strand;
        const damping = Math.max(0.5 * this.broadening[site], GUARD);
        d[4 * strand] = present[site] ? energy - onsite[site] : 1;
        d[4 * strand + 1] = present[site] ? damping : 0;
      }
      d[2] = -pair[n];
      d[3] = 0;
      if (n > 0) {
        const [a, b, c, e] = step.subarray(4 * (n - 1), 4 * n);
        for (let part = 0; part < 2; part += 1) {
          const q00 = q[6 * (n - 1) + part];
          const q01 = q[6 * (n - 1) + 2 + part];
          const q11 = q[6 * (n - 1) + 4 + part];
          d[part] -= a * a * q00 + 2 * a * c * q01 + c * c * q11;
          d[2 + part] -= a * b * q00 + (a * e + b * c) * q01 + c * e * q11;
          d[4 + part] -= b * b * q00 + 2 * b * e * q01 + e * e * q11;
        }
      }
      invertSymmetric(d, q, 6 * n);
    }
  }

  // Column of G of one site.
  solveColumn(source) {
    const { length, step } = this.junction;
    const x = this.column;
    const first = source >> 1;
    x.fill(0);
    this.multiply(first, source % 2 ? 0 : 1, 0, source % 2 ? 1 : 0, 0);
    for (let n = first + 1; n < length; n += 1) {
      const t = 4 * (n - 1);
      const w = 4 * (n - 1);
      this.multiply(
        n,
        step[t] * x[w] + step[t + 2] * x[w + 2],
        step[t] * x[w + 1] + step[t + 2] * x[w + 3],
        step[t + 1] * x[w] + step[t + 3] * x[w + 2],
        step[t + 1] * x[w + 1] + step[t + 3] * x[w + 3],
      );
    }
    for (let n = length - 2; n >= 0; n -= 1) {
      const t = 4 * n;
      const w = 4 * (n + 1);
      this.multiply(
        n,
        step[t] * x[w] + step[t + 1] * x[w + 2],
        step[t] * x[w + 1] + step[t + 1] * x[w + 3],
        step[t + 2] * x[w] + step[t + 3] * x[w + 2],
        step[t + 2] * x[w + 1] + step[t + 3] * x[w + 3],
      );
    }
  }

  // Add P_n^-1 (u, v) to block n of the column.
  multiply(n, ur, ui, vr, vi) {
    const q = this.inverse;
    const x = this.column;
    const k = 6 * n;
    x[4 * n] += q[k] * ur - q[k + 1] * ui + q[k + 2] * vr - q[k + 3] * vi;
    x[4 * n + 1] += q[k] * ui + q[k + 1] * ur + q[k + 2] * vi + q[k + 3] * vr;
    x[4 * n + 2] += q[k + 2] * ur - q[k + 3] * ui + q[k + 4] * vr - q[k + 5] * vi;
    x[4 * n + 3] += q[k + 2] * ui + q[k + 3] * ur + q[k + 4] * vi + q[k + 5] * vr;
  }

  // Local density of states in 1/eV of all sites at the energy of the last `solve`.
  ldos() {
    const sites = this.broadening.length;
    const found = new Float64Array(sites);
    this.sources.forEach((source, row) => {
      const share = this.broadening[source] / (2 * Math.PI);
      for (let site = 0; site < sites; site += 1) {
        found[site] += share * this.squares[row * sites + site];
      }
    });
    return found;
  }

  dos() {
    return this.ldos().reduce((sum, value) => sum + value, 0);
  }

  // T of carriers that meet no probe.
  coherent() {
    const { left, right } = this.junction;
    return this.between(left, right);
  }

  // Sum of gamma_i |G_ij|^2 gamma_j; i runs over sources.
  between(from, to) {
    const sites = this.broadening.length;
    let total = 0;
    this.sources.forEach((source, row) => {
      if (from[source] > 0) {
        let sum = 0;
        for (let site = 0; site < sites; site += 1) {
          sum += this.squares[row * sites + site] * to[site];
        }
        total += from[source] * sum;
      }
    });
    return total;
  }

  // T between all terminals, by rows: left and right contact, then the probes.
  terminals() {
    const { left, right, probe } = this.junction;
    const sites = this.broadening.length;
    const rows = this.sources.flatMap((source, row) => (probe[source] > 0 ? [row] : []));
    const size = rows.length + 2;
    const found = new Float64Array(size * size);
    const put = (a, b, value) => {
      found[a * size + b] = value;
      found[b * size + a] = value;
    };
    put(0, 1, this.coherent());
    rows.forEach((row, p) => {
      const source = this.sources[row];
      const squares = this.squares.subarray(row * sites, (row + 1) * sites);
      const toward = (couplings) => squares.reduce((sum, one, n) => sum + one * couplings[n], 0);
      put(0, p + 2, probe[source] * toward(left));
      put(1, p + 2, probe[source] * toward(right));
      for (let other = 0; other < p; other += 1) {
        const site = this.sources[rows[other]];
        put(p + 2, other + 2, probe[source] * squares[site] * probe[site]);
      }
    });
    return found;
  }

  // Effective T of the last `solve`: probes give back at each energy what they take.
  transmission() {
    return this.junction.probe.some((value) => value > 0)
      ? withoutProbes(this.terminals())
      : this.coherent();
  }
}

// Inverse of a symmetric complex 2x2 matrix d (00, 01, 11), written to q from an index on.
function invertSymmetric(d, q, at) {
  const re = d[0] * d[4] - d[1] * d[5] - (d[2] * d[2] - d[3] * d[3]);
  const im = d[0] * d[5] + d[1] * d[4] - 2 * d[2] * d[3];
  const scale = 1 / (re * re + im * im);
  const put = (k, x, y, sign) => {
    q[at + k] = sign * (x * re + y * im) * scale;
    q[at + k + 1] = sign * (y * re - x * im) * scale;
  };
  put(0, d[4], d[5], 1);
  put(2, d[2], d[3], -1);
  put(4, d[0], d[1], 1);
}

// Take all terminals but the first two out of a network of conductances, which is destroyed.
function withoutProbes(network) {
  const size = Math.round(Math.sqrt(network.length));
  for (let p = size - 1; p > 1; p -= 1) {
    let sum = 0;
    for (let b = 0; b < p; b += 1) {
      sum += network[p * size + b];
    }
    for (let a = 0; sum > 0 && a < p; a += 1) {
      const share = network[a * size + p] / sum;
      for (let b = 0; b < p; b += 1) {
        network[a * size + b] += share * network[p * size + b];
      }
    }
  }
  return network[1];
}
