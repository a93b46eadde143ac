// Junctions as numbers: the letters of a duplex, its contacts, and its Hamiltonian by base pairs.
// Sites are counted pair by pair along the helix, upper base before lower base, blanks included.

class InputError extends Error {}

const MISSING = "_";
const NAMED_ENDS = /^5['’′´`]\s*[-‐-―]?\s*(.*?)\s*[-‐-―]?\s*3['’′´`]$/;
const NUMBER = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/;
const ATTACHMENT = /^\s*(upper|primary|lower|complementary)\s*:\s*([-+]?[0-9]{1,9})\s*(?:=(.*))?$/i;

function readNumber(text, name, low, high) {
  const value = NUMBER.test(text.trim()) ? Number(text) : NaN;
  if (!(value >= low && value <= high)) {
    throw new InputError(`${name}: write a number from ${low} to ${high}.`);
  }
  return value;
}

function checkLetters(strand, name, set) {
  for (const [position, letter] of Array.from(strand).entries()) {
    if (!set.letters.includes(letter)) {
      const bases = set.letters.replace(MISSING, "").split("").join(", ");
      throw new InputError(
        `${name}:${position} is ${letter}: write ${bases}, and _ for a missing base.`,
      );
    }
  }
}

// Upper strand, or UPPER/LOWER, both 5' to 3'.
function parseDuplex(text, set) {
  const strands = text.split("/").map((part) => {
    const strand = part.trim();
    const named = NAMED_ENDS.exec(strand);
    return (named ? named[1] : strand).toUpperCase();
  });
  if (strands.length > 2) {
    throw new InputError("Write one strand, or two with a single / between them.");
  }
  const upper = strands[0];
  checkLetters(upper, "upper", set);
  const partners = () => Array.from(upper, (letter) => set.partners[letter]).reverse().join("");
  const lower = strands.length > 1 ? strands[1] : partners();
  checkLetters(lower, "lower", set);
  if (upper.length !== lower.length) {
    throw new InputError(
      `The upper strand has ${upper.length} letters, the lower one ${lower.length}: `
      + "write _ for every missing base.",
    );
  }
  if (!(upper + lower).replaceAll(MISSING, "")) {
    throw new InputError("Write at least one base.");
  }
  return { upper, lower, length: upper.length };
}

// The base at a site, and its name as contacts have it.
function siteOf(duplex, pair, strand) {
  const position = strand ? duplex.length - 1 - pair : pair;
  const letter = (strand ? duplex.lower : duplex.upper)[position];
  return { letter, label: `${strand ? "lower" : "upper"}:${position}` };
}

// Couplings in eV of a contact written STRAND:POSITION[=GAMMA], several separated by commas.
function parseContact(text, gamma, duplex, side) {
  const found = new Float64Array(2 * duplex.length);
  const named = new Set();
  for (const item of text.split(",")) {
    const [, word, position, own] = ATTACHMENT.exec(item) ?? [];
    if (word === undefined) {
      throw new InputError(`${side} contact: write for example upper:0 or lower:-1=0.2.`);
    }
    const strand = /^(lower|complementary)$/i.test(word) ? 1 : 0;
    const place = `${strand ? "lower" : "upper"}:${position}`;
    const number = Number(position);
    if (number < -duplex.length || number >= duplex.length) {
      throw new InputError(`${side} contact: ${place} lies outside of the duplex.`);
    }
    const along = number < 0 ? number + duplex.length : number;
    const pair = strand ? duplex.length - 1 - along : along;
    if (siteOf(duplex, pair, strand).letter === MISSING) {
      throw new InputError(`${side} contact: the base ${place} is missing.`);
    }
    const site = 2 * pair + strand;
    if (named.has(site)) {
      throw new InputError(`${side} contact: ${place} is named twice.`);
    }
    named.add(site);
    found[site] = own === undefined ? gamma : readNumber(own, `${side} contact`, 0, 1000);
  }
  if (!found.some((value) => value > 0)) {
    throw new InputError(`${side} contact: a coupling must be above 0 eV.`);
  }
  return found;
}

// Blocks of the Hamiltonian in eV: on-site energies, the hopping inside of each pair, and H[n, n+1]
// by rows. A missing base has no site: nothing couples to it.
function buildLadder(duplex, set, edges) {
  const { length } = duplex;
  const codes = new Int32Array(2 * length);
  const present = new Uint8Array(2 * length);
  const onsite = new Float64Array(2 * length);
  for (let site = 0; site < 2 * length; site += 1) {
    const { letter } = siteOf(duplex, site >> 1, site % 2);
    codes[site] = set.letters.indexOf(letter);
    present[site] = letter === MISSING ? 0 : 1;
    onsite[site] = present[site] ? set.onsite[codes[site]] : 0;
  }
  const pair = new Float64Array(length);
  const step = new Float64Array(4 * length);
  for (const edge of edges) {
    for (let n = 0; n < length - edge.isStep; n += 1) {
      const start = 2 * (n + edge.start[0]) + edge.start[1];
      const end = 2 * (n + edge.end[0]) + edge.end[1];
      if (present[start] && present[end]) {
        const hopping = set[edge.kind][codes[start]][codes[end]];
        if (edge.isStep) {
          step[4 * n + 2 * edge.row + edge.column] = hopping;
        } else {
          pair[n] = hopping;
        }
      }
    }
  }
  return { length, present, onsite, pair, step };
}
