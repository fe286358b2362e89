// The addresses of views, and what stands around them. `#/fraud` and `#/fraud/3` are a model and a version, `#audit` is a view.

const VIEWS = {
  "": overview, compare: compareView, timeline: timelineView, lineage: lineageView, data: datasetsView,
  serving: servingView, governance: governanceView, audit: auditView, search: searchView,
};
// The views that have a place in the frame, and what there is to look at in them.
const NAMES = [
  ["", "Models"], ["timeline", "Timeline"], ["compare", "Compare"], ["lineage", "Lineage"], ["data", "Data"],
  ["serving", "In use", () => index.drift], ["governance", "Governance", () => index.open_requests + index.open_items], ["audit", "Audit"],
];

function parseHash() {
  const text = location.hash.slice(1);
  const [address, search] = split(text);
  const isPath = address.startsWith("/") && address !== "/";
  return { path: isPath ? address.slice(1) : null, view: isPath ? null : address.replace("/", ""), query: asQuery(search) };
}

function split(text) {
  const at = text.indexOf("?");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function asQuery(text) {
  const found = { refs: [] };
  for (const [key, value] of new URLSearchParams(text)) {
    found[key] = value;
    if (key === "ref") found.refs.push(value);
  }
  return found;
}

function decoded(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

// The view of a path: the longest name of a model in it, and what selects one of its versions.
async function viewOfPath(path, query) {
  const parts = path.split("/").map(decoded);
  if (parts.at(-1) === "") {
    const model = modelNamed(parts.slice(0, -1).join("/"));
    if (model) return modelView(model, query);
    parts.pop();
  }
  if (parts.length > 1) {
    const model = modelNamed(parts.slice(0, -1).join("/"));
    const number = model ? await numberOf(model, parts.at(-1)) : null;
    if (number) return versionView(model, number, query);
  }
  const model = modelNamed(parts.join("/"));
  if (model) return modelView(model, query);
  const [name, selector] = parts.join("/").split(/@(?=[^@]*$)/);
  const named = selector ? modelNamed(name) : null;
  const number = named ? await numberOf(named, selector) : null;
  if (number) return versionView(named, number, query);
  const above = named ?? modelNamed(parts.slice(0, -1).join("/"));
  return above ? noVersion(above, named ? selector : parts.at(-1)) : missing(`There is no model ${parts.join("/")} in this registry.`);
}

// What is said where nothing of a model is called so, or a stage of it is empty.
function noVersion(model, selector) {
  const stage = index.stages.find((each) => each === selector.toLowerCase());
  if (!stage) return missing(`${model.name} has no version, label, stage or alias ${selector}.`, h("p", {}, modelLink(model.name)));
  const title = `${stage} of ${model.name} is empty`;
  return { title, content: [crumbs([model.name]), h("h1", {}, user(title)), h("p", {}, modelLink(model.name), " has no version in it. ", link(viewHash("timeline", { stage }), `${stage} over time`))] };
}

// What is typed into a view stands in its address, so that it can be sent; it makes no step of the history.
function setQuery(view, query) {
  history.replaceState(null, "", viewHash(view || "/", query));
  here = location.hash;
}

const MOST_PRINTED = 2_000;

let turn = 0;
let here = null;
const scrolled = new Map();
let stepped = false;

async function show() {
  turn += 1;
  const mine = turn;
  const first = here === null;
  if (!first) scrolled.set(here, window.scrollY);
  here = location.hash;
  const { path, query, view } = parseHash();
  let made;
  try {
    if (path !== null) made = await viewOfPath(path, query);
    else if (Object.hasOwn(VIEWS, view)) made = await VIEWS[view](query);
    else made = missing(`This page has no view ${view}.`);
  } catch (error) {
    made = { title: "Not readable", content: [h("h1", {}, "This view cannot be shown"), h("p", {}, String(error.message ?? error)), h("p", {}, link("#/", "All models"))] };
    console.error(error);
  }
  if (mine !== turn) return;
  const main = document.getElementById("main");
  main.replaceChildren();
  add(main, made.content);
  document.title = shown(made.title === index.title ? index.title : `${made.title} – ${index.title}`);
  for (const each of document.querySelectorAll("#views a")) {
    if (each.dataset.view === (view ?? "")) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  }
  redrawPlots();
  if (!first) {
    const heading = main.querySelector("h1");
    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
    window.scrollTo(0, stepped ? 0 : scrolled.get(here) ?? 0);
  }
  stepped = false;
}

// Light and dark: as the system has it, until one of them is chosen -----------------------------

function stored(key, value) {
  try {
    if (value !== undefined) localStorage.setItem(key, value);
    return localStorage.getItem(key);
  } catch { return null; } // a browser may keep nothing for a file
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print");
let theme = stored("modelkeep-theme");

function applyTheme() {
  const isDark = !paper.matches && (theme ? theme === "dark" : dark.matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  const button = document.getElementById("theme");
  button.replaceChildren(h("span", { "aria-hidden": "true" }, isDark ? "☀" : "☾"), h("span", { class: "hidden" }, isDark ? "Use light colours" : "Use dark colours"));
  redrawPlots();
}

function frame() {
  add(document.getElementById("brand"), mark(), h("span", {}, index.title));
  add(document.getElementById("views"), NAMES.map(([view, name, open]) => {
    const waiting = open?.() ?? 0;
    const made = h("a", { href: view ? `#${view}` : "#/" }, name, waiting ? [h("b", { "aria-hidden": "true" }, waiting), h("span", { class: "hidden" }, `, ${waiting} to look at`)] : null);
    made.dataset.view = view;
    return made;
  }));
  add(document.getElementById("paper"), h("b", {}, user(index.title)), h("span", {}, `as of ${index.moment} (UTC), entry ${index.head.seq}, `, h("code", {}, index.head.hash)));
  add(document.getElementById("foot"),
    h("p", {}, "This page is a copy of registry ", h("code", {}, index.registry), " as of ", h("time", { datetime: index.moment }, index.moment), ", up to entry ", h("b", {}, number(index.head.seq)), " of ", h("time", { datetime: index.head.time }, index.head.time), ", ", h("code", { class: "digest" }, index.head.hash), ". Times are UTC. Ages, and what has expired, are as of that moment."),
    h("p", {}, "To check it: ", h("code", {}, `modelkeep audit --since seq:${index.head.seq} --until seq:${index.head.seq} --json`), " has the same hash, and ", h("code", {}, `modelkeep page -o again.html ${index.again}`), " makes the same file. Made by ", document.querySelector("meta[name=generator]").content, "; plots by uPlot, graphs by dagre."));
}

// On paper a list is open and a table has all of its rows; what is folded in a cell stays as it is.
let unfolded = [];

function toPaper() {
  unfolded = [...document.querySelectorAll("main details:not([open])")].filter((each) => !each.closest("td, th"));
  for (const each of unfolded) each.open = true;
  for (const each of document.querySelectorAll("main .table")) each.dispatchEvent(new CustomEvent("paper", { detail: MOST_PRINTED }));
}

function fromPaper() {
  for (const each of unfolded) each.open = false;
  for (const each of document.querySelectorAll("main .table")) each.dispatchEvent(new CustomEvent("paper", { detail: PAGE_ROWS }));
}

function mark() {
  return svg("svg", { viewBox: "0 0 24 24", width: "22", height: "22", "aria-hidden": "true" },
    svg("path", { d: "M12 2 21 7v10l-9 5-9-5V7z", class: "mark-edge" }), svg("path", { d: "M3 7l9 5 9-5M12 12v10", class: "mark-line" }));
}

async function begin() {
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("loading").textContent = "This browser is too old to unpack the page: any one of 2023 or later can.";
    return;
  }
  await readIndex();
  applyTheme();
  frame();
  dark.addEventListener("change", applyTheme);
  paper.addEventListener("change", applyTheme);
  document.getElementById("theme").addEventListener("click", () => {
    theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    stored("modelkeep-theme", theme);
    applyTheme();
  });
  document.getElementById("skip").addEventListener("click", () => document.getElementById("main").focus());
  const query = document.getElementById("query");
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    if (query.value.trim()) location.hash = viewHash("search", { q: query.value.trim() });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(event.target.tagName)) return;
    event.preventDefault();
    query.focus();
    query.select();
  });
  document.addEventListener("click", (event) => { if (event.target.closest?.("a[href^='#']")) stepped = true; });
  history.scrollRestoration = "manual";
  window.addEventListener("hashchange", show);
  window.addEventListener("beforeprint", toPaper);
  window.addEventListener("afterprint", fromPaper);
  await show();
}

begin();
