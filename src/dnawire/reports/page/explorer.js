// The explorer: what is typed and dragged becomes curves, a ladder and a conductance at once.

const POINTS = 240;
const REST = 60;
const SLIDER_STEPS = 400;

// A number with a slider: linear, or logarithmic with 0 at its left end.
class Control {
  constructor(root, name, range, changed) {
    this.number = root.querySelector(`[name="${name}"]`);
    this.slider = root.querySelector(`[data-slider="${name}"]`);
    this.range = range;
    this.slider.max = SLIDER_STEPS;
    this.slider.addEventListener("input", () => {
      this.number.value = Number(this.fromShare(this.slider.value / SLIDER_STEPS).toPrecision(5));
      this.show();
      changed();
    });
    this.number.addEventListener("input", () => {
      this.show();
      changed();
    });
  }

  set(value) {
    this.number.value = Number(value.toPrecision(12));
    this.show();
  }

  get value() {
    const [low, high] = this.range.allowed;
    return readNumber(this.number.value, this.number.labels[0].textContent.trim(), low, high);
  }

  fromShare(share) {
    const { low, high, isLogarithmic } = this.range;
    if (!isLogarithmic) {
      return low + share * (high - low);
    }
    return share === 0 ? this.range.allowed[0] : low * (high / low) ** share;
  }

  show() {
    const { low, high, isLogarithmic } = this.range;
    const value = Number(this.number.value);
    const share = isLogarithmic
      ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
      : (value - low) / (high - low);
    this.slider.value = Math.round(SLIDER_STEPS * Math.min(1, Math.max(0, share)));
    this.slider.setAttribute("aria-valuetext", `${shortNumber(value)} eV`);
  }
}

class Explorer {
  constructor(root, data) {
    Object.assign(this, { root, data, turn: 0 });
    const at = (name) => root.querySelector(`[name="${name}"]`);
    this.fields = Object.fromEntries(
      ["sequence", "parameters", "left", "right", "probes", "temperature", "low", "high"]
        .map((name) => [name, at(name)]),
    );
    const changed = () => this.refresh();
    const logarithmic = (least, low, high) => ({
      allowed: [least, 1000], low, high, isLogarithmic: true,
    });
    this.fermi = new Control(root, "fermi", { allowed: [-1000, 1000], low: -1, high: 1 }, changed);
    this.gamma = new Control(root, "gamma", logarithmic(1e-6, 1e-4, 1), changed);
    this.coupling = new Control(root, "coupling", logarithmic(0, 1e-5, 0.3), changed);
    this.eta = new Control(root, "eta", logarithmic(0, 1e-6, 0.1), changed);
    const pick = (energy) => {
      this.fermi.set(Number(energy.toPrecision(5)));
      this.refresh();
    };
    this.transmission = new Chart(root.querySelector("[data-chart=t]"), "Transmission T", pick);
    this.dos = new Chart(root.querySelector("[data-chart=dos]"), "DOS (1/eV)", pick);
    this.begin();
    Object.values(this.fields).forEach((field) => field.addEventListener("input", changed));
    this.fields.parameters.addEventListener("change", () => this.chooseSet());
    root.addEventListener("submit", (event) => event.preventDefault());
    root.querySelector("[data-action=save]").addEventListener("click", () => this.save());
    new ResizeObserver(() => this.draw()).observe(this.transmission.svg);
    this.refresh();
  }

  begin() {
    const { sets, start } = this.data;
    this.fields.parameters.replaceChildren(
      ...sets.map((set) => new Option(set.label, set.name, false, set.name === start.parameters)),
    );
    ["sequence", "left", "right", "temperature"].forEach((name) => {
      this.fields[name].value = start[name];
    });
    this.gamma.set(start.gamma);
    this.coupling.set(0.01);
    this.eta.set(0);
    this.chooseSet();
    this.fermi.set(start.fermi_energy);
  }

  get set() {
    return this.data.sets.find((set) => set.name === this.fields.parameters.value);
  }

  chooseSet() {
    const { set } = this;
    [this.fields.low.value, this.fields.high.value] = set.window;
    [this.fermi.range.low, this.fermi.range.high] = set.window;
    this.fermi.set(set.fermiEnergy);
    const papers = set.doi.map((doi) => `doi:${doi}`).join(", ");
    const about = `${set.title}. For ${set.carrier}s. ${papers}. `
      + `Verification: ${set.verification}.`;
    this.root.querySelector("[data-about]").textContent = about;
    this.refresh();
  }

  // What is asked for; throws InputError.
  question() {
    const { set, fields } = this;
    const probes = fields.probes.value;
    const duplex = parseDuplex(fields.sequence.value, set);
    const longest = this.data.longest[probes];
    if (duplex.length > longest) {
      throw new InputError(`This page computes up to ${longest} base pairs`
        + `${probes === "none" ? "" : " with probes"}; the commands take any number.`);
    }
    const gamma = this.gamma.value;
    const ladder = buildLadder(duplex, set, this.data.edges);
    const strength = probes === "none" ? 0 : this.coupling.value;
    const low = readNumber(fields.low.value, "Lowest energy", -1000, 1000);
    const high = readNumber(fields.high.value, "Highest energy", -1000, 1000);
    if (!(low < high)) {
      throw new InputError("The lowest energy must lie below the highest one.");
    }
    return {
      duplex,
      probes: strength > 0 ? probes : "none",
      low,
      high,
      fermi: this.fermi.value,
      temperature: readNumber(fields.temperature.value, "Temperature", 0, 10000),
      junction: {
        ...ladder,
        left: parseContact(fields.left.value, gamma, duplex, "Left"),
        right: parseContact(fields.right.value, gamma, duplex, "Right"),
        probe: Float64Array.from(ladder.present, (there) => (there ? strength : 0)),
        eta: probes === "none" ? this.eta.value : 0,
      },
    };
  }

  refresh() {
    this.turn += 1;
    const hasProbes = this.fields.probes.value !== "none";
    [this.coupling, this.eta].forEach((control, isEta) => {
      const isOff = hasProbes === Boolean(isEta);
      control.number.disabled = isOff;
      control.slider.disabled = isOff;
    });
    try {
      const asked = this.question();
      this.compute(asked);
      this.tell("");
      this.wait(true);
      this.draw();
      this.integrate(asked, this.turn);
    } catch (error) {
      this.fail(error);
    }
  }

  compute(asked) {
    const greens = new Greens(asked.junction);
    const energies = curveEnergies(polesOf(greens), asked.low, asked.high, POINTS);
    const transmission = new Float64Array(energies.length);
    const dos = new Float64Array(energies.length);
    energies.forEach((energy, n) => {
      greens.solve(energy);
      transmission[n] = greens.transmission();
      dos[n] = greens.dos();
    });
    greens.solve(asked.fermi);
    const ldos = greens.ldos();
    const largest = Math.max(...ldos);
    this.shown = {
      ...asked,
      command: this.command(asked),
      energies,
      transmission,
      dos,
      atFermi: { transmission: greens.transmission(), dos: greens.dos() },
      ldos: ldos.map((value) => (largest > 0 ? value / largest : 0)),
    };
  }

  draw() {
    if (!this.shown) {
      return;
    }
    const { duplex, junction, energies, fermi } = this.shown;
    this.transmission.draw(energies, this.shown.transmission, fermi);
    this.dos.draw(energies, this.shown.dos, fermi);
    drawLadder(this.root.querySelector("[data-ladder]"), duplex, junction, this.shown.ldos);
    this.root.querySelector("[data-command]").textContent = this.shown.command;
  }

  // Integrate after a moment of rest: an older question stops where it is.
  async integrate(asked, turn) {
    const rest = () => new Promise((done) => { setTimeout(done, 0); });
    const pause = async () => {
      await rest();
      if (turn !== this.turn) {
        throw new Stopped();
      }
    };
    try {
      await new Promise((done) => { setTimeout(done, REST); });
      await pause();
      const { junction, probes, fermi, temperature } = asked;
      const { rule } = this.data;
      const quanta = await conductanceOf(junction, probes, fermi, temperature, rule, pause);
      await pause();
      this.shown.conductance = quanta;
      this.report(quanta);
    } catch (error) {
      if (!(error instanceof Stopped)) {
        this.fail(error);
      }
    }
  }

  wait(isBusy) {
    this.root.querySelector("output").setAttribute("aria-busy", isBusy);
  }

  report(quanta) {
    this.wait(false);
    const { temperature, fermi, atFermi } = this.shown;
    const siemens = quanta * this.data.conductanceQuantum;
    const put = (name, text) => {
      this.root.querySelector(`[data-result=${name}]`).textContent = text;
    };
    put("g", `${shortNumber(quanta)} G₀`);
    put("siemens", `${shortNumber(siemens)} S at ${shortNumber(temperature)} K`);
    put("t", shortNumber(atFermi.transmission));
    put("dos", `${shortNumber(atFermi.dos)} /eV`);
    put("fermi", `${shortNumber(fermi)} eV`);
  }

  tell(problem) {
    this.root.querySelector("[role=alert]").textContent = problem;
    this.root.classList.toggle("stale", Boolean(problem));
  }

  fail(error) {
    if (!(error instanceof InputError)) {
      throw error;
    }
    this.turn += 1;
    this.tell(error.message);
  }

  // The same question on the command line.
  command({ probes, fermi, temperature }) {
    const { fields } = this;
    const isPlain = (text) => /^[\w:,.=/+-]+$/.test(text);
    const quoted = (text) => (isPlain(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
    const gamma = this.gamma.value;
    const common = `${quoted(`exact:${this.set.source}`)} ${quoted(fields.sequence.value.trim())} `
      + `--left_contact ${quoted(fields.left.value.trim())} `
      + `--right_contact ${quoted(fields.right.value.trim())} `
      + `--gamma_left ${gamma} --gamma_right ${gamma} --fermi_energy ${fermi} `
      + `--temperature ${temperature}`;
    return probes === "none"
      ? `dnawire predict ${common} --eta ${this.eta.value}`
      : `dnawire dephasing ${common} --probes ${probes} --probe_coupling ${this.coupling.value}`;
  }

  save() {
    if (!this.shown) {
      return;
    }
    const { energies, transmission, dos } = this.shown;
    const rows = Array.from(energies, (energy, n) => `${energy},${transmission[n]},${dos[n]}\n`);
    const text = `energy_eV,transmission,dos_per_eV\n${rows.join("")}`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = "spectra.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  }
}

// A junction of a test record, which stands still: what stacks and what pairs, without numbers.
function drawJunction(svg) {
  const { sequence, left, right } = JSON.parse(svg.dataset.junction);
  const duplex = parseDuplex(sequence, { letters: sequence.replace("/", "") });
  const sites = 2 * duplex.length;
  const isThere = (n) => siteOf(duplex, n >> 1, n % 2).letter !== MISSING;
  const present = Uint8Array.from({ length: sites }, (_, n) => isThere(n));
  drawLadder(svg, duplex, {
    length: duplex.length,
    present,
    pair: Float64Array.from(
      { length: duplex.length },
      (_, n) => present[2 * n] * present[2 * n + 1],
    ),
    step: Float64Array.from({ length: 2 * sites }, (_, k) => {
      const site = 2 * (k >> 2) + (k % 4) / 3;
      return k % 4 === 0 || k % 4 === 3 ? present[site] * (present[site + 2] ?? 0) : 0;
    }),
    left: parseContact(left, 0, duplex, "Left"),
    right: parseContact(right, 0, duplex, "Right"),
    probe: new Float64Array(sites),
  }, null);
}

const pageData = JSON.parse(document.getElementById("data").textContent);
document.querySelectorAll("svg[data-junction]").forEach(drawJunction);
window.explorer = new Explorer(document.querySelector("form"), pageData);
