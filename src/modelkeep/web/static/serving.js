// Where versions run, whether that is what should run, and what monitoring said of them.

async function servingView(query) {
  const { deployments } = await part("deployments");
  const signals = await rowsOf("signals", 0, index.signals);
  return {
    title: "In use",
    content: [
      h("h1", {}, "In use"),
      section("What runs where", dataTable({
        label: "Deployments",
        rows: deployments,
        empty: "No deployment is recorded.",
        columns: [
          { name: "target", value: (row) => row.target, cell: (row) => user(row.target) },
          { name: "version", value: (row) => row.ref, cell: (row) => refLink(row.ref) },
          { name: "status", value: (row) => row.status, cell: (row) => badge(row.status, row.status === "running" ? "good" : "warn") },
          { name: "should run", cell: (row) => (row.stage ? [badge(row.stage, stageClass(row.stage)), " ", joined(row.expected.map((each) => refLink(each)))] : h("span", { class: "quiet" }, "no stage is known")) },
          { name: "drift", value: (row) => row.drift, cell: (row) => (row.drift ? badge(row.drift, "bad") : null), wide: true },
          { name: "share", value: (row) => asNumber(row.share), cell: (row) => (row.share === null ? "" : `${Number(row.share)} %`), right: true },
          { name: "since", value: (row) => row.since, cell: (row) => when(row.since), first: "desc" },
          { name: "recorded by", value: (row) => row.actor, cell: (row) => user(row.actor) },
          { name: "endpoint", cell: (row) => (row.endpoint ? address(row.endpoint) : null), wide: true },
        ],
      })),
      section("What monitoring said", signalTable(signals, query)),
    ],
  };
}

function signalTable(rows) {
  return dataTable({
    label: "Signals",
    rows,
    empty: "No signal is recorded.",
    columns: [
      { name: "version", value: (row) => row.ref, cell: (row) => refLink(row.ref) },
      { name: "signal", value: (row) => row.signal, cell: (row) => user(row.signal) },
      { name: "value", csv: [["value", (row) => number(row.value)]], value: (row) => asNumber(row.value), cell: (row) => h("b", {}, number(row.value)), right: true, first: "desc" },
      { name: "when", value: (row) => row.time, cell: (row) => [when(row.time), " ", entryLink(row.seq)], first: "desc" },
      { name: "observations", value: (row) => row.count, cell: (row) => number(row.count), right: true, first: "desc" },
      { name: "state", value: (row) => (row.item ? (row.closed ?? 0) : null), cell: (row) => [row.item ? (row.closed === null ? badge(`${row.item} open`, "bad") : badge("acknowledged", "quiet")) : null, row.left.map((stage) => badge(`left ${stage}`, "bad")), row.marked_bad ? badge("marked bad", "bad") : null] },
      { name: "source", cell: (row) => (row.source ? address(row.source) : null), wide: true },
    ],
  });
}

// The signals of one version over time: a plot of each that has some values.
async function signalsOf(ref) {
  if (!index.signals) return null;
  const rows = (await rowsOf("signals", 0, index.signals)).filter((each) => each.ref === ref);
  if (!rows.length) return null;
  const names = [...new Set(rows.map((each) => each.signal))].sort();
  const plots = names.slice(0, 4).map((name) => {
    const values = rows.filter((each) => each.signal === name && Number.isFinite(asNumber(each.value))).reverse();
    if (values.length < 3) return null;
    return [h("h3", {}, user(name)), plot({
      label: `${name} over time`,
      xName: "time",
      time: true,
      points: values.map((each) => ({ x: Date.parse(each.time), label: minute(each.time) })),
      series: [{ name, values: values.map((each) => asNumber(each.value)) }],
    })];
  });
  return [plots, signalTable(rows)];
}
