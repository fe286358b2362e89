// The log: its entries as sentences, the newest first, by day. Parts are unpacked until enough entries are found.

const ENOUGH = 200;

async function auditView(query) {
  const state = { q: query.q ?? "", action: query.action ?? "", actor: query.actor ?? "", seq: query.seq ?? "" };
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
      at += 1;
    }
    list.append(...byDay(found, lastDay));
    const day = found.length ? found.at(-1).time.slice(0, 10) : lastDay;
    const rest = at < index.entries;
    more.replaceChildren(rest ? h("button", { type: "button", click: () => next(mine, at, day) }, "Older entries") : h("span", { class: "quiet" }, list.childElementCount ? "The log begins here." : "No entry is like that."));
  }

  function matches(entry) {
    if (state.seq && String(entry.seq) !== state.seq) return false;
    if (state.action && entry.action !== state.action) return false;
    const asked = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    const text = [entry.sentence, entry.subject, entry.actor, entry.claimed, entry.author, entry.action, `#${entry.seq}`].filter(Boolean).join("\n").toLowerCase();
    return asked.every((word) => text.includes(word));
  }

  let soon = 0;
  function changed(name, value) {
    state[name] = value;
    state.seq = "";
    setQuery("audit", state);
    clearTimeout(soon);
    soon = setTimeout(search, 150);
  }

  await search();
  const actions = Object.entries(index.actions).map(([name, count]) => [name, `${name} (${count.toLocaleString("en")})`]);
  return {
    title: "Audit",
    content: [
      h("h1", {}, "Audit"),
      h("p", { class: "lead" }, `${counted(index.head.seq, "entry", "entries")}, each bound to the one before by its hash. `, h("span", { class: "nowrap" }, "modelkeep verify"), " checks them."),
      state.seq ? h("p", {}, `Entry ${state.seq} alone. `, link("#audit", "Show all")) : null,
      h("div", { class: "tools" }, filterField("Search", (value) => changed("q", value), state.q), choice("Action", [["", "all"], ...actions], state.action, (value) => changed("action", value))),
      list, more,
    ],
  };
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
    h("span", { class: "sentence" }, linked(each), h("small", {}, user(each.actor), each.login ? [" (logged in as ", user(each.login), ")"] : null, each.claimed ? [", claims ", user(each.claimed)] : null, " · ", h("span", { title: each.hash }, `#${each.seq} ${short(each.hash)}`))))));
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
