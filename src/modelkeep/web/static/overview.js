// The first view: which version of which model holds which stage, and what needs a look.

async function overview(query) {
  const active = index.models.filter((each) => !each.archived);
  const gone = index.models.filter((each) => each.archived && !each.versions).length;
  const archived = index.models.length - active.length - gone;
  const total = index.models.reduce((sum, each) => sum + each.versions, 0);
  const top = index.stages.at(-1);
  const held = index.models.filter((each) => each.holders.some((holder) => holder.stage === top)).length;
  const cards = h("div", { class: "cards" },
    card(active.length, active.length === 1 ? "model" : "models", null, [[archived, "archived"], [gone, "deleted"]].filter(([count]) => count).map(([count, text]) => `${count} ${text}`).join(", ") || null),
    card(total, total === 1 ? "version" : "versions"),
    card(held, `in ${top}`, viewHash("timeline")),
    index.policy || index.open_requests ? card(index.open_requests, index.open_requests === 1 ? "open request" : "open requests", viewHash("governance"), null, index.open_requests ? "warn" : "") : null,
    index.policy || index.open_items ? card(index.open_items, index.open_items === 1 ? "open item" : "open items", viewHash("governance", { show: "items" }), null, index.open_items ? "bad" : "") : null,
    index.deployments ? card(index.drift, index.drift === 1 ? "deployment drifts" : "deployments drift", viewHash("serving"), `of ${index.deployments}`, index.drift ? "bad" : "") : null);
  const { entries } = index.entries ? await part("entries-0") : { entries: [] };
  return {
    title: index.title,
    content: [
      h("h1", {}, index.title),
      h("p", { class: "lead" }, "As of ", when(index.moment), " UTC, after entry ", entryLink(index.head.seq), "."),
      cards,
      matrix(query),
      section("Latest changes", entryList(entries.slice(0, 8), true), h("p", {}, link(viewHash("audit"), "The whole log"))),
    ],
  };
}

function card(value, name, hash = null, more = null, kind = "") {
  const inside = [h("span", { class: "value" }, value.toLocaleString("en")), h("span", { class: "name" }, name), more ? h("span", { class: "more" }, more) : null];
  return hash ? h("a", { class: `card ${kind}`, href: hash }, inside) : h("div", { class: `card ${kind}` }, inside);
}

function matrix(query) {
  const place = h("div");
  const state = { q: query.q ?? "", all: query.all ?? "" };
  const archived = index.models.some((each) => each.archived);

  function draw() {
    const asked = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = index.models.filter((each) => (state.all || !each.archived) && asked.every((word) => textOf(each).includes(word)));
    place.replaceChildren(dataTable({
      label: "Models and stages",
      rows,
      sort: ["last change", true],
      empty: state.q ? "No model is like that." : "There is no model yet.",
      rowClass: (row) => (row.archived ? "quiet" : ""),
      columns: [
        { name: "model", value: (row) => row.name, cell: (row) => [modelLink(row.name), row.description ? user(firstLine(row.description), "div") : null] },
        { name: "development", value: (row) => row.development?.since, cell: developmentCell, first: "desc" },
        ...index.stages.map((stage) => ({ name: stage, value: (row) => row.holders.find((each) => each.stage === stage)?.since, cell: (row) => holderCell(row, stage), first: "desc" })),
        { name: "versions", value: (row) => row.versions, cell: (row) => row.versions.toLocaleString("en"), right: true, first: "desc" },
        { name: "last change", value: (row) => row.changed, cell: (row) => age(row.changed), right: true, first: "desc" },
      ],
    }));
    return rows.length;
  }

  function changed(name, value) {
    state[name] = value;
    setQuery("", state);
    tell(counted(draw(), "model"));
  }

  draw();
  const all = newId();
  return section("Models",
    tools(
      index.models.length > 5 ? filterField("Filter", (value) => changed("q", value), state.q) : null,
      archived ? h("div", { class: "field" }, h("input", { id: all, type: "checkbox", checked: Boolean(state.all), change: (event) => changed("all", event.target.checked ? "1" : "") }), h("label", { for: all }, "with archived models")) : null),
    place);
}

function textOf(model) {
  return [model.name, ...model.former_names, model.description ?? "", ...Object.entries(model.tags).map(([key, value]) => `${key}=${value}`)].join("\n").toLowerCase();
}

function firstLine(text) {
  const line = text.split("\n").find((each) => each.trim()) ?? "";
  return line.length > 90 ? `${line.slice(0, 88)} …` : line;
}

function developmentCell(row) {
  const found = row.development;
  if (!found) return null;
  return h("div", { class: "held" }, refLink(`${row.name}@${found.version}`, found.label ?? `v${found.version}`), h("small", {}, age(found.since), found.more ? `, ${counted(found.more, "more", "more")}` : null));
}

// The first metric of which higher is better, with its data: the one that people ask for.
function mainMetric(measured = []) {
  const sorted = [...measured].sort((a, b) => (metricKey(a) < metricKey(b) ? -1 : 1));
  const found = sorted.find((each) => index.better.get(each.name) === "higher") ?? sorted[0];
  return found ? h("small", {}, user(metricKey(found)), " ", h("b", {}, number(found.value))) : null;
}

function holderCell(row, stage) {
  const found = row.holders.find((each) => each.stage === stage);
  if (!found) return null;
  return h("div", { class: `held ${stageClass(stage)}` },
    refLink(`${row.name}@${found.version}`, found.label ?? `v${found.version}`),
    h("small", {}, age(found.since), " by ", user(found.actor)),
    mainMetric(row.metrics[found.version]),
    found.shares.map((each) => h("small", {}, "beside it ", refLink(`${row.name}@${each.version}`, `v${each.version}`), ` ${Number(each.share)} %`)),
    found.waived ? badge("glass broken", "bad") : null);
}
