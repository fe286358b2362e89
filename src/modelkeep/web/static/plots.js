// Plots by uPlot. The values of a plot stand elsewhere too: a plot is read by eye, or a point at a time with the arrows.

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const live = new Set();

// Draw again what is drawn with colours, when these change.
function redrawPlots() {
  for (const each of [...live]) if (!each.place.isConnected) { each.plot?.destroy(); live.delete(each); }
  for (const each of live) each.draw();
}

const SERIES = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6"];

// Marks of an axis of time, to the day or the minute.
function timeMarks(_, times, __, ___, step) {
  return times.map((each) => { const text = new Date(each).toISOString(); return step >= DAY ? text.slice(0, 10) : step >= MINUTE ? text.slice(5, 16).replace("T", " ") : text.slice(11, 19); });
}

// points: [{x, label, open(): where Enter and a click lead}], series: [{name, values, marks: true for points alone}]
function plot({ label, points, series, xName, time = false }) {
  const canvas = h("div", { class: "canvas" });
  const help = newId();
  const place = h("div", { class: "plot", role: "group", "aria-roledescription": "plot", "aria-label": label, "aria-describedby": help, tabindex: "0" },
    canvas, h("p", { id: help, class: "hidden" }, "Arrow keys move along the points, Enter opens one."));
  const state = { place, plot: null, draw };
  let at = -1;

  function draw() {
    state.plot?.destroy();
    const grid = { stroke: color("line"), width: 1 };
    const axis = { stroke: color("soft"), grid, ticks: grid, font: "12px system-ui, sans-serif" };
    const width = Math.max(260, canvas.clientWidth);
    state.plot = new uPlot({
      width,
      height: width < 500 ? 220 : 260,
      ms: 1,
      cursor: { points: { size: 9 }, drag: { x: true, y: false } },
      scales: { x: { time } },
      legend: { live: true },
      tzDate: (moment) => uPlot.tzDate(new Date(moment), "Etc/UTC"),
      axes: [{ ...axis, space: time ? 110 : 50, ...(time ? { values: timeMarks } : { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] }) }, { ...axis, size: 64, values: (_, all) => all.map((each) => number(Number(each.toPrecision(6)))) }],
      series: [
        { label: xName, value: (_, x, __, at) => (at === null || at === undefined ? "–" : points[at].label) },
        ...series.map((each, at) => ({
          label: shown(each.name),
          stroke: color(each.marks ? "top" : SERIES[at % SERIES.length]),
          fill: each.marks ? color("top") : undefined,
          width: each.marks ? 0 : 2,
          spanGaps: true,
          paths: each.marks ? () => null : undefined,
          points: { show: each.marks || points.length <= 120, size: points.length > 200 ? 4 : each.marks ? 10 : 6, fill: color(each.marks ? "top" : SERIES[at % SERIES.length]) },
          value: (_, value) => (value === null || value === undefined ? "–" : number(value)),
        })),
      ],
    }, [points.map((each) => each.x), ...series.map((each) => each.values)], canvas);
    state.plot.over.addEventListener("click", () => {
      const chosen = state.plot.cursor.idx;
      if (chosen !== null && chosen !== undefined && points[chosen].open) points[chosen].open();
    });
  }

  place.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      at = Math.min(points.length - 1, Math.max(0, at < 0 && step === -1 ? points.length - 1 : at + step));
      state.plot.setCursor({ left: state.plot.valToPos(points[at].x, "x"), top: 20 });
      const said = series.map((each) => [each.name, each.values[at]]).filter(([, value]) => value !== null && value !== undefined);
      tell(`${points[at].label}: ${said.map(([name, value]) => `${name} ${number(value)}`).join(", ")}`);
    }
    if (event.key === "Enter" && at >= 0) points[at].open?.();
  });
  const seen = new ResizeObserver(() => {
    if (!canvas.clientWidth) return;
    if (state.plot === null) draw();
    else if (Math.abs(state.plot.width - Math.max(260, canvas.clientWidth)) > 4) draw();
  });
  seen.observe(canvas);
  live.add(state);
  return place;
}

const MOST_SERIES = 5;

// The plot of a model's metrics over its versions, with a choice of the metric.
function metricPlot(rows, tenures, chosen, changed) {
  const names = new Map();
  for (const row of rows) {
    for (const [key, each] of metricsOf(row)) {
      if (asNumber(each.value) === null || !Number.isFinite(asNumber(each.value))) continue;
      if (!names.has(each.name)) names.set(each.name, { keys: new Map(), versions: new Set() });
      const { keys } = names.get(each.name);
      keys.set(key, (keys.get(key) ?? 0) + 1);
      names.get(each.name).versions.add(row.version);
    }
  }
  for (const [each, { versions }] of names) if (versions.size < 2) names.delete(each); // a point is no line
  if (!names.size) return null;
  const all = [...names.keys()].sort();
  let name = names.has(chosen) ? chosen : all[0];
  const ordered = [...rows].sort((a, b) => a.version - b.version);
  const held = new Set(tenures.filter((each) => each.stage === index.stages.at(-1)).map((each) => each.version));
  const holder = h("div");

  function draw() {
    const { keys } = names.get(name);
    const spellings = [...keys.keys()].sort((a, b) => keys.get(b) - keys.get(a) || (a < b ? -1 : 1)).slice(0, MOST_SERIES);
    const values = ordered.map((row) => { const found = metricsOf(row); return spellings.map((key) => asNumber(found.get(key)?.value)); });
    const kept = ordered.map((_, at) => at).filter((at) => values[at].some((each) => each !== null));
    const first = (at) => values[at].find((each) => each !== null) ?? null;
    holder.replaceChildren(plot({
      label: `${name} over the versions`,
      xName: "version",
      points: kept.map((at) => ({ x: ordered[at].version, label: `${ordered[at].ref}${ordered[at].label ? ` (${ordered[at].label})` : ""}`, open: () => { location.hash = refHash(ordered[at].ref); } })),
      series: [
        ...spellings.map((key, which) => ({ name: key, values: kept.map((at) => values[at][which]) })),
        ...(held.size ? [{ name: `was in ${index.stages.at(-1)}`, marks: true, values: kept.map((at) => (held.has(ordered[at].version) ? first(at) : null)) }] : []),
      ],
    }), keys.size > MOST_SERIES ? h("p", { class: "quiet" }, `${MOST_SERIES} of ${keys.size} are drawn, those with the most values.`) : "");
  }

  draw();
  const better = index.better.get(name);
  return [
    h("div", { class: "tools" }, choice("Metric", all.map((each) => [each, `${each}${index.better.has(each) ? ` (${index.better.get(each)} is better)` : ""}`]), name, (value) => { name = value; changed(value); draw(); })),
    holder,
  ];
}
