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
      h("h1", {}, user(model.name), model.archived ? [" ", badge(model.versions ? "archived" : "every version is deleted", "quiet")] : null),
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
      row ? h("small", {}, [...metricsOf(row)].slice(0, 3).map(([key, each]) => h("span", { class: "pair" }, user(key), " ", h("b", {}, number(each.value))))) : null,
      held.shares.map((each) => h("small", {}, "beside it ", refLink(`${model.name}@${each.version}`, `v${each.version}`), ` with ${Number(each.share)} %`)),
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

// The versions of a model, with boxes to choose which are compared. Each metric on each data has a column of its own: values
// on different data are not compared. The columns with the most values come first.
function versionTable(rows, chosen) {
  const measured = new Map(rows.map((row) => [row, metricsOf(row)]));
  const columns = new Map();
  for (const found of measured.values()) for (const [key, each] of found) columns.set(key, { name: each.name, values: (columns.get(key)?.values ?? 0) + 1 });
  const keys = [...columns.keys()].sort((a, b) => columns.get(b).values - columns.get(a).values || (a < b ? -1 : 1));
  const valueOf = (row, key) => measured.get(row).get(key)?.value;
  const params = [...new Set(rows.flatMap((each) => Object.keys(each.params)))].sort();
  const best = new Map(keys.map((key) => [key, bestOf(rows, measured, key)]));
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
        { name: "state", csv: [["state", (row) => row.state], ["stages", (row) => row.stages.join(" ")], ["aliases", (row) => row.aliases.join(" ")]], value: (row) => row.state, cell: (row) => [row.stages.length || row.shares.length ? null : stateBadge(row), row.bad && row.state !== "bad" ? badge("bad", "bad") : null, stageBadges(row), row.aliases.map((each) => badge(each, "alias"))] },
        ...keys.slice(0, MOST_COLUMNS).map((key) => ({ name: `metric.${key}`, title: key, csv: [[key, (row) => number(valueOf(row, key))]], value: (row) => asNumber(valueOf(row, key)) ?? valueOf(row, key), cell: (row) => metricCell(row, valueOf(row, key), best.get(key)), right: true, first: index.better.get(columns.get(key).name) === "lower" ? "asc" : "desc" })),
        ...(state.params ? params.slice(0, 2 * MOST_COLUMNS).map((name) => ({ name: `param.${name}`, title: name, csv: [[name, (row) => (own(row.params, name) === undefined ? "" : plainValue(own(row.params, name)))]], value: (row) => asNumber(own(row.params, name)) ?? own(row.params, name), cell: (row) => (own(row.params, name) === undefined ? null : user(plainValue(own(row.params, name)))), right: rows.some((row) => asNumber(own(row.params, name)) !== null) })) : []),
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
      keys.length > MOST_COLUMNS ? h("span", { class: "quiet" }, `${MOST_COLUMNS} of ${keys.length} metrics have a column.`) : null),
    place, bar,
  ];
}

function rowText(row) {
  return [row.ref, row.label, row.state, row.author, ...row.stages, ...row.aliases, ...row.formats, ...Object.entries({ ...row.tags, ...row.params }).map(([key, value]) => `${key}=${plainValue(value)}`)].join("\n").toLowerCase();
}

// The best of the values of one metric on one data, null where it is not known which are better.
function bestOf(rows, measured, key) {
  const found = rows.filter(canBeBest).map((row) => measured.get(row).get(key)).filter(Boolean);
  const values = found.map((each) => asNumber(each.value)).filter((each) => each !== null && Number.isFinite(each));
  const better = values.length < 2 ? null : index.better.get(found[0].name);
  return better ? values.reduce((a, b) => ((better === "lower" ? b < a : b > a) ? b : a)) : null;
}

function canBeBest(row) {
  return !row.deleted && !row.archived && !row.bad;
}

function metricCell(row, value, best) {
  if (value === undefined) return null;
  return best !== null && canBeBest(row) && asNumber(value) === best ? h("b", { class: "best", title: "the best of these versions" }, number(value)) : number(value);
}

function compareHash(refs) {
  return `#compare?${refs.map((each) => `ref=${encodeURIComponent(each)}`).join("&")}`;
}
