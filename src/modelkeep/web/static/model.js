// The view of a model: what holds its stages, how its metrics went, and its versions.

const MOST_COMPARED = 6;
const MOST_COLUMNS = 8;

async function modelView(model, query) {
  const [page, rows, tenures] = await Promise.all([modelPage(model), versionsOf(model), tenuresOf(model)]);
  const base = { sort: query.sort, metric: query.metric };
  const chosen = new Set();
  return {
    title: model.name,
    content: [
      crumbs([model.name]),
      h("h1", {}, user(model.name), model.archived ? [" ", badge("archived", "quiet")] : null),
      model.description ? user(model.description, "p") : null,
      stageCards(model, rows),
      facts([
        ["Tags", tagList(page.tags)],
        ["Aliases", joined(Object.entries(page.aliases).map(([name, at]) => [user(name), " is ", refLink(`${model.name}@${at}`, `v${at}`)]))],
        ["Was called", joined(page.former_names.map((each) => user(each)))],
        ["Created", [when(model.created), " by ", user(page.actor)]],
        ["Means", Object.entries(page.meanings).map(([stage, text]) => h("div", {}, badge(stage, stageClass(stage)), " ", user(text)))],
      ]),
      section("Metrics over the versions", metricPlot(rows, tenures, query.metric, (metric) => setQuery(modelHash(model.name).slice(1), { ...base, metric }))),
      section("Stages over time", stageTimeline(tenures)),
      section("Versions", versionTable(rows, chosen)),
      section("Tenures", tenures.length ? h("details", {}, h("summary", {}, counted(tenures.length, "tenure")), tenureTable(tenures)) : null),
      section("Who may do what", authority(page.authority)),
      section("Notes", notes(page.notes)),
      h("p", {}, link(viewHash("audit", { about: model.name }), "Its entries in the log")),
    ],
  };
}

function crumbs(names) {
  return h("p", { class: "crumbs" }, link("#/", "Models"), names.map((each) => [" / ", each]));
}

function stageCards(model, rows) {
  const found = [...index.stages].reverse().map((stage) => {
    const held = model.holders.find((each) => each.stage === stage);
    if (!held) return h("div", { class: "stage-card" }, h("span", { class: "stage-name" }, stage), h("span", { class: "quiet" }, "empty"));
    const row = rows.find((each) => each.version === held.version);
    return h("div", { class: `stage-card ${stageClass(stage)}` },
      h("span", { class: "stage-name" }, stage),
      h("span", { class: "big" }, refLink(`${model.name}@${held.version}`, `v${held.version}`), held.label ? [" ", user(held.label)] : null),
      h("small", {}, "for ", age(held.since), ", since ", when(held.since), " by ", user(held.actor)),
      row ? h("small", {}, Object.entries(row.metrics).slice(0, 3).map(([name, value]) => h("span", { class: "pair" }, user(name), " ", h("b", {}, number(value))))) : null,
      held.shares.map((each) => h("small", {}, "beside it ", refLink(`${model.name}@${each.version}`, `v${each.version}`), ` with ${number(each.share)} %`)),
      held.waived ? badge(`${counted(held.waived, "rule")} waived by breaking the glass`, "bad") : null);
  });
  return h("div", { class: "stage-cards" }, found);
}

function tagList(tags) {
  return Object.entries(tags).map(([key, value]) => h("span", { class: "tag" }, user(key), value === "" ? null : ["=", user(value)]));
}

function notes(found) {
  return found.length ? h("ul", { class: "notes" }, found.map((each) => h("li", {}, user(each.text, "p"), h("small", {}, when(each.time), " by ", user(each.actor))))) : null;
}

function authority(found) {
  if (!found.length) return null;
  const list = (names) => (names.length ? joined(names.map((each) => user(each))) : "–");
  const columns = [
    { name: "stage", cell: (row) => badge(row.stage, stageClass(row.stage)) },
    { name: "promote", title: "may promote", cell: (row) => list(row.promote), wide: true },
    { name: "request", title: "may ask", cell: (row) => list(row.request), wide: true },
    { name: "approve", title: "may approve", cell: (row) => list(row.approve), wide: true },
    { name: "rollback", title: "may roll back", cell: (row) => list(row.rollback), wide: true },
  ];
  return dataTable({ label: "Who may do what", columns, rows: found });
}

// The versions of a model: with a column for each of its metrics, and boxes to choose which are compared.
function versionTable(rows, chosen) {
  const names = [...new Set(rows.flatMap((each) => Object.keys(each.metrics)))].sort();
  const params = [...new Set(rows.flatMap((each) => Object.keys(each.params)))].sort();
  const best = new Map(names.map((name) => [name, bestOf(rows, name)]));
  const state = { q: "", params: false };
  const bar = h("div", { class: "compare", hidden: true });
  const place = h("div");

  function chose(ref, on) {
    if (on) chosen.add(ref);
    else chosen.delete(ref);
    bar.hidden = !chosen.size;
    const refs = [...chosen];
    fill(bar, h("span", {}, `${counted(refs.length, "version")} chosen`),
      refs.length > 1 ? h("a", { class: "button", href: compareHash(refs.slice(0, MOST_COMPARED)) }, "Compare") : h("span", { class: "quiet" }, "choose another one"));
  }

  function draw() {
    const asked = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const found = asked.length ? rows.filter((row) => asked.every((word) => rowText(row).includes(word))) : rows;
    fill(place, dataTable({
      label: "Versions",
      rows: found,
      empty: "No version is like that.",
      rowClass: (row) => (row.archived || row.deleted ? "quiet" : ""),
      columns: [
        { name: "version", value: (row) => row.version, cell: (row) => h("span", { class: "nowrap" }, h("input", { type: "checkbox", checked: chosen.has(row.ref), "aria-label": `compare ${row.ref}`, change: (event) => chose(row.ref, event.target.checked) }), " ", refLink(row.ref, `v${row.version}`)), first: "desc" },
        rows.some((each) => each.label !== null) ? { name: "label", value: (row) => row.label, cell: (row) => user(row.label) } : null,
        { name: "state", value: (row) => row.state, cell: (row) => [row.stages.length || row.shares.length ? null : stateBadge(row), row.bad && row.state !== "bad" ? badge("bad", "bad") : null, stageBadges(row), row.aliases.map((each) => badge(each, "alias"))] },
        ...names.slice(0, MOST_COLUMNS).map((name) => ({ name: `metric.${name}`, title: name, value: (row) => asNumber(own(row.metrics, name)) ?? own(row.metrics, name), cell: (row) => metricCell(row, name, best.get(name)), right: true, first: index.better.get(name) === "lower" ? "asc" : "desc" })),
        ...(state.params ? params.slice(0, 2 * MOST_COLUMNS).map((name) => ({ name: `param.${name}`, title: name, value: (row) => own(row.params, name), cell: (row) => (own(row.params, name) === undefined ? null : user(plainValue(own(row.params, name)))), right: rows.some((row) => typeof own(row.params, name) === "number") })) : []),
        { name: "created", value: (row) => row.created, cell: (row) => when(row.created), first: "desc" },
        { name: "author", value: (row) => row.author, cell: (row) => user(row.author.replace(/ <.*>$/, "")) },
        { name: "size", value: (row) => row.size_bytes, cell: (row) => size(row.size_bytes), right: true, first: "desc" },
      ].filter(Boolean),
    }));
    return found.length;
  }

  draw();
  const box = newId();
  return [
    tools(
      rows.length > 10 ? filterField("Filter", (value) => { state.q = value; tell(counted(draw(), "version")); }) : null,
      params.length ? h("div", { class: "field" }, h("input", { id: box, type: "checkbox", change: (event) => { state.params = event.target.checked; draw(); } }), h("label", { for: box }, "with parameters")) : null,
      names.length > MOST_COLUMNS ? h("span", { class: "quiet" }, `${MOST_COLUMNS} of ${names.length} metrics have a column.`) : null),
    place, bar,
  ];
}

function rowText(row) {
  return [row.ref, row.label, row.state, row.author, ...row.stages, ...row.aliases, ...row.formats, ...Object.entries({ ...row.tags, ...row.params }).map(([key, value]) => `${key}=${plainValue(value)}`)].join("\n").toLowerCase();
}

function bestOf(rows, name) {
  const fit = rows.filter((row) => canBeBest(row) && own(row.metrics, name) !== undefined);
  if (new Set(fit.map((row) => dataOf(row, name))).size > 1) return null; // values on different data are not compared
  const values = fit.map((row) => asNumber(own(row.metrics, name))).filter((each) => each !== null && Number.isFinite(each));
  if (values.length < 2 || !index.better.get(name)) return null;
  return index.better.get(name) === "lower" ? Math.min(...values) : Math.max(...values);
}

function canBeBest(row) {
  return !row.deleted && !row.archived && !row.bad;
}

// The data of the value that a bare name means: none, or the only one it was measured on.
function dataOf(row, name) {
  const found = row.evaluations.filter((each) => each.name === name);
  return found.some((each) => each.data === null) ? null : found[0]?.data ?? null;
}

function metricCell(row, name, best) {
  const value = own(row.metrics, name);
  if (value === undefined) return row.evaluations.some((each) => each.name === name) ? h("span", { class: "quiet" }, "on several data") : null;
  const shownAs = number(value);
  return best !== null && canBeBest(row) && asNumber(value) === best ? h("b", { class: "best", title: "the best of these versions" }, shownAs) : shownAs;
}

function compareHash(refs) {
  return `#compare?${refs.map((each) => `ref=${encodeURIComponent(each)}`).join("&")}`;
}
