// Who asked, who approved, what was waived, what waits for a person, and the rules.

const GOVERNANCE = [
  ["requests", "Requests"], ["items", "Items"], ["changes", "Stage changes"], ["exceptions", "Exceptions"],
  ["checks", "Checks"], ["policy", "Policy"], ["roles", "Roles"],
];

async function governanceView(query) {
  const show = GOVERNANCE.some(([name]) => name === query.show) ? query.show : "requests";
  const title = GOVERNANCE.find(([name]) => name === show)[1];
  const report = await part("report");
  return {
    title: `Governance: ${title}`,
    content: [
      h("h1", {}, "Governance"),
      h("nav", { class: "choices", "aria-label": "Parts of governance" }, GOVERNANCE.map(([name, text]) => h("a", { href: viewHash("governance", { show: name }), "aria-current": name === show ? "page" : null }, text))),
      section(title, ...(await { requests: governedRequests, items: governedItems, changes: governedChanges, exceptions: governedExceptions, checks: governedChecks, policy: governedPolicy, roles: governedRoles }[show](report))),
    ],
  };
}

const NOTHING = h("p", { class: "quiet" }, "Nothing.");

async function governedRequests() {
  const { requests } = await part("requests");
  const open = requests.filter((each) => each.state === "open");
  const closed = requests.filter((each) => each.state !== "open");
  return [
    h("h3", {}, `Open (${open.length})`), open.length ? requestList(open) : NOTHING.cloneNode(true),
    closed.length ? [h("h3", {}, `Closed (${closed.length})`), requestList(closed.slice(0, 200)), closed.length > 200 ? h("p", { class: "quiet" }, `${closed.length - 200} older ones are in the log.`) : null] : null,
  ];
}

function governedItems(report) {
  const items = [...report.items].sort((a, b) => (a.closed !== null) - (b.closed !== null) || b.seq - a.seq);
  return [h("p", { class: "lead" }, "What a person must look at: broken glass, signals beyond their bounds, canaries."),
    dataTable({
      label: "Items",
      rows: items,
      columns: [
        { name: "version", value: (row) => row.ref, cell: (row) => refLink(row.ref) },
        { name: "item", value: (row) => row.item, cell: (row) => badge(row.item, row.closed === null ? "warn" : "quiet") },
        { name: "since", value: (row) => row.time, cell: (row) => [when(row.time), " ", entryLink(row.seq)], first: "desc" },
        { name: "what", cell: (row) => user(row.sentence), wide: true },
        { name: "state", value: (row) => row.closed ?? 0, cell: (row) => (row.closed === null ? badge("open", "bad") : ["acknowledged by ", user(row.closed_by), " ", entryLink(row.closed)]) },
        { name: "answer", cell: (row) => user(row.answer), wide: true },
      ],
    })];
}

function governedChanges(report) {
  const state = { q: "", since: "", until: "" };
  const place = h("div");
  const texts = (row) => [row.stage, row.before, row.after, words(row.what), row.actor, row.asked_by, row.reason, row.rule, ...row.approvals.map((each) => each.actor)].join("\n").toLowerCase();
  const draw = (changed) => {
    Object.assign(state, changed);
    const asked = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = report.changes.filter((row) => (!state.since || day(row.time) >= state.since) && (!state.until || day(row.time) <= state.until) && asked.every((word) => texts(row).includes(word)));
    fill(place, changeTable(rows));
    return rows.length;
  };
  draw({});
  return [h("p", { class: "lead" }, `What changed in ${report.stages.join(" and ")}, who asked for it, who approved it, and what the rules found.`),
    report.changes.length > 3 ? tools(filterField("Filter", (value) => tell(counted(draw({ q: value }), "change"))), dateField("From", "", (value) => draw({ since: value })), dateField("to", "", (value) => draw({ until: value }))) : null,
    place];
}

function changeTable(rows) {
  return dataTable({
    label: "Stage changes",
    rows,
    empty: "No change is like that.",
    sort: ["when", true],
    columns: [
      { name: "when", value: (row) => row.time, cell: (row) => [when(row.time), " ", entryLink(row.seq)], first: "desc" },
      { name: "stage", value: (row) => row.stage, cell: (row) => [badge(row.stage, stageClass(row.stage)), row.share === null ? null : ` ${Number(row.share)} %`] },
      { name: "before", cell: (row) => refLink(row.before) },
      { name: "after", cell: (row) => refLink(row.after) },
      { name: "what", value: (row) => row.what, cell: (row) => [words(row.what), row.waived ? [" ", badge(`${counted(row.waived, "rule")} waived`, "bad")] : null, row.forced ? [" ", badge("forced", "warn")] : null] },
      { name: "by", value: (row) => row.actor, cell: (row) => user(row.actor) },
      { name: "asked by", cell: (row) => user(row.asked_by) },
      { name: "approved by", cell: (row) => joined(row.approvals.map((each) => user(each.actor))) },
      { name: "reason", cell: (row) => [user(row.reason), row.rule ? [row.reason ? h("br") : null, "by the rule: ", user(row.rule)] : null], wide: true },
      { name: "rules", cell: (row) => (row.rules.length ? h("details", {}, h("summary", {}, `${row.rules.filter((each) => each.passed).length} of ${row.rules.length}`), h("ul", {}, row.rules.map((each) => h("li", {}, ruleBadge(each), " ", user(`${each.rule}: ${each.value} (${each.bound})`))))) : null), wide: true },
    ],
  });
}

function governedExceptions(report) {
  return [h("p", { class: "lead" }, "Changes that waived rules of the policy (break-glass), and changes with --force (forced)."),
    dataTable({
      label: "Exceptions",
      rows: report.exceptions,
      sort: ["when", true],
      columns: [
        { name: "when", value: (row) => row.time, cell: (row) => [when(row.time), " ", entryLink(row.seq)], first: "desc" },
        { name: "kind", value: (row) => row.kind, cell: (row) => badge(row.kind, row.kind === "break-glass" ? "bad" : "warn") },
        { name: "version", value: (row) => row.ref, cell: (row) => refLink(row.ref) },
        { name: "what", cell: (row) => user(row.sentence), wide: true },
        { name: "by", value: (row) => row.actor, cell: (row) => user(row.actor) },
        { name: "reason", cell: (row) => user(row.reason), wide: true },
      ],
    })];
}

function governedChecks(report) {
  return [checkTable([...report.checks].reverse(), true)];
}

async function governedPolicy(report) {
  if (!index.policy) return [h("p", {}, "No policy is in force: any account that may write may promote.")];
  const [policy, { policies }] = await Promise.all([part("policy"), part("policies")]);
  return [
    h("p", {}, "In force since ", when(policy.time), ", set by ", user(policy.actor), " ", entryLink(policy.seq), policy.reason ? [": “", user(policy.reason), "”"] : null),
    dataTable({
      label: "Rules",
      rows: policy.statements,
      columns: [
        { name: "about", value: (row) => row.subject, cell: (row) => user(row.subject) },
        { name: "rule", value: (row) => row.rule, cell: (row) => user(row.rule) },
        { name: "says", cell: (row) => user(row.says), wide: true },
      ],
    }),
    h("details", {}, h("summary", {}, "The file"), h("pre", { tabindex: "0" }, policy.source)),
    h("h3", {}, "Every policy that was in force"),
    dataTable({
      label: "Policies",
      rows: [...policies].reverse(),
      columns: [
        { name: "entry", value: (row) => row.seq, cell: (row) => entryLink(row.seq) },
        { name: "since", value: (row) => row.time, cell: (row) => when(row.time) },
        { name: "by", value: (row) => row.actor, cell: (row) => user(row.actor) },
        { name: "reason", cell: (row) => user(row.reason), wide: true },
        { name: "digest", cell: (row) => digest(row.digest), wide: true },
        { name: "changes", cell: (row) => policyChanges(report, row.seq), wide: true },
      ],
    }),
  ];
}

function policyChanges(report, seq) {
  const found = report.policy_changes.find((each) => each.seq === seq);
  if (!found || !found.differences.length) return null;
  return h("details", {}, h("summary", {}, counted(found.differences.length, "difference")), h("ul", {}, found.differences.map((each) => h("li", {}, user([each.subject, each.rule].filter(Boolean).join(", ")), ": ", user(each.before ?? "none"), " → ", user(each.after ?? "none")))));
}

function governedRoles(report) {
  return [
    report.roles.length ? dataTable({
      label: "Roles",
      rows: report.roles,
      columns: [
        { name: "role", value: (row) => row.role, cell: (row) => [user(row.role), row.in_policy ? null : [" ", badge("not in the policy", "warn")]] },
        { name: "may", cell: (row) => user(row.may.join(", ")), wide: true },
        { name: "borne by", cell: (row) => row.bearers.map((each) => h("div", {}, user(each.who), h("small", {}, " since ", when(each.since), " by ", user(each.actor)))), wide: true },
      ],
    }) : h("p", {}, "There are no roles."),
    report.role_changes.length ? [h("h3", {}, "Changes of roles"), h("ul", { class: "items" }, [...report.role_changes].reverse().map((each) => h("li", {}, when(each.time), " ", user(each.actor), ": ", user(each.sentence), " ", entryLink(each.seq))))] : null,
  ];
}
