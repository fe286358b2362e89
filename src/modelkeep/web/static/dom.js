// Elements are made here and nowhere else. Texts become text nodes: no text of a registry is ever read as markup.

// Characters that are not seen, or turn the direction of writing, are shown as escapes, as a terminal shows them.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;

function shown(value) {
  return String(value).replace(UNSEEN, (each) => {
    const point = each.codePointAt(0).toString(16);
    return point.length > 2 ? `\\u${point.padStart(4, "0")}` : `\\x${point.padStart(2, "0")}`;
  });
}

const SVG = "http://www.w3.org/2000/svg";

// h("td", {class: "number"}, "0.91", h("a", …)): attributes are texts, functions listen: {click: (event) => …}.
function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else if (/^on/i.test(name) || name === "style" || (name === "href" && !isSafe(value))) throw new Error(name);
    else element.setAttribute(name, value === true ? "" : shown(value));
  }
  add(element, ...children);
  return element;
}

function isSafe(address) {
  return /^(#|https?:\/\/)/.test(address);
}

function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : shown(child));
  }
}

// A link to another page only where it is one of the web: what `javascript:` and `data:` begin stays text.
function address(text) {
  let found = null;
  try { found = new URL(text); } catch { return user(text); }
  if (found.protocol !== "https:" && found.protocol !== "http:") return user(text);
  return h("a", { href: found.href, rel: "noopener noreferrer", target: "_blank", class: "out" }, text);
}

// A text that somebody wrote: its direction of writing is its own.
function user(text, tag = "bdi") {
  return text === null || text === undefined || text === "" ? null : h(tag, { dir: "auto" }, text);
}

function link(hash, ...children) {
  return h("a", { href: hash }, ...children);
}

function tell(text) {
  const place = document.getElementById("told");
  place.textContent = "";
  setTimeout(() => { place.textContent = shown(text); }, 50);
}

let lastId = 0;
function newId() {
  lastId += 1;
  return `id${lastId}`;
}

// A section with a heading; nothing where it has no content.
function section(title, ...children) {
  const content = children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false);
  if (!content.length) return null;
  return h("section", {}, h("h2", {}, title), ...content);
}

// Facts in two columns: those without a value are left out.
function facts(pairs) {
  const rows = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false
    && !(Array.isArray(value) && !value.length));
  if (!rows.length) return null;
  return h("dl", { class: "facts" }, rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function badge(text, kind = "") {
  return h("span", { class: `badge ${kind} ${text.length > 28 ? "long" : ""}` }, text);
}

// Fields and buttons above what they change; nothing where there are none.
function tools(...children) {
  const content = children.flat().filter(Boolean);
  return content.length ? h("div", { class: "tools" }, content) : null;
}

// Put content in the place of what is there.
function fill(place, ...content) {
  place.replaceChildren();
  add(place, content);
}

// Between items that stand in a row.
function joined(items, between = ", ") {
  return items.flatMap((each, place) => (place ? [between, each] : [each]));
}
