// Conductance in units of 2e^2/h at a temperature: integrals over energies that miss no resonance,
// on the panels of dnawire.transport.quadrature, whose numbers are in `rule`.

const BREATH = 30;
const DENSITY = 0.6;
const NARROWEST_DRAWN = 1e-8;

class Stopped extends Error {}

// Conductance of a junction; `probes` is "none", "dephasing" or "voltage".
// `pause` is awaited now and then, and throws Stopped when nobody waits for the result any more.
async function conductanceOf(junction, probes, fermi, temperature, rule, pause) {
  const greens = new Greens(junction);
  if (temperature === 0) {
    greens.solve(fermi);
    return greens.transmission();
  }
  const thermal = rule.boltzmann * temperature;
  const edges = panelEdges(polesOf(greens), fermi, thermal, rule);
  const integral = new ThermalIntegral(greens, fermi, thermal, rule, pause);
  if (probes === "voltage") {
    return withoutProbes(await integral.ofTerminals(edges));
  }
  return probes === "dephasing" ? integral.ofEffective(edges) : integral.ofCoherent(edges);
}

class ThermalIntegral {
  constructor(greens, fermi, thermal, rule, pause) {
    Object.assign(this, { greens, fermi, thermal, rule, pause });
    this.last = Date.now();
  }

  async ofCoherent(edges) {
    let total = 0;
    for (let n = 0; n + 1 < edges.length; n += 1) {
      await this.breathe();
      for (const { energy, weight } of this.nodes(edges[n], edges[n + 1])) {
        this.greens.solve(energy);
        total += weight * this.greens.coherent();
      }
    }
    return total;
  }

  // Conductances between all terminals.
  async ofTerminals(edges) {
    let total = null;
    for (let n = 0; n + 1 < edges.length; n += 1) {
      await this.breathe();
      for (const { energy, weight } of this.nodes(edges[n], edges[n + 1])) {
        this.greens.solve(energy);
        const found = this.greens.terminals();
        total ??= new Float64Array(found.length);
        found.forEach((value, k) => {
          total[k] += weight * value;
        });
      }
    }
    return total;
  }

  // The effective T has singularities of its own: panels are halved until it is smooth on each.
  async ofEffective(edges) {
    const left = [];
    for (let n = edges.length - 1; n > 0; n -= 1) {
      left.push([edges[n - 1], edges[n]]);
    }
    let total = 0;
    let budget = this.rule.mostPanels * left.length;
    while (left.length) {
      await this.breathe();
      const [low, high] = left.pop();
      const nodes = this.nodes(low, high);
      const values = nodes.map(({ energy }) => {
        this.greens.solve(energy);
        return this.greens.transmission();
      });
      if (high - low > 2 * this.rule.narrowest && this.isRough(values)) {
        const middle = 0.5 * (low + high);
        left.push([middle, high], [low, middle]);
        budget -= 1;
        if (budget < 0) {
          throw new InputError("Paths cancel: the effective T is rounding. "
            + "Couple the probes more strongly.");
        }
      } else {
        total += nodes.reduce((sum, { weight }, k) => sum + weight * values[k], 0);
      }
    }
    return total;
  }

  async breathe() {
    if (Date.now() - this.last > BREATH) {
      await this.pause();
      this.last = Date.now();
    }
  }

  // Energies of a panel, with their weights times -df/dE.
  nodes(low, high) {
    const half = 0.5 * (high - low);
    const center = 0.5 * (high + low);
    return this.rule.nodes.map((node, k) => {
      const energy = center + half * node;
      const x = (energy - this.fermi) / this.thermal;
      const decay = Math.exp(-Math.abs(x));
      const inside = Math.abs(x) <= this.rule.reach;
      const share = inside ? decay / ((1 + decay) * (1 + decay)) : 0;
      return { energy, weight: half * this.rule.weights[k] * share / this.thermal };
    });
  }

  isRough(values) {
    const largest = Math.max(...values.map(Math.abs));
    return this.rule.lastCoefficients.some((coefficients) => {
      const last = coefficients.reduce((sum, one, k) => sum + one * values[k], 0);
      return Math.abs(last) > this.rule.rough * largest;
    });
  }
}

// Edges of panels that are narrow near poles ([real part, half width] each) and the Fermi energy.
function panelEdges(poles, fermi, thermal, rule) {
  const end = fermi + rule.reach * thermal;
  let edge = fermi - rule.reach * thermal;
  const finest = rule.finest * Math.max(Math.abs(edge), Math.abs(end));
  const edges = [edge];
  while (edge < end) {
    const distance = edge - fermi;
    const isNear = Math.abs(distance) < rule.tail * thermal;
    let step = (isNear ? rule.smooth : rule.smoothTail) * thermal;
    step = Math.min(step, halfWidth(distance, rule.close * Math.PI * thermal, rule.ratio));
    for (const [real, width] of poles) {
      step = Math.min(step, halfWidth(edge - real, Math.max(width, rule.narrowest), rule.ratio));
    }
    edge = Math.min(edge + 2 * Math.max(step, finest), end);
    edges.push(edge);
  }
  return edges;
}

// Largest half width of a panel that begins at a distance beyond a pole.
function halfWidth(distance, width, ratio) {
  const excess = ratio * ratio - 1;
  const square = distance * distance;
  return (distance + Math.sqrt(square + excess * (square + width * width))) / excess;
}

// Energies between two, evenly spaced where nothing is near, and dense about every pole.
function curveEnergies(poles, low, high, count) {
  const inside = ([real]) => real >= low && real <= high;
  const found = [high, ...poles.filter(inside).map(([real]) => real)];
  const widest = (high - low) / count;
  for (let energy = low; energy < high;) {
    found.push(energy);
    let nearest = Infinity;
    for (const [real, width] of poles) {
      nearest = Math.min(nearest, Math.hypot(energy - real, Math.max(width, NARROWEST_DRAWN)));
    }
    energy += Math.min(widest, DENSITY * nearest);
  }
  return new Float64Array(new Set(found)).sort();
}
