// The view of a version: all that `show` says of it.

async function versionView(model, number, query) {
  const found = await version(`${model.name}@${number}`);
  if (!found) return missing(`There is no version ${number} of ${model.name}.`, h("p", {}, modelLink(model.name)));
  const top = model.holders.find((each) => each.stage === index.stages.at(-1));
  const { requests } = found.requests.length ? await part("requests") : { requests: [] };
  const asked = found.requests.map((each) => requests.find((one) => one.request === each.request) ?? each);
  return {
    title: found.ref,
    content: [
      h("p", { class: "crumbs" }, link("#/", "Models"), " / ", link(modelHash(model.name), h("bdi", {}, model.name)), ` / v${found.version}`),
      h("h1", {}, h("bdi", {}, found.ref), found.label ? [" ", h("span", { class: "label" }, user(found.label))] : null),
      h("p", { class: "badges" }, stateBadge(found), stageBadges(found), found.aliases.map((each) => badge(each, "alias")), found.bad && found.state !== "bad" ? badge("bad", "bad") : null, problemBadge(found.inspection)),
      user(found.description, "p"),
      h("p", { class: "tools" },
        found.version > 1 ? h("a", { class: "button", href: refHash(`${model.name}@${found.version - 1}`) }, `‹ v${found.version - 1}`) : null,
        found.version < model.newest ? h("a", { class: "button", href: refHash(`${model.name}@${found.version + 1}`) }, `v${found.version + 1} ›`) : null,
        top && top.version !== found.version ? h("a", { class: "button", href: compareHash([`${model.name}@${top.version}`, found.ref]) }, `Compare with ${top.stage} (v${top.version})`) : null,
        found.version > 1 ? h("a", { class: "button", href: compareHash([`${model.name}@${found.version - 1}`, found.ref]) }, `Compare with v${found.version - 1}`) : null,
        h("a", { class: "button", href: viewHash("lineage", { node: found.ref }) }, "Lineage")),
      h("div", { class: "columns" }, h("div", {},
        section("Metrics", metricsTable(found)),
        section("Parameters", valueTable("Parameters", found.params)),
        section("Made from", madeFrom(found)),
        section("Came of it", facts([["Versions", joined(found.children.map((each) => refLink(each)))], ["Runs at", found.deployments.map(deploymentLine)]]))),
      h("div", {},
        section("Record", record(found)),
        section("Missing", found.missing.length ? h("p", {}, "Nothing is recorded of its ", found.missing.join(", "), ".") : null))),
      section("Stages it held", found.tenures.length ? tenureTable(found.tenures, { without: ["version"] }) : null, verdicts(found.tenures)),
      section("Requests", asked.length ? requestList(asked) : null),
      section("Checks", found.checks.length ? checkTable(found.checks) : null),
      section("Beware", problems(found.inspection)),
      section("Inputs and outputs", signature(found.signature)),
      section("Formats", formats(found.inspection)),
      section("Files", files(found)),
      section("Environment", environment(found.environment)),
      section("Signals", await signalsOf(found.ref)),
      section("Notes", notes(found.notes)),
      h("p", {}, link(viewHash("audit", { about: found.ref }), "Its entries in the log")),
    ],
  };
}

function missing(text, ...more) {
  return { title: "Not found", content: [h("h1", {}, "Not found"), h("p", {}, text), ...more, h("p", {}, link("#/", "All models"))] };
}

function metricsTable(found) {
  const rows = [...metricsOf(found).values()];
  if (!rows.length) return null;
  const data = rows.some((each) => each.data !== null);
  return dataTable({
    label: "Metrics",
    rows,
    columns: [
      { name: "metric", value: (row) => row.name, cell: (row) => [user(row.name), index.better.has(row.name) ? h("small", { class: "soft", title: `${index.better.get(row.name)} is better` }, index.better.get(row.name) === "higher" ? " ↑" : " ↓") : null] },
      { name: "value", csv: [["value", (row) => number(row.value)]], value: (row) => asNumber(row.value), cell: (row) => h("b", {}, number(row.value)), right: true },
      data ? { name: "on", value: (row) => row.data, cell: (row) => (row.data ? user(row.data) : null), wide: true } : null,
      { name: "recorded", value: (row) => row.since, cell: (row) => [when(row.since), " by ", user(row.actor)] },
      rows.some((each) => replaced(found, each).length) ? { name: "before", cell: (row) => replaced(found, row).map((each) => h("div", {}, number(each.value), h("small", {}, " ", when(each.since), " by ", user(each.actor)))), wide: true } : null,
    ].filter(Boolean),
  });
}

// The values that another one has replaced, the newest first.
function replaced(found, current) {
  return found.evaluations.filter((each) => each !== current && each.name === current.name && each.data === current.data);
}

function valueTable(label, values) {
  const rows = Object.entries(values);
  if (!rows.length) return null;
  return dataTable({
    label,
    rows,
    columns: [
      { name: "name", value: (row) => row[0], cell: (row) => user(row[0]) },
      { name: "value", value: (row) => asNumber(row[1]) ?? plainValue(row[1]), cell: (row) => longText(plainValue(row[1])), right: typeof rows[0][1] === "number", wide: true },
    ],
  });
}

// A long text is there in full once it is asked for.
function longText(text, most = 300) {
  if (text.length <= most) return user(text);
  return h("details", { class: "long" }, h("summary", {}, user(`${text.slice(0, most)} …`)), user(text, "div"));
}

function madeFrom(found) {
  const { code } = found;
  return facts([
    ...found.data.map((each) => [each.role ? `Data (${each.role})` : "Data", [nodeLink(each.node), each.location && each.location !== each.name ? h("small", {}, " ", address(each.location)) : null]]),
    ["Code", code.commit || code.dirty !== null ? [code.commit ? h("code", { title: code.commit }, code.commit.slice(0, 12)) : "no commit", code.dirty ? [" ", badge("dirty", "warn")] : null, code.branch ? [" on ", user(code.branch)] : null, code.remote ? h("div", {}, address(code.remote)) : null] : null],
    ...found.parents.map((each) => [each.derived_by ? `Parent (${each.derived_by})` : "Parent", each.ref ? refLink(each.ref) : address(each.location)]),
    ...found.runs.map((each) => ["Run", [user(each.id), each.location ? h("div", {}, address(each.location)) : null]]),
    ["CI", found.ci ? [user(found.ci.system), found.ci.url ? [" ", address(found.ci.url)] : null, found.ci.job ? [", job ", user(found.ci.job)] : null] : null],
    [found.trained.guessed ? "Files dated" : "Trained", found.trained.ended ? [found.trained.started ? [when(found.trained.started), " to "] : null, when(found.trained.ended)] : found.trained.started ? ["from ", when(found.trained.started)] : null],
    ["Seeds", found.trained.seeds.join(", ")],
  ]);
}

function record(found) {
  return facts([
    ["Registered", [when(found.created), " by ", user(found.actor), found.claimed ? [" (claims ", user(found.claimed), ")"] : null, found.host ? [" on ", user(found.host)] : null]],
    ["Author", found.author === found.actor ? null : user(found.author)],
    ["Reason", user(found.reason)],
    ["Marked bad", found.marked ? doneBy(found.marked) : null],
    ["Deleted", found.deletion ? doneBy(found.deletion) : null],
    ["Artifact", [`${counted(found.files, "file")}, ${size(found.size_bytes)}`, found.formats.length ? [", ", user(found.formats.join(", "))] : null]],
    ["Licence", user(found.licence)],
    ["Digest", digest(found.digest)],
    ["Tags", tagList(found.tags)],
    ["Source", found.source.length ? joined(found.source.map((each) => user(each))) : null],
    ["Attachments", found.attachments.map((each) => h("div", {}, user(each.name), ` (${each.kind}, ${size(each.size_bytes)})`))],
    ["Entry", entryLink(found.seq)],
  ]);
}

function doneBy(change) {
  return [when(change.time), " by ", user(change.actor), change.reason ? [": ", user(change.reason)] : null, " ", entryLink(change.seq)];
}

function deploymentLine(row) {
  return h("div", {}, user(row.target), row.share === null ? null : ` ${Number(row.share)} %`, ` ${row.status} since `, when(row.since), row.drift ? [" ", badge(`drift: ${row.drift}`, "bad")] : null);
}

// What the policy found when the version came into a stage.
function verdicts(tenures) {
  return tenures.filter((each) => each.rules.length).map((each) => h("details", {},
    h("summary", {}, `What the rules found for ${each.stage} on `, when(each.since)), ruleTable(each.rules)));
}

function ruleTable(rules) {
  return dataTable({
    label: "Rules",
    rows: rules,
    columns: [
      { name: "rule", cell: (row) => user(row.rule) },
      { name: "value", cell: (row) => user(row.value), wide: true },
      { name: "bound", title: "must be", cell: (row) => user(row.bound), wide: true },
      { name: "result", cell: (row) => ruleBadge(row) },
    ],
  });
}

function ruleBadge(row) {
  if (row.passed) return badge("holds", "good");
  if (row.waived) return badge("waived", "bad");
  return row.warn ? badge("warns", "warn") : badge("does not hold", "bad");
}

function requestList(rows) {
  return h("ul", { class: "items" }, rows.map((row) => h("li", {},
    h("div", {}, badge(row.state, { open: "warn", promoted: "good", rejected: "bad" }[row.state] ?? "quiet"), " ", refLink(row.ref), ` to ${row.stage}`, row.share === null ? null : ` at ${Number(row.share)} %`, ", asked for by ", user(row.actor), " ", when(row.time), " ", entryLink(row.request)),
    row.reason ? h("p", {}, "“", user(row.reason), "”") : null,
    row.state === "open" && row.holder ? h("p", {}, row.holder === row.ref ? `It holds ${row.stage} already.` : ["It would replace ", refLink(row.holder), "."]) : null,
    row.approvals.map((each) => h("div", { class: "approval" }, "approved by ", user(each.actor), each.roles.length ? ` as ${each.roles.join(", ")}` : null, " ", when(each.time), each.counts === false ? [" ", badge("does not count", "bad"), " ", user(each.why)] : each.counts ? [" ", badge("counts", "good")] : null, each.reason ? [": “", user(each.reason), "”"] : null, seenPlan(each.plan))),
    row.ended ? h("div", {}, `${row.state} by `, user(row.ended.actor), " ", when(row.ended.time), row.ended.reason ? [": “", user(row.ended.reason), "”"] : null) : null,
    row.state === "open" && row.who_may_approve ? h("p", {}, badge("waits", "warn"), " for the approval of ", user(row.who_may_approve)) : null,
    row.rules.length ? h("details", {}, h("summary", {}, `${row.rules.filter((each) => each.passed).length} of ${counted(row.rules.length, "rule")} hold`), ruleTable(row.rules)) : null)));
}

// What an approver saw: the values and bounds of then, whatever they are now.
function seenPlan(plan) {
  return h("details", {}, h("summary", {}, "what was seen"),
    h("p", {}, plan.holder ? ["in place of ", refLink(plan.holder)] : "of an empty stage", plan.share === null ? null : `, at ${Number(plan.share)} %`),
    plan.values.length ? dataTable({
      label: "What was seen",
      rows: plan.values,
      columns: [
        { name: "rule", cell: (row) => user(row.rule) },
        { name: "value", cell: (row) => user(row.value), wide: true },
        { name: "bound", title: "had to be", cell: (row) => user(row.bound), wide: true },
      ],
    }) : null,
    h("p", {}, "plan ", digest(plan.digest)));
}

function checkTable(rows, withRef = false) {
  return dataTable({
    label: "Checks",
    rows,
    columns: [
      withRef ? { name: "version", value: (row) => row.ref, cell: (row) => refLink(row.ref) } : null,
      { name: "check", value: (row) => row.name, cell: (row) => user(row.name) },
      { name: "result", value: (row) => row.result, cell: (row) => (row.result ? badge(row.result, row.result === "pass" ? "good" : "bad") : badge("missing", "warn")) },
      { name: "state", value: (row) => row.state, cell: (row) => [badge(row.state, row.state === "current" ? "good" : "quiet"), row.stages?.length ? h("small", {}, ` asked for by ${row.stages.join(", ")}`) : null] },
      { name: "when", value: (row) => row.time, cell: (row) => when(row.time), first: "desc" },
      { name: "by", value: (row) => row.actor, cell: (row) => user(row.actor) },
      { name: "expires", value: (row) => row.expires, cell: (row) => when(row.expires) },
      { name: "evidence", cell: (row) => digest(row.evidence), wide: true },
    ].filter(Boolean),
  });
}

function isSerious(problem) {
  return problem.kind !== "note";
}

function problemBadge(found) {
  const serious = found ? found.problems.filter(isSerious) : [];
  return serious.length ? badge(counted(serious.length, "problem"), "bad") : null;
}

function problems(found) {
  if (!found || !found.problems.length) return null;
  return h("ul", { class: "items" }, found.problems.map((each) => h("li", {}, badge(each.kind, isSerious(each) ? "bad" : "quiet"), " ", each.file ? [user(each.file), ": "] : null, user(each.text))));
}

function signature(found) {
  if (!found) return null;
  const rows = [["input", found.inputs], ["output", found.outputs], ["param", found.params]].flatMap(([kind, fields]) => fields.map((each) => ({ kind, ...each })));
  if (!rows.length) return null;
  return dataTable({
    label: "Inputs and outputs",
    rows,
    columns: [
      { name: "name", value: (row) => row.name, cell: (row) => user(row.name) ?? "–" },
      { name: "kind", value: (row) => row.kind, cell: (row) => row.kind },
      { name: "type", value: (row) => row.dtype, cell: (row) => user(row.dtype) },
      { name: "shape", cell: (row) => (row.shape.length ? `[${row.shape.join(", ")}]` : "") },
      { name: "optional", cell: (row) => (row.optional ? "optional" : "") },
    ],
  });
}

function formats(found) {
  if (!found || !found.files.length) return null;
  return [
    facts([["Format", user(found.format)], ["Parameters", found.parameters ? number(found.parameters) : null], ["Tensors", found.tensors ? number(found.tensors) : null], ...Object.entries(found.facts).map(([name, value]) => [name, user(value)])]),
    h("details", {}, h("summary", {}, counted(found.files.length, "file")), found.files.slice(0, 50).map((each) => h("div", {}, h("h3", {}, user(each.path)), facts([["format", user(each.format)], ...Object.entries(each.facts).map(([name, value]) => [name, longText(value)]), ["globals", each.globals.length ? longText(each.globals.join(", ")) : null]])))),
  ];
}

function files(found) {
  if (!found.contents.length) return null;
  const table = dataTable({
    label: "Files",
    rows: found.contents,
    columns: [
      { name: "path", value: (row) => row.path, cell: (row) => user(row.path) },
      { name: "size", value: (row) => row.size_bytes, cell: (row) => size(row.size_bytes), right: true, first: "desc" },
      { name: "digest", cell: (row) => digest(row.digest), wide: true },
    ],
  });
  return found.contents.length > 12 ? h("details", {}, h("summary", {}, counted(found.contents.length, "file")), table) : table;
}

function environment(found) {
  if (!found) return null;
  const packages = Object.entries(found.packages);
  return [
    facts([["Python", [found.python, found.implementation].filter(Boolean).join(" ")], ["System", [found.system, found.machine].filter(Boolean).join(" ")], ["Accelerators", found.accelerators.join(", ")], ["Lock file", found.lock ? user(found.lock.name) : null]]),
    packages.length ? h("details", {}, h("summary", {}, counted(found.package_count, "package")), h("ul", { class: "packages" }, packages.map(([name, version]) => h("li", {}, user(name), " ", h("b", {}, version))))) : null,
  ];
}
