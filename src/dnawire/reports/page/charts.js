// Curves over energies, with a logarithmic axis of values, as SVG that follows its width.

const SVG = "http://www.w3.org/2000/svg";
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const MOST_DECADES = 40;
const MARGIN = { left: 58, right: 20, top: 10, bottom: 38 };
const HEIGHT = 220;

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

function powerOfTen(decade) {
  const digits = Array.from(String(Math.abs(decade)), (digit) => SUPERSCRIPTS[Number(digit)]);
  return `10${decade < 0 ? "⁻" : ""}${digits.join("")}`;
}

// A number with three digits, with a true minus sign.
function shortNumber(value) {
  if (!Number.isFinite(value)) {
    return "–";
  }
  const size = Math.abs(value);
  const isPlain = value === 0 || (size >= 1e-3 && size < 1e5);
  if (isPlain) {
    return String(Number(value.toPrecision(4))).replace("-", "−");
  }
  const [digits, power] = value.toExponential(2).split("e");
  return `${digits.replace("-", "−")}\u00d7${powerOfTen(Number(power))}`;
}

// Multiples of 1, 2 or 5 times a power of ten between two numbers, about so many.
function roundTicks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const size = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const ticks = [];
  for (let n = Math.ceil(low / size); n * size <= high + 1e-9 * size; n += 1) {
    ticks.push(Number((n * size).toPrecision(12)));
  }
  return ticks;
}

class Chart {
  // svg: where to draw; label: name of the vertical axis; pick: called with an energy in eV that is
  // pointed at.
  constructor(svg, label, pick) {
    Object.assign(this, { svg, label });
    const pointed = (event) => {
      const box = svg.getBoundingClientRect();
      const share = (event.clientX - box.left - MARGIN.left) / this.innerWidth();
      pick(this.low + Math.min(1, Math.max(0, share)) * (this.high - this.low));
    };
    svg.addEventListener("pointerdown", (event) => {
      svg.setPointerCapture(event.pointerId);
      pointed(event);
    });
    svg.addEventListener("pointermove", (event) => {
      if (event.buttons) {
        pointed(event);
      }
    });
  }

  innerWidth() {
    return this.svg.clientWidth - MARGIN.left - MARGIN.right;
  }

  // energies and values: the curve; fermi: marked.
  draw(energies, values, fermi) {
    this.low = energies[0];
    this.high = energies[energies.length - 1];
    const width = this.innerWidth();
    const inner = HEIGHT - MARGIN.top - MARGIN.bottom;
    const decades = Array.from(values, (value) => Math.log10(value));
    const [bottom, top] = decadesShown(decades);
    const x = (energy) => MARGIN.left + (width * (energy - this.low)) / (this.high - this.low);
    const y = (decade) => MARGIN.top + (inner * (top - decade)) / (top - bottom);
    this.svg.setAttribute("viewBox", `0 0 ${this.svg.clientWidth} ${HEIGHT}`);
    const parts = [
      ...this.decadeAxis(bottom, top, y),
      ...this.energyAxis(x),
      element("path", { class: "curve", d: pathOf(energies, decades, bottom, x, y) }),
    ];
    if (fermi >= this.low && fermi <= this.high) {
      const at = x(fermi);
      const line = { x1: at, x2: at, y1: MARGIN.top, y2: MARGIN.top + inner, class: "fermi" };
      parts.push(element("line", line));
    }
    this.svg.setAttribute("aria-label", this.summary(energies, values));
    this.svg.replaceChildren(...parts);
  }

  decadeAxis(bottom, top, y) {
    const every = Math.max(1, Math.ceil((top - bottom) / 7));
    const parts = [];
    for (let decade = Math.ceil(bottom / every) * every; decade <= top; decade += every) {
      const at = y(decade);
      const end = MARGIN.left + this.innerWidth();
      parts.push(
        element("line", { x1: MARGIN.left, x2: end, y1: at, y2: at, class: "grid" }),
        element("text", { x: MARGIN.left - 6, y: at + 4, class: "decade" }, powerOfTen(decade)),
      );
    }
    const middle = MARGIN.top + 0.5 * (HEIGHT - MARGIN.top - MARGIN.bottom);
    const place = { x: 13, y: middle, transform: `rotate(-90 13 ${middle})`, class: "title" };
    return [...parts, element("text", place, this.label)];
  }

  energyAxis(x) {
    const base = HEIGHT - MARGIN.bottom;
    const count = Math.max(2, Math.floor(this.innerWidth() / 75));
    const parts = roundTicks(this.low, this.high, count).flatMap((energy) => [
      element("line", { x1: x(energy), x2: x(energy), y1: base, y2: base + 4, class: "tick" }),
      element("text", { x: x(energy), y: base + 17, class: "title" }, shortNumber(energy)),
    ]);
    const middle = MARGIN.left + 0.5 * this.innerWidth();
    return [...parts, element("text", { x: middle, y: HEIGHT - 5, class: "title" }, "Energy (eV)")];
  }

  // What the curve shows, in words.
  summary(energies, values) {
    let best = 0;
    let peaks = 0;
    values.forEach((value, n) => {
      best = value > values[best] ? n : best;
      peaks += n > 0 && n + 1 < values.length && value > values[n - 1] && value >= values[n + 1];
    });
    return `${this.label} from ${shortNumber(this.low)} to ${shortNumber(this.high)} eV, with `
      + `${peaks} maxima; the largest value is ${shortNumber(values[best])} at `
      + `${shortNumber(energies[best])} eV.`;
  }
}

// Whole decades that hold a curve, but for what is too small to matter.
function decadesShown(decades) {
  const finite = decades.filter(Number.isFinite);
  if (!finite.length) {
    return [-1, 0];
  }
  const top = Math.ceil(finite.reduce((a, b) => Math.max(a, b)));
  const bottom = Math.floor(finite.reduce((a, b) => Math.min(a, b)));
  return [Math.max(Math.min(bottom, top - 1), top - MOST_DECADES), top];
}

// Path of a curve; where it vanishes there is no line.
function pathOf(energies, decades, bottom, x, y) {
  let pen = "M";
  let path = "";
  energies.forEach((energy, n) => {
    if (decades[n] >= bottom) {
      path += `${pen}${x(energy).toFixed(2)} ${y(decades[n]).toFixed(2)}`;
      pen = "L";
    } else {
      pen = "M";
    }
  });
  return path;
}
