// The log: its entries as sentences, the newest first, by day. Parts are unpacked until enough entries are found.

const ENOUGH = 200;

async function auditView(query) {
  const state = Object.fromEntries(["q", "action", "actor", "since", "until", "about", "seq"].map((key) => [key, query[key] ?? ""]));
  const list = h("div");
  const more = h("div", { class: "pager" });
  let turn = 0;

  async function search() {
    turn += 1;
    const mine = turn;
    list.replaceChildren();
    await next(mine, 0, null);
  }

  async function next(mine, place, lastDay) {
    more.replaceChildren(h("span", { class: "quiet" }, "Reading …"));
    const found = [];
    let at = place;
    while (at < index.entries && found.length < ENOUGH) {
      const { entries } = await part(`entries-${at}`);
      if (mine !== turn) return;
      found.push(...entries.filter(matches));
      at = state.since && day(entries.at(-1).time) < state.since ? index.entries : at + 1;
    }
    list.append(...byDay(found, lastDay));
    const begun = found.length ? day(found.at(-1).time) : lastDay;
    const rest = at < index.entries;
    more.replaceChildren(rest ? h("button", { type: "button", click: () => next(mine, at, begun) }, "Older entries") : h("span", { class: "quiet" }, list.childElementCount ? (["q", "action", "actor", "since", "about", "seq"].some((key) => state[key]) ? "No older entry is like that." : "The log begins here.") : "No entry is like that."));
  }

  function matches(entry) {
    if (state.seq && String(entry.seq) !== state.seq) return false;
    if (state.action && entry.action !== state.action) return false;
    if (state.actor && entry.actor !== state.actor) return false;
    if ((state.since && day(entry.time) < state.since) || (state.until && day(entry.time) > state.until)) return false;
    if (state.about && !isAbout(entry, state.about)) return false;
    const asked = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const text = [entry.sentence, entry.subject, entry.actor, entry.claimed, entry.author, entry.action, `#${entry.seq}`].filter(Boolean).join("\n").toLowerCase();
    return asked.every((word) => text.includes(word));
  }

  let soon = 0;
  function changed(name, value) {
    state[name] = value;
    if (state.seq) { state.seq = ""; alone.remove(); }
    setQuery("audit", state);
    clearTimeout(soon);
    soon = setTimeout(search, 150);
  }

  const alone = state.seq || state.about ? h("p", {}, state.seq ? `Entry ${state.seq} alone. ` : ["About ", user(state.about), ". "], link("#audit", "Show all")) : h("p");
  await search();
  const people = Object.entries(index.actors).map(([name, count]) => [name, `${name} (${count.toLocaleString("en")})`]);
  const actions = Object.entries(index.actions).map(([name, count]) => [name, `${name} (${count.toLocaleString("en")})`]);
  return {
    title: "Audit",
    content: [
      h("h1", {}, "Audit"),
      h("p", { class: "lead" }, `${counted(index.head.seq, "entry", "entries")}, each bound to the one before by its hash. `, h("span", { class: "nowrap" }, "modelkeep verify"), " checks them."),
      alone,
      h("div", { class: "tools" }, filterField("Search", (value) => changed("q", value), state.q), choice("Action", [["", "all"], ...actions], state.action, (value) => changed("action", value)),
        choice("By", [["", "all"], ...people], state.actor, (value) => changed("actor", value)),
        dateField("From", state.since, (value) => changed("since", value)), dateField("to", state.until, (value) => changed("until", value))),
      list, more,
    ],
  };
}

function dateField(label, value, changed) {
  const id = newId();
  return h("div", { class: "field" }, h("label", { for: id }, label), h("input", { id, type: "date", value, change: (event) => changed(event.target.value) }));
}

// Whether an entry is of a version or a model, or names the version: it displaced it, or was made from it.
function isAbout(entry, ref) {
  if (!ref.includes("@")) return entry.subject === ref || (entry.subject ?? "").startsWith(`${ref}@`);
  const at = entry.sentence.indexOf(ref);
  return entry.subject === ref || (at >= 0 && !/[\w/.-]/.test(entry.sentence.charAt(at - 1)) && !/\d/.test(entry.sentence.charAt(at + ref.length)));
}

function byDay(entries, last = null) {
  const days = new Map();
  for (const each of entries) {
    const day = each.time.slice(0, 10);
    if (!days.has(day)) days.set(day, []);
    days.get(day).push(each);
  }
  return [...days].map(([day, found]) => h("section", { class: "day" }, day === last ? null : h("h2", {}, dayName(day)), entryList(found)));
}

function dayName(text) {
  return new Date(`${text}T00:00:00Z`).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

function entryList(entries, withDay = false) {
  return h("ol", { class: withDay ? "entries dated" : "entries" }, entries.map((each) => h("li", {},
    h("span", { class: "clock" }, h("time", { datetime: each.time, title: each.time }, withDay ? minute(each.time) : each.time.slice(11, 16))),
    h("span", { class: "sentence" }, linked(each), h("small", {}, user(each.actor), each.login ? [" (logged in as ", user(each.login), ")"] : null, each.claimed ? [", claims ", user(each.claimed)] : null, " · ", entryLink(each.seq), " ", h("span", { title: each.hash }, short(each.hash)))))));
}

// The sentence of an entry, with a link where it names its subject.
function linked(entry) {
  const { sentence, subject } = entry;
  const at = subject ? sentence.indexOf(subject) : -1;
  if (at < 0) return user(sentence);
  const model = modelNamed(subject.replace(/@[^@]*$/, ""));
  const known = subject.includes("@") ? model && Number(subject.split("@").at(-1)) <= model.newest : model;
  if (!known) return user(sentence);
  const to = subject.includes("@") ? refLink(subject) : modelLink(subject);
  return h("bdi", { dir: "auto" }, sentence.slice(0, at), to, sentence.slice(at + subject.length));
}
