// The documents of the registry, unpacked when they are looked at. They have the shapes of `--json`: a version is a
// `modelkeep.version/1` once its row of the list, the rest of its page and its tenures are put together.

let index = null;
const byFolded = new Map();
const unpacked = new Map();
const MOST_UNPACKED = 24;

async function part(name) {
  let found = unpacked.get(name);
  if (found === undefined) found = unpack(name);
  unpacked.delete(name); // the least recently used one is forgotten first
  unpacked.set(name, found);
  if (unpacked.size > MOST_UNPACKED) unpacked.delete(unpacked.keys().next().value);
  return found;
}

async function unpack(name) {
  const text = document.getElementById(name)?.textContent;
  if (text === undefined) throw new Error(`the page has no part ${name}: it was cut off`);
  const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(withTheirDigits(await new Response(stream).text()));
}

// A number that JavaScript would spell otherwise (2.0, 1e-05, -0) becomes a text with its digits: no number is shown changed.
function withTheirDigits(json) {
  return json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (each) => (each[0] === '"' || String(Number(each)) === each ? each : `"${each}"`));
}

async function readIndex() {
  index = await part("index");
  index.better = new Map(Object.entries(index.better));
  for (const model of index.models) byFolded.set(model.name.toLowerCase(), model);
  for (const model of index.models) {
    for (const name of model.former_names) if (!byFolded.has(name.toLowerCase())) byFolded.set(name.toLowerCase(), model);
  }
}

// Parts of a kind from first to last, as one list of its rows.
async function rowsOf(kind, first, last) {
  const found = [];
  for (let place = first; place <= last; place += 1) {
    if (document.getElementById(`${kind}-${place}`)) found.push(...(await part(`${kind}-${place}`))[kind]);
  }
  return found;
}

// A field that a user named: what every object has by itself (`constructor`) is none.
function own(object, key) {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function modelNamed(name) {
  return byFolded.get(name.toLowerCase());
}

async function modelPage(model) {
  return (await part(`models-${model.page}`)).models.find((each) => each.name === model.name);
}

async function tenuresOf(model) {
  return (await rowsOf("tenures", ...model.tenures)).filter((each) => each.name === model.name);
}

// The rows of a model's versions, the newest first.
async function versionsOf(model) {
  return (await rowsOf("versions", ...model.parts)).filter((each) => each.name === model.name);
}

async function version(ref) {
  const at = ref.lastIndexOf("@");
  const model = modelNamed(ref.slice(0, at));
  const wanted = Number(ref.slice(at + 1));
  if (!model) return null;
  for (let place = model.parts[0]; place <= model.parts[1]; place += 1) {
    if (!document.getElementById(`versions-${place}`)) continue;
    const { versions } = await part(`versions-${place}`);
    const at = versions.findIndex((each) => each.name === model.name && each.version === wanted);
    if (at < 0) continue;
    const { pages } = await part(`pages-${place}`);
    const tenures = (await tenuresOf(model)).filter((each) => each.version === wanted);
    return { ...versions[at], ...pages[at], tenures };
  }
  return null;
}

// The number that a selector means: a number, a label, `latest`, a stage or an alias.
async function numberOf(model, selector) {
  const text = selector.toLowerCase();
  if (/^v?[1-9]\d*$/.test(text)) return Number(text.replace("v", ""));
  if (text === "latest") return model.latest;
  const held = model.holders.find((each) => each.stage.toLowerCase() === text);
  if (held) return held.version;
  const page = await modelPage(model);
  const alias = Object.entries(page.aliases).find(([name]) => name.toLowerCase() === text);
  if (alias) return alias[1];
  const bare = (label) => label.toLowerCase().replace(/^v/, "");
  return (await versionsOf(model)).find((each) => each.label !== null && bare(each.label) === bare(text))?.version ?? null;
}

// `auc`, or `auc on holdout@3`: values on different data are not compared.
function metricKey(measured) {
  return measured.data === null ? measured.name : `${measured.name} on ${measured.data}`;
}

// The newest value of each metric on each data.
function metricsOf(row) {
  const found = new Map();
  for (const each of row.evaluations) {
    const key = metricKey(each);
    if (!found.has(key)) found.set(key, each);
  }
  return found;
}

function kindOf(node) {
  const kind = /^(data|code|run|environment|deployment):/.exec(node);
  if (kind) return kind[1];
  const at = node.lastIndexOf("@");
  return at > 0 && modelNamed(node.slice(0, at)) ? "version" : "uri";
}
