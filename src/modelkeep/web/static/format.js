// Numbers, sizes, times and names as people read them. Times are UTC; ages are as of the moment of this page.

// A value of a metric as it was recorded, never rounded: beside a threshold it stays on its side.
function number(value) {
  return value === null || value === undefined ? "" : plainValue(value);
}

function asNumber(value) {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return null;
  const found = Number(value); // "Infinity" and "-Infinity" too
  return Number.isNaN(found) ? null : found;
}

function plainValue(value) {
  if (typeof value === "string") return value;
  // In a list a number that has its digits as a text (data.js) is one again.
  return JSON.stringify(value).replace(/"(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"/g, (all, digits) => (String(Number(digits)) === digits ? all : digits));
}

// The digits of a number and their power of ten: `1e-05` is 1 and -5. Null where it is none, or one of very many digits.
function digitsOf(value) {
  const found = /^([+-]?)(\d+)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(plainValue(value));
  if (!found || found[0].length > 400 || Math.abs(Number(found[4] ?? 0)) > 400) return null;
  return { digits: BigInt(`${found[2]}${found[3]}`) * (found[1] === "-" ? -1n : 1n), power: Number(found[4] ?? 0) - found[3].length };
}

// How much more the second number is, to its last digit as `diff` has it (a double would be 0.30000000000000004), or null.
function difference(first, second) {
  const [a, b] = [digitsOf(first), digitsOf(second)];
  if (!a || !b) return null;
  let power = Math.min(a.power, b.power);
  const scaled = (each) => each.digits * 10n ** BigInt(each.power - power);
  let apart = scaled(b) - scaled(a);
  if (!apart) return "0";
  for (; apart % 10n === 0n; apart /= 10n) power += 1;
  const sign = apart < 0n ? "−" : "+";
  const digits = String(apart < 0n ? -apart : apart);
  const point = digits.length + power;
  if (point < -19 || point > 21) return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}e${point > 0 ? "+" : ""}${point - 1}`;
  if (power >= 0) return `${sign}${digits}${"0".repeat(power)}`;
  return point > 0 ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}` : `${sign}0.${"0".repeat(-point)}${digits}`;
}

function size(bytes) {
  if (bytes === null || bytes === undefined) return "";
  let value = bytes;
  for (const unit of ["B", "KB", "MB", "GB", "TB"]) {
    if (value < 1000 || unit === "TB") return `${unit === "B" ? value : value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
    value /= 1000;
  }
  return "";
}

function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

function duration(milliseconds) {
  const past = Math.max(0, milliseconds);
  if (past < MINUTE) return "under 1 min";
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h`;
  if (past < 730 * DAY) return `${Math.floor(past / DAY)} d`;
  return `${Math.floor(past / (365 * DAY))} y`;
}

function lasted(since, until) {
  return duration(Date.parse(until ?? index.moment) - Date.parse(since));
}

function day(time) {
  return time.slice(0, 10);
}

function minute(time) {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}`;
}

// A time to the minute; the exact one is its title.
function when(time) {
  return time ? h("time", { datetime: time, title: time }, minute(time)) : null;
}

function age(time) {
  return time ? h("time", { datetime: time, title: `${time}: so long before the moment of this page` }, lasted(time)) : null;
}

function short(digest) {
  return digest.replace("sha256:", "").slice(0, 12);
}

function digest(value) {
  return value ? h("code", { title: value, class: "digest" }, value) : null;
}

function words(text) {
  return text.replaceAll("_", " ");
}

// Links inside of the page -----------------------------------------------------------------------

function modelHash(name) {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `#/${path}${/(^|\/)\d+$/.test(name) ? "/" : ""}`;
}

function refHash(ref) {
  const at = ref.lastIndexOf("@");
  return `#/${ref.slice(0, at).split("/").map(encodeURIComponent).join("/")}/${ref.slice(at + 1)}`;
}

function viewHash(view, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = given.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join("&");
  return `#${view}${text ? `?${text}` : ""}`;
}

function modelLink(name) {
  return h("a", { href: modelHash(name), class: "ref" }, h("bdi", {}, name));
}

function refLink(ref, text = ref) {
  return ref ? h("a", { href: refHash(ref), class: "ref" }, h("bdi", {}, text)) : null;
}

function entryLink(seq) {
  return h("a", { href: viewHash("audit", { seq }) }, `#${seq}`);
}

// A node of the lineage: versions and datasets have pages.
function nodeLink(node) {
  if (kindOf(node) === "version") return refLink(node);
  if (kindOf(node) === "data") return h("a", { href: viewHash("data", { node }), class: "ref" }, h("bdi", {}, node.slice(5)));
  return user(node);
}

const STATES = { active: "good", bad: "bad", archived: "quiet", deleted: "quiet", superseded: "quiet", development: "" };

function stateBadge(version) {
  return badge(version.state, STATES[version.state] ?? "");
}

function stageBadges(version) {
  return [
    ...version.stages.map((stage) => badge(stage, stageClass(stage))),
    ...version.shares.map((each) => badge(`${each.stage} ${Number(each.share)} %`, stageClass(each.stage))),
    ...version.break_glass.map((stage) => badge(`glass broken for ${stage}`, "bad")),
  ];
}

function stageClass(stage) {
  return stage === index.stages.at(-1) ? "top" : "stage";
}

// How a tenure began and ended, as `history` says it.
function beginning(tenure) {
  const { what, other, reason } = tenure.began;
  const from = what === "rolled_back" ? (other ? ` from ${other}` : "") : other ? ` after ${other}` : "";
  return [words(what), from, reason ? [": ", user(reason)] : null];
}

function ending(tenure) {
  if (!tenure.ended) return null;
  const { what, other, reason, actor } = tenure.ended;
  const back = what === "rolled_back";
  return [words(what), other ? [back ? " to " : " by ", refLink(other)] : null, back || !other ? [" by ", user(actor)] : null, reason ? [": ", user(reason)] : null];
}
