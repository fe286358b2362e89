// Versions side by side, in the sections of `diff`. The first one is what the others are compared with.

async function compareView(query) {
  const refs = [...new Set(query.refs)];
  const every = await Promise.all(refs.map(resolved));
  const none = refs.filter((_, at) => every[at] === null);
  const found = every.filter((each, at) => each !== null && every.findIndex((one) => one?.ref === each.ref) === at);
  const state = { all: query.show === "all" };
  const place = h("div");

  function draw() {
    fill(place, found.length > 1 ? sideBySide(found, state.all) : h("p", { class: "quiet" }, "Add two versions or more: fraud@3, fraud@production, or choose them in the list of a model."));
  }

  function again(list) {
    location.hash = `${compareHash(list)}${state.all ? "&show=all" : ""}`;
  }

  const error = h("p", { role: "alert", class: "worse" }, none.length ? `There is no version ${none.join(", nor ")}.` : null);
  const field = h("input", { id: newId(), placeholder: "fraud@3", autocomplete: "off", spellcheck: "false" });
  const form = h("form", { class: "field", submit: async (event) => {
    event.preventDefault();
    const added = await resolved(field.value.trim());
    if (added) again([...found.map((each) => each.ref), added.ref]);
    else error.textContent = shown(`There is no version ${field.value.trim()}.`);
  } }, h("label", { for: field.id }, "Add a version"), field, h("button", {}, "Add"));
  const all = newId();
  draw();
  return {
    title: found.length ? `Compare ${found.map((each) => each.ref).join(", ")}` : "Compare",
    content: [
      h("h1", {}, "Compare versions"),
      h("div", { class: "tools" }, form,
        h("div", { class: "field" }, h("input", { id: all, type: "checkbox", checked: state.all, change: (event) => {
          state.all = event.target.checked;
          history.replaceState(null, "", `${compareHash(found.map((each) => each.ref))}${state.all ? "&show=all" : ""}`);
          here = location.hash;
          draw();
        } }), h("label", { for: all }, "with what is the same"))),
      error,
      h("section", {}, place),
    ],
  };
}

// The version that a text means; null where it means none.
async function resolved(text) {
  const at = text.lastIndexOf("@");
  const model = modelNamed(at < 0 ? text : text.slice(0, at));
  if (!model) return null;
  const number = await numberOf(model, at < 0 ? "latest" : text.slice(at + 1));
  return number ? version(`${model.name}@${number}`) : null;
}

function sideBySide(found, all) {
  const body = [];
  let hiddenRows = 0;
  for (const [title, rowsOfSection] of sections(found)) {
    const rows = rowsOfSection.filter(([, values, metric]) => {
      if (values.every((each) => each === null || each === undefined)) return false;
      const same = values.every((each) => isSame(each, values[0], metric));
      if (same && !all) hiddenRows += 1;
      return all || !same;
    });
    if (!rows.length) continue;
    body.push(h("tr", { class: "group" }, h("th", { colspan: found.length + 1, scope: "colgroup" }, title)));
    for (const [name, values, metric] of rows) {
      body.push(h("tr", {}, h("th", { scope: "row" }, user(name)), values.map((value, at) => h("td", { class: all && at && !isSame(value, values[0], metric) ? "differs" : null }, compared(value, metric, values[0], at)))));
    }
  }
  return [
    h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": "Versions side by side" }, h("table", { class: "side" },
      h("thead", {}, h("tr", {}, h("td", {}), found.map((each) => h("th", { scope: "col" }, refLink(each.ref), each.label ? [" ", user(each.label)] : null, h("div", {}, [...each.stages.map((stage) => badge(stage, stageClass(stage)))], each.stages.length ? null : stateBadge(each)),
        found.length > 2 ? h("a", { href: compareHash(found.filter((one) => one !== each).map((one) => one.ref)), "aria-label": `leave out ${each.ref}` }, h("small", {}, "leave out")) : null)))),
      h("tbody", {}, body))),
    hiddenRows ? h("p", { class: "quiet" }, `${counted(hiddenRows, "value is", "values are")} the same.`) : null,
  ];
}

function compared(value, metric, first, at) {
  if (value === undefined || value === null) return h("span", { class: "quiet" }, "–");
  const text = longText(plainValue(value), 200);
  const apart = at && metric !== undefined ? difference(first ?? "", value) : null;
  if (apart === null || apart === "0") return text;
  const change = (Number(apart.replace("−", "-")) / Math.abs(asNumber(first))) * 100;
  const part = Number.isFinite(change) && Math.abs(change) >= 0.005 ? `${apart[0]}${String(Number(Math.abs(change).toFixed(2)))} %` : null;
  const better = index.better.get(metric);
  const verdict = better ? ((better === "higher") === (apart[0] === "+") ? "better" : "worse") : null;
  return [text, h("small", { class: verdict }, ` (${[apart, part, verdict].filter(Boolean).join(", ")})`)];
}

// Numbers are the same whatever their digits: 2.0 and 2.
function isSame(a, b, metric) {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null) || (metric !== undefined && difference(a ?? "", b ?? "") === "0");
}

// Sections of rows: [name, a value of each version, the name of the metric where these are numbers: "" where it is none].
function sections(found) {
  const of = (name, take) => [name, found.map(take)];
  const keyed = (take) => [...new Set(found.flatMap((each) => Object.keys(take(each))))].sort().map((key) => of(key, (each) => own(take(each), key)));
  const metrics = found.map((each) => metricsOf(each));
  const spellings = [...new Set(metrics.flatMap((each) => [...each.keys()]))].sort();
  const names = new Map(metrics.flatMap((each) => [...each].map(([key, one]) => [key, one.name])));
  const listed = (items, key, value) => Object.fromEntries(items.map((each) => [key(each), value(each)]));
  return [
    ["Version", [of("state", (each) => each.state), of("stages", (each) => each.stages.join(", ") || null), of("aliases", (each) => each.aliases.join(", ") || null), of("registered", (each) => minute(each.created)), of("author", (each) => each.author), of("licence", (each) => each.licence), of("size", (each) => size(each.size_bytes)), [...of("files", (each) => each.files), ""], of("format", (each) => each.formats.join(", ") || null), [...of("parameters", (each) => each.inspection?.parameters ?? null), ""]]],
    ["Metrics", spellings.map((key) => [key, metrics.map((each) => each.get(key)?.value), names.get(key)])],
    ["Parameters", keyed((each) => each.params).map((each) => [...each, ""])],
    ["Tags", keyed((each) => each.tags)],
    ["Data", keyed((each) => listed(each.data, (one) => `${one.role ?? "data"} ${one.name}`, (one) => one.version ?? one.digest ?? "used"))],
    ["Code", [of("commit", (each) => each.code.commit), of("dirty", (each) => each.code.dirty), of("branch", (each) => each.code.branch), of("repository", (each) => each.code.remote)]],
    ["Parents", keyed((each) => listed(each.parents, (one) => one.ref ?? one.location, (one) => one.derived_by ?? "parent"))],
    ["Environment", [of("Python", (each) => each.environment?.python), of("system", (each) => each.environment?.system), of("machine", (each) => each.environment?.machine)]],
    ["Packages", keyed((each) => each.environment?.packages ?? {})],
    ["Checks", keyed((each) => listed(each.checks, (one) => one.name, (one) => one.result ?? one.state))],
    ["Inputs and outputs", keyed((each) => listed([...(each.signature?.inputs ?? []), ...(each.signature?.outputs ?? [])], (one) => one.name ?? "–", (one) => `${one.dtype} [${one.shape.join(", ")}]`))],
    ["Files", keyed((each) => listed(each.contents, (one) => one.path, (one) => one.digest))],
  ];
}
