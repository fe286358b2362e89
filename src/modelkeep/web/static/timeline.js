// Timelines: a lane for each stage or model, a bar for each tenure, in a scale that they share.

function timeline(label, lanes, from, to) {
  const span = Math.max(1, to - from);
  const share = (time) => Math.min(100, Math.max(0, ((time - from) / span) * 100));
  const percent = (value) => `${value.toFixed(3)}%`;

  function bar(tenure) {
    const begin = share(Date.parse(tenure.since));
    const end = tenure.until === null ? 100 : share(Date.parse(tenure.until));
    const part = tenure.share === null ? "" : ` ${Number(tenure.share)} %`;
    const text = `${tenure.ref}${tenure.label ? ` (${tenure.label})` : ""}${part}`;
    const told = `${text} in ${tenure.stage}, ${minute(tenure.since)} to ${tenure.until === null ? "now" : minute(tenure.until)}, ${lasted(tenure.since, tenure.until)}`;
    const made = h("a", { href: refHash(tenure.ref), class: `bar ${tenure.until === null ? "now" : ""} ${tenure.share === null ? "" : "share"} ${tenure.ended?.what === "rolled_back" ? "bad" : ""}`, title: told, "aria-label": told }, h("span", {}, `${tenure.version}${part}`));
    made.style.left = percent(begin);
    made.style.width = percent(Math.max(0.15, end - begin));
    return made;
  }

  const ticks = h("div", { class: "ticks", "aria-hidden": "true" });
  for (const [time, text] of scale(from, to)) {
    const tick = h("span", {}, text);
    tick.style.left = percent(share(time));
    ticks.append(tick);
  }
  return h("div", { class: "timeline", role: "group", "aria-label": label },
    lanes.map((lane) => h("div", { class: "lane" }, h("div", { class: "name" }, lane.name), h("div", { class: "track" }, lane.tenures.map(bar)))),
    h("div", { class: "lane" }, h("div", { class: "name" }), ticks),
    h("p", { class: "quiet key" }, h("span", { class: "bar now" }), "holds it now ", h("span", { class: "bar" }), "held it ", h("span", { class: "bar bad" }), "was rolled back"));
}

// Some six marks at whole years, months, days or hours.
function scale(from, to) {
  const steps = [HOUR / 60, HOUR / 12, HOUR / 4, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
  const step = steps.find((each) => (to - from) / each <= 7);
  const found = [];
  if (step) {
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const text = new Date(time).toISOString();
      found.push([time, step < DAY ? `${text.slice(5, 10)} ${text.slice(11, 16)}` : text.slice(0, 10)]);
    }
    return found;
  }
  const months = [1, 2, 3, 6, 12, 24, 60, 120].find((each) => (to - from) / (each * 30 * DAY) <= 7) ?? 240;
  const begin = new Date(from);
  for (let month = 0; found.length < 12; month += 1) {
    const time = Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth() + month, 1);
    if (time > to) break;
    const whole = new Date(time).getUTCFullYear() * 12 + new Date(time).getUTCMonth();
    if (time >= from && whole % months === 0) found.push([time, new Date(time).toISOString().slice(0, 7)]);
  }
  return found;
}

const MOST_BARS = 100;

// The stages of one model, the highest first.
function stageTimeline(tenures) {
  if (!tenures.length) return null;
  const to = Date.parse(index.moment);
  const stages = [...new Set([...index.stages].reverse().concat(tenures.map((each) => each.stage)))];
  const lanes = stages.map((stage) => ({ name: stage, tenures: tenures.filter((each) => each.stage === stage).slice(-MOST_BARS) })).filter((each) => each.tenures.length);
  const whole = lanes.reduce((sum, each) => sum + each.tenures.length, 0) === tenures.length;
  // Where only the newest bars are drawn, the scale begins where all lanes have theirs.
  const begins = lanes.map((each) => Date.parse(each.tenures[0].since));
  const from = whole ? Math.min(...begins) : Math.max(...begins);
  return timeline(`Which version held which stage when${whole ? "" : ", lately"}`, lanes, from, Math.max(to, from + 1));
}

function tenureTable(tenures, { without = [] } = {}) {
  const columns = [
    { name: "version", value: (row) => row.version, cell: (row) => refLink(row.ref) },
    { name: "stage", value: (row) => row.stage, cell: (row) => [row.stage, row.share === null ? null : ` ${Number(row.share)} %`, row.waived ? [" ", badge(`${counted(row.waived, "rule")} waived`, "bad")] : null] },
    { name: "since", value: (row) => row.since, cell: (row) => when(row.since), first: "desc" },
    { name: "until", value: (row) => row.until ?? "~", cell: (row) => (row.until ? when(row.until) : badge("now", "good")) },
    { name: "for", csv: [["hours", (row) => ((Date.parse(row.until ?? index.moment) - Date.parse(row.since)) / HOUR).toFixed(2)]], value: (row) => Date.parse(row.until ?? index.moment) - Date.parse(row.since), cell: (row) => lasted(row.since, row.until), right: true, first: "desc" },
    { name: "by", value: (row) => row.began.actor, cell: (row) => user(row.began.actor) },
    { name: "began", cell: beginning, wide: true },
    { name: "ended", cell: (row) => ending(row), wide: true },
  ].filter((each) => !without.includes(each.name));
  return dataTable({ label: "Tenures", columns, rows: [...tenures].reverse() });
}

const MOST_LANES = 80;

// What held a stage at some time of a day (UTC), and who approved that.
async function onDay(tenures, day) {
  const begin = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(begin)) return h("p", {}, `${day} is no day: 2026-03-03`);
  const { changes } = await part("report");
  const approvals = new Map(changes.map((each) => [`${each.seq} ${each.after}`, each.approvals]));
  return dataTable({
    label: `On ${day}`,
    rows: tenures.filter((each) => Date.parse(each.since) < begin + DAY && (each.until === null || Date.parse(each.until) > begin)),
    empty: "Nothing held it on that day.",
    columns: [
      { name: "model", value: (row) => row.name, cell: (row) => modelLink(row.name) },
      { name: "version", value: (row) => row.version, cell: (row) => [refLink(row.ref), row.label ? [" ", user(row.label)] : null, row.share === null ? null : ` ${Number(row.share)} %`] },
      { name: "since", value: (row) => row.since, cell: (row) => [when(row.since), " ", entryLink(row.since_seq)] },
      { name: "until", value: (row) => row.until ?? "~", cell: (row) => (row.until ? when(row.until) : badge("now", "good")) },
      { name: "by", value: (row) => row.began.actor, cell: (row) => user(row.began.actor) },
      { name: "approved by", cell: (row) => joined((approvals.get(`${row.since_seq} ${row.ref}`) ?? []).map((each) => user(each.actor))) },
      { name: "began", cell: beginning, wide: true },
    ],
  });
}

// What held a stage when, of all models.
async function timelineView(query) {
  const stage = index.stages.includes(query.stage) ? query.stage : index.stages.at(-1);
  const days = Number(query.days) || 0;
  const to = Date.parse(index.moment);
  const held = (await rowsOf("tenures", 0, index.models.at(-1)?.tenures[1] ?? 0)).filter((each) => each.stage === stage);
  const models = [...new Set(held.map((each) => each.name))].sort();
  const model = models.includes(query.model) ? query.model : "";
  const all = model ? held.filter((each) => each.name === model) : held;
  const begin = days ? to - days * DAY : Math.min(to - HOUR, ...all.map((each) => Date.parse(each.since)));
  const shownOnes = all.filter((each) => each.until === null || Date.parse(each.until) > begin);
  const lanes = new Map();
  for (const each of shownOnes) push(lanes, each.name, each);
  const names = [...lanes.keys()].sort((a, b) => (a < b ? -1 : 1));
  const ask = (changes) => { location.hash = viewHash("timeline", { stage, model, days: days || "", on: query.on, ...changes }); };
  return {
    title: `Timeline of ${stage}`,
    content: [
      h("h1", {}, "Timeline"),
      h("div", { class: "tools" },
        choice("Stage", [...index.stages].reverse().map((each) => [each, each]), stage, (value) => ask({ stage: value })),
        choice("Period", [["", "all"], ["7", "7 days"], ["30", "30 days"], ["90", "90 days"], ["365", "a year"]], days ? String(days) : "", (value) => ask({ days: value })),
        models.length > 1 ? choice("Model", [["", "all"], ...models.map((each) => [each, each])], model, (value) => ask({ model: value })) : null,
        dateField("On", query.on ?? "", (value) => ask({ on: value }))),
      query.on ? section(`What was in ${stage} on ${query.on}`, await onDay(all, query.on)) : null,
      section(`What was in ${stage} when`, names.length ? timeline(`What was in ${stage} when`, names.slice(0, MOST_LANES).map((name) => ({ name: modelLink(name), tenures: lanes.get(name).slice(-300) })), begin, to) : h("p", { class: "quiet" }, "Nothing held it then."),
        names.length > MOST_LANES ? h("p", { class: "quiet" }, `${names.length - MOST_LANES} more models: see the list.`) : null),
      section("The same as a list", shownOnes.length ? h("details", {}, h("summary", {}, counted(shownOnes.length, "tenure")), tenureTable(shownOnes.sort((a, b) => a.since_seq - b.since_seq), { without: ["stage"] })) : null),
    ],
  };
}
