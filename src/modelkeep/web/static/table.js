// Tables that are sorted by a click on a heading, and show a page of their rows at a time.

const PAGE_ROWS = 50;

// columns: {name, value(row): what it is sorted by, cell(row): what is shown, right, first: "desc" where large comes first}
function dataTable({ label, columns, rows, sort = null, rowClass = null, empty = "Nothing." }) {
  if (!rows.length) return h("p", { class: "quiet" }, empty);
  let [key, down] = sort ?? [null, false];
  let first = 0;
  let most = PAGE_ROWS;
  const head = h("tr");
  const body = h("tbody");
  const pager = h("div", { class: "pager" });
  const place = h("div", { class: "table" },
    h("div", { class: "scroll", role: "region", "aria-label": label, tabindex: "0" }, h("table", {}, h("caption", { class: "hidden" }, label), h("thead", {}, head), body)), pager);

  function ordered() {
    const column = columns.find((each) => each.name === key);
    if (!column) return rows;
    const keyed = rows.map((row, at) => [column.value(row), at, row]);
    keyed.sort((a, b) => compare(a[0], b[0], down) || a[1] - b[1]);
    return keyed.map((each) => each[2]);
  }

  function draw() {
    const all = ordered();
    head.replaceChildren(...columns.map(heading));
    body.replaceChildren(...all.slice(first, first + most).map((row) => h("tr", { class: rowClass?.(row) },
      columns.map((column, at) => h(at === 0 ? "th" : "td", { class: column.right ? "right" : column.wide ? "wide" : null, scope: at === 0 ? "row" : null }, column.cell(row))))));
    fill(pager, all.length > most ? pages(all.length) : null,
      rows.length > 3 ? h("button", { type: "button", class: "csv", "aria-label": `${label} as CSV`, click: () => download(`${label}.csv`, asCsv(columns, ordered())) }, "CSV") : null);
  }

  function heading(column) {
    const order = column.name === key ? (down ? "descending" : "ascending") : null;
    const head = { scope: "col", "aria-sort": order, class: column.right ? "right" : null };
    if (!column.value) return h("th", head, column.title ?? column.name);
    const mark = h("span", { class: "mark", "aria-hidden": "true" }, order ? (down ? "▾" : "▴") : "");
    return h("th", head, h("button", { type: "button", click: () => sorted(column) }, column.title ?? column.name, mark));
  }

  function sorted(column) {
    down = column.name === key ? !down : column.first === "desc";
    key = column.name;
    first = 0;
    draw();
    const at = columns.indexOf(column);
    head.children[at].querySelector("button").focus();
    tell(`sorted by ${column.title ?? column.name}, ${down ? "descending" : "ascending"}`);
  }

  function pages(count) {
    const to = (next) => () => { first = next; draw(); place.querySelector(".scroll").focus(); };
    const last = Math.floor((count - 1) / PAGE_ROWS) * PAGE_ROWS;
    return [
      h("button", { type: "button", disabled: first === 0, click: to(0) }, "First"),
      h("button", { type: "button", disabled: first === 0, click: to(first - PAGE_ROWS) }, "Previous"),
      h("span", {}, `${first + 1} to ${Math.min(count, first + most)} of ${count.toLocaleString("en")}`),
      h("button", { type: "button", disabled: first === last, click: to(first + PAGE_ROWS) }, "Next"),
      h("button", { type: "button", disabled: first === last, click: to(last) }, "Last"),
    ];
  }

  // Paper has no pages to turn: main.js tells how many rows it has.
  place.addEventListener("paper", ({ detail }) => {
    if (rows.length <= PAGE_ROWS) return;
    most = detail;
    first = 0;
    draw();
  });
  draw();
  return place;
}

// The table as a spreadsheet reads it. A text that would be a formula there gets an apostrophe. A column may be another one there,
// or several: csv: [[name, text(row)], …].
function asCsv(columns, rows) {
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const harmless = (text) => (/^[=+\-@\t\r]/.test(text) && asNumber(text) === null ? `'${text}` : text);
  const cell = (column, row) => {
    const value = column.value?.(row);
    if (typeof value === "number" && column.right) return String(value);
    const held = h("div", {}, column.cell(row));
    for (const time of held.querySelectorAll("time[datetime]")) if (column.value?.(row) === time.dateTime) return time.dateTime;
    return spaced(held).replace(/\s+/g, " ").trim();
  };
  const listed = columns.flatMap((each) => each.csv ?? [[each.title ?? each.name, (row) => cell(each, row)]]);
  return [listed.map(([name]) => quoted(harmless(name))), ...rows.map((row) => listed.map(([, text]) => quoted(harmless(text(row)))))].map((each) => each.join(",")).join("\r\n");
}

// The text of an element, with blanks around the parts that are not of one line.
function spaced(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  const inside = [...node.childNodes].map(spaced).join("");
  return node.matches?.("div, p, ul, li, small, summary, details, br, .badge, .tag, .pair") ? ` ${inside} ` : inside;
}

function download(name, text) {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv" }));
  const made = document.createElement("a");
  made.href = url;
  made.download = name;
  made.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// Numbers before texts, and what is missing last, whatever the direction: as `list --sort`.
function compare(a, b, down) {
  const rank = (value) => (value === null || value === undefined || value === "" ? 2 : typeof value === "number" && !Number.isNaN(value) ? 0 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (rank(a) === 2) return 0;
  const order = typeof a === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  return down ? -order : order;
}

// A field that narrows a list as one types, and tells how many are left.
function filterField(label, changed, value = "") {
  const id = newId();
  const input = h("input", { id, type: "search", autocomplete: "off", spellcheck: "false", value });
  input.addEventListener("input", () => changed(input.value));
  return h("div", { class: "field" }, h("label", { for: id }, label), input);
}

function choice(label, options, value, changed) {
  const id = newId();
  const select = h("select", { id }, options.map(([each, text]) => h("option", { value: each, selected: each === value }, text)));
  select.addEventListener("change", () => changed(select.value));
  return h("div", { class: "field" }, h("label", { for: id }, label), select);
}
