// Datasets: which there are, and what was made from each.

async function datasetsView(query) {
  const rows = await rowsOf("datasets", 0, index.datasets);
  if (query.node) return datasetView(rows, query.node);
  const place = h("div");
  const draw = (text) => {
    const asked = text.toLowerCase();
    place.replaceChildren(dataTable({
      label: "Datasets",
      rows: rows.filter((each) => each.node.toLowerCase().includes(asked)),
      empty: rows.length ? "No dataset is called so." : "No dataset is recorded or named.",
      columns: [
        { name: "dataset", value: (row) => row.node, cell: (row) => nodeLink(row.node), wide: true },
        { name: "made", title: "versions made from it", value: (row) => usedBy(row, false), cell: (row) => number(usedBy(row, false)), right: true, first: "desc" },
        { name: "measured", title: "measured on it", value: (row) => usedBy(row, true), cell: (row) => number(usedBy(row, true)), right: true, first: "desc" },
        { name: "rows", value: (row) => row.rows, cell: (row) => (row.rows === null ? "" : row.rows.toLocaleString("en")), right: true, first: "desc" },
        { name: "recorded", value: (row) => row.since, cell: (row) => (row.recorded ? [when(row.since), " by ", user(row.actor)] : h("span", { class: "quiet" }, "only named")), first: "desc" },
        { name: "place", value: (row) => row.location, cell: (row) => (row.location ? address(row.location) : null), wide: true },
      ],
    }));
  };
  draw("");
  return {
    title: "Data",
    content: [h("h1", {}, "Data"), section("Datasets", rows.length > 5 ? h("div", { class: "tools" }, filterField("Filter", draw)) : null, place)],
  };
}

// How many versions were measured on a dataset, or else made from it.
function usedBy(row, measured) {
  return new Set(row.used.filter((each) => (each.relation === "evaluated_on") === measured).map((each) => each.ref)).size;
}

function datasetView(rows, node) {
  const found = rows.find((each) => each.node === node);
  if (!found) return missing(`There is no dataset ${node.replace(/^data:/, "")} in this registry.`);
  const name = node.slice(5);
  return {
    title: name,
    content: [
      h("p", { class: "crumbs" }, link("#data", "Data"), " / ", h("bdi", {}, name)),
      h("h1", {}, user(name)),
      h("p", { class: "tools" }, h("a", { class: "button", href: viewHash("lineage", { node }) }, "Lineage")),
      section("Record", facts([
        ["Recorded", found.recorded ? [when(found.since), " by ", user(found.actor)] : "no: it is only named"],
        ["Reason", user(found.reason)],
        ["Rows", found.rows === null ? null : found.rows.toLocaleString("en")],
        ["Place", found.location ? address(found.location) : null],
        ["Digest", digest(found.digest)],
        ["Checksum", user(found.checksum)],
        ["Made from", joined(found.parents.map(nodeLink))],
        ["Came of it", joined(found.children.map(nodeLink))],
        ["Entry", found.seq === null ? null : entryLink(found.seq)],
      ])),
      section("Versions that used it", found.used.length ? dataTable({
        label: "Versions",
        rows: [...found.used].reverse(),
        columns: [
          { name: "version", value: (row) => row.ref, cell: (row) => refLink(row.ref) },
          { name: "relation", value: (row) => row.relation, cell: (row) => words(row.relation) },
          { name: "state", value: (row) => row.state, cell: (row) => [badge(row.state, STATES[row.state] ?? ""), row.stages.map((stage) => badge(stage, stageClass(stage)))] },
          { name: "as", cell: (row) => (row.named ? user(row.named.slice(5)) : null), wide: true },
        ],
      }) : null),
    ],
  };
}
