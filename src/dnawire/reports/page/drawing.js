// The ladder of a junction: bases of both strands, what couples them, contacts and probes.

const CELL = 40;
const EDGE = 46;
const ROWS = [64, 124];
const RADIUS = 13;
const THICKEST = 5;
const PLAIN = 2.5;

// ldos: shares of the sites, the largest 1, shown as halos; null draws none, and tells no hopping.
function drawLadder(svg, duplex, junction, ldos) {
  const width = 2 * EDGE + CELL * (duplex.length - 1);
  const height = ROWS[0] + ROWS[1];
  const largest = Math.max(...junction.pair.map(Math.abs), ...junction.step.map(Math.abs), 1e-9);
  const place = (site) => [EDGE + CELL * (site >> 1), ROWS[site % 2]];
  const bond = (a, b, hopping) => {
    const [[x1, y1], [x2, y2]] = [place(a), place(b)];
    const thickness = ldos ? 0.8 + (THICKEST * Math.abs(hopping)) / largest : PLAIN;
    const drawn = element("line", { x1, y1, x2, y2, class: "bond", "stroke-width": thickness });
    if (ldos) {
      drawn.append(element("title", {}, `hopping ${shortNumber(1000 * hopping)} meV`));
    }
    return hopping === 0 ? [] : [drawn];
  };
  const sites = Array.from(junction.present.keys());
  const parts = [
    ...bondsOf(junction).flatMap(([a, b, hopping]) => bond(a, b, hopping)),
    ...sites.flatMap((site) => (ldos && ldos[site] > 0 ? haloOf(place(site), ldos[site]) : [])),
    ...sites.flatMap((site) => baseOf(duplex, junction, site, place(site))),
    ...endsOf(width),
  ];
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.style.width = `${width}px`;
  svg.setAttribute("aria-label", ladderText(duplex, junction));
  svg.replaceChildren(...parts);
}

// Pairs of sites that couple, with their hoppings in eV.
function bondsOf({ length, pair, step }) {
  const found = [];
  for (let n = 0; n < length; n += 1) {
    found.push([2 * n, 2 * n + 1, pair[n]]);
    for (let k = 0; n + 1 < length && k < 4; k += 1) {
      found.push([2 * n + (k >> 1), 2 * (n + 1) + (k % 2), step[4 * n + k]]);
    }
  }
  return found;
}

function haloOf([cx, cy], share) {
  return element("circle", { cx, cy, r: RADIUS + 11 * Math.sqrt(share), class: "halo" });
}

function baseOf(duplex, junction, site, [cx, cy]) {
  const { letter, label } = siteOf(duplex, site >> 1, site % 2);
  const outward = site % 2 ? 1 : -1;
  const isThere = junction.present[site];
  const kind = isThere ? `base ${letter}` : "gap";
  const circle = element("circle", { cx, cy, r: RADIUS, class: kind });
  circle.append(element("title", {}, isThere ? `${letter} ${label}` : `${label} is missing`));
  const parts = [circle];
  if (isThere) {
    parts.push(element("text", { x: cx, y: cy + 5, class: `letter ${letter}` }, letter));
  }
  if (junction.probe[site] > 0) {
    const y2 = cy + outward * (RADIUS + 6);
    parts.push(element("line", { x1: cx, x2: cx, y1: cy + outward * RADIUS, y2, class: "probe" }));
    parts.push(element("circle", { cx, cy: y2, r: 2.5, class: "probe" }));
  }
  const sides = ["left", "right"].filter((side) => junction[side][site] > 0);
  sides.forEach((side, k) => {
    const shift = k - (sides.length - 1) / 2;
    parts.push(...contactOf(side, junction[side][site], cx, cy, outward, shift));
  });
  return parts;
}

function contactOf(side, gamma, cx, cy, outward, shift) {
  const x = cx + 19 * shift;
  const y = cy + outward * 36;
  const stem = { x1: cx, y1: cy + outward * RADIUS, x2: x, y2: y, class: "stem" };
  const plate = element("rect", { x: x - 9, y: y - 9, width: 18, height: 18, rx: 3, class: side });
  plate.append(element("title", {}, `${side} contact, gamma ${shortNumber(gamma)} eV`));
  const letter = side === "left" ? "L" : "R";
  return [
    element("line", stem),
    plate,
    element("text", { x, y: y + 5, class: "plate" }, letter),
  ];
}

function endsOf(width) {
  const ends = [[14, 0, "5′"], [width - 14, 0, "3′"], [14, 1, "3′"], [width - 14, 1, "5′"]];
  return ends.map(([x, row, text]) => element("text", { x, y: ROWS[row] + 5, class: "end" }, text));
}

// The drawing in words, for those who do not see it.
function ladderText(duplex, junction) {
  const named = (couplings) => Array.from(couplings.keys())
    .filter((site) => couplings[site] > 0)
    .map((site) => {
      const { letter, label } = siteOf(duplex, site >> 1, site % 2);
      return `${letter} ${label} with ${shortNumber(couplings[site])} eV`;
    });
  const gaps = junction.present.filter((there) => !there).length;
  return `Ladder of ${duplex.length} base pairs; upper strand ${spelled(duplex.upper)}, `
    + `lower strand ${spelled(duplex.lower)}, both 5 prime to 3 prime; `
    + `${gaps} bases missing. Left contact on `
    + `${named(junction.left).join(", ")}; right contact on ${named(junction.right).join(", ")}.`;
}

function spelled(strand) {
  return Array.from(strand, (letter) => (letter === MISSING ? "missing" : letter)).join(" ");
}
