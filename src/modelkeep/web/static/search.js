// Search through all models and versions: every word must be found. Parts are unpacked one after the other.

const MOST_FOUND = 200;

async function searchView(query) {
  const text = (query.q ?? "").trim();
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  document.getElementById("query").value = text;
  if (!asked.length) return { title: "Search", content: [h("h1", {}, "Search"), h("p", {}, "Type words into the field above: names, labels, tags, parameters, authors, descriptions, data, checks, targets, digests, commits.")] };
  const exact = text.includes("@") ? await resolved(text) : null;
  const models = index.models.filter((each) => asked.every((word) => textOf(each).includes(word)));
  const datasets = (await rowsOf("datasets", 0, index.datasets)).filter((each) => asked.every((word) => [each.node, each.location, each.digest].join("\n").toLowerCase().includes(word)));
  const place = h("div", {}, h("p", { class: "quiet" }, "Searching the versions …"));
  searchVersions(asked, place);
  return {
    title: `Search: ${text}`,
    content: [
      h("h1", {}, "Search: ", user(text)),
      exact ? h("p", {}, "Version ", refLink(exact.ref)) : null,
      section(`Models (${models.length})`, models.length ? h("ul", {}, models.slice(0, 50).map((each) => h("li", {}, modelLink(each.name), each.description ? [" ", h("small", {}, user(firstLine(each.description)))] : null))) : null),
      section(`Data (${datasets.length})`, datasets.length ? h("ul", {}, datasets.slice(0, 30).map((each) => h("li", {}, nodeLink(each.node)))) : null),
      section("Versions", place),
      h("p", {}, link(viewHash("audit", { q: text }), "Search the log for the same words")),
    ],
  };
}

async function searchVersions(asked, place) {
  const found = [];
  let whole = true;
  for (let at = 0; document.getElementById(`versions-${at}`); at += 1) {
    const [{ versions }, { pages }] = await Promise.all([unpack(`versions-${at}`), unpack(`pages-${at}`)]);
    versions.forEach((row, which) => {
      const texts = searched(row, pages[which]);
      const all = texts.map(([, value]) => value).join("\n").toLowerCase();
      if (asked.every((word) => all.includes(word))) found.push({ ...row, where: texts.filter(([name, value]) => name !== "version" && asked.some((word) => value.toLowerCase().includes(word))).slice(0, 3) });
    });
    if (found.length > MOST_FOUND) { whole = false; break; }
    if (at > 1 && !place.isConnected) return;
  }
  place.replaceChildren(
    h("p", { class: "quiet", role: "status" }, found.length ? `${whole ? counted(found.length, "version") : `The first ${MOST_FOUND} versions`}` : "No version is like that."),
    found.length ? dataTable({
      label: "Versions found",
      rows: found.slice(0, MOST_FOUND),
      columns: [
        { name: "version", value: (row) => row.ref, cell: (row) => [refLink(row.ref), row.label ? [" ", user(row.label)] : null] },
        { name: "state", value: (row) => row.state, cell: (row) => [row.stages.length ? null : stateBadge(row), stageBadges(row)] },
        { name: "found in", cell: (row) => row.where.map(([name, value]) => h("div", {}, h("small", {}, `${name}: `), user(around(value, asked)))), wide: true },
        { name: "created", value: (row) => row.created, cell: (row) => when(row.created), first: "desc" },
      ],
    }) : "");
}

function searched(row, page) {
  return [
    ["version", `${row.ref} ${row.label ?? ""} ${row.aliases.join(" ")} ${row.state} ${row.stages.join(" ")}`],
    ["author", [...new Set([row.author, page.actor, page.claimed])].filter(Boolean).join(" ")],
    ...Object.entries(row.tags).map(([key, value]) => ["tag", `${key}=${value}`]),
    ...Object.entries(row.params).map(([key, value]) => ["parameter", `${key}=${plainValue(value)}`]),
    ...[...metricsOf(row).values()].map((each) => ["metric", `${each.name}=${plainValue(each.value)}${each.data === null ? "" : ` on ${each.data}`}`]),
    ["format", row.formats.join(" ")],
    ["description", page.description ?? ""],
    ["reason", page.reason ?? ""],
    ...page.notes.map((each) => ["note", each.text]),
    ...page.data.map((each) => ["data", `${each.node.slice(5)} ${each.digest ?? ""}`]),
    ...page.checks.filter((each) => each.result).map((each) => ["check", `${each.name} ${each.result}`]),
    ...page.deployments.map((each) => ["runs at", each.target]),
    ["code", [page.code.commit, page.code.branch, page.code.remote].filter(Boolean).join(" ")],
    ...page.runs.map((each) => ["run", `${each.id} ${each.location ?? ""}`]),
    ["licence", page.licence ?? ""],
    ["digest", row.digest],
    ...page.contents.slice(0, 200).map((each) => ["file", `${each.path} ${each.digest}`]),
  ].filter(([, value]) => value.trim());
}

// The part of a text around the first of the words.
function around(text, asked) {
  const at = Math.min(...asked.map((word) => text.toLowerCase().indexOf(word)).filter((each) => each >= 0));
  const from = Math.max(0, at - 40);
  return `${from ? "… " : ""}${text.slice(from, at + 80)}${text.length > at + 80 ? " …" : ""}`;
}
