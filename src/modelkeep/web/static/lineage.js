// The graph of what made a node and what was made from it: layers from cause to result, each sorted to cross little.

const MOST_DRAWN = 60;
const MOST_LISTED = 5_000;
const BOX = { width: 208, height: 44, gapX: 50, gapY: 16 };

let neighbours = null;

// The edges of the registry by both of their ends, unpacked when the first graph is asked for.
async function readEdges() {
  if (neighbours) return neighbours;
  const found = { up: new Map(), down: new Map() };
  for (let at = 0; at < index.edges; at += 1) {
    const { edges } = await part(`edges-${at}`);
    for (const edge of edges) {
      push(found.up, edge.target, edge);
      push(found.down, edge.source, edge);
    }
  }
  neighbours = found;
  return found;
}

function push(map, key, value) {
  if (map.has(key)) map.get(key).push(value);
  else map.set(key, [value]);
}

// Breadth first; what else was measured on some data has nothing to do with a version that was.
function walk(root, sides, steps, environments, most) {
  const edges = new Set();
  const layers = new Map([[root, 0]]);
  let whole = true;
  for (const side of ["up", "down"]) {
    let outermost = [root];
    for (let step = 1; step <= steps && outermost.length; step += 1) {
      const following = [];
      for (const node of outermost) {
        for (const edge of sides[side].get(node) ?? []) {
          const other = side === "up" ? edge.source : edge.target;
          if (edge.relation === "ran_in" && !environments) continue;
          if (!layers.has(other) && layers.size >= most) { whole = false; continue; }
          edges.add(edge);
          if (layers.has(other)) continue;
          layers.set(other, side === "up" ? -step : step);
          if (edge.relation !== "evaluated_on") following.push(other);
        }
      }
      outermost = following;
    }
  }
  return { edges: [...edges].filter((each) => layers.has(each.source) && layers.has(each.target)), layers, whole };
}

// The node that a text means: a version, or what has an edge by that name, with its kind or without.
async function rootOf(text, sides) {
  const found = await resolved(text);
  const names = [text, ...["data", "run", "deployment", "code"].map((kind) => `${kind}:${text}`)];
  return found?.ref ?? names.find((each) => sides.up.has(each) || sides.down.has(each)) ?? text;
}

async function lineageView(query) {
  const sides = await readEdges();
  const root = await rootOf((query.node ?? "").trim(), sides);
  const steps = Math.max(1, Math.min(50, Number(query.steps) || 3));
  const environments = Boolean(query.env) || kindOf(root) === "environment";
  const to = (changes) => viewHash("lineage", { node: root, steps, env: environments ? "1" : "", ...changes });
  const box = newId();
  const content = [h("h1", {}, "Lineage", root ? [" of ", h("bdi", {}, root)] : null)];
  const field = h("input", { id: newId(), value: root, placeholder: "fraud@3, data:transactions@2026-02", size: 34, autocomplete: "off", spellcheck: "false" });
  content.push(h("div", { class: "tools" },
    h("form", { class: "field", submit: (event) => { event.preventDefault(); location.hash = viewHash("lineage", { node: field.value.trim(), steps }); } }, h("label", { for: field.id }, "Version, data, run or target"), field, h("button", {}, "Show")),
    choice("Steps", [[1, "1"], [2, "2"], [3, "3"], [5, "5"], [50, "all"]].map(([value, text]) => [String(value), text]), String(steps), (value) => { location.hash = to({ steps: value }); }),
    h("div", { class: "field" }, h("input", { id: box, type: "checkbox", checked: environments, change: (event) => { location.hash = to({ env: event.target.checked ? "1" : "" }); } }), h("label", { for: box }, "with environments"))));
  if (!root) {
    content.push(h("p", {}, "Lineage shows what made a version and what was made from it. Begin with what is in ", index.stages.at(-1), ":"));
    content.push(h("ul", {}, index.models.flatMap((model) => model.holders.filter((each) => each.stage === index.stages.at(-1)).map((each) => h("li", {}, link(viewHash("lineage", { node: `${model.name}@${each.version}` }), h("bdi", {}, `${model.name}@${each.version}`))))).slice(0, 30)));
    return { title: "Lineage", content };
  }
  const found = walk(root, sides, steps, environments, MOST_DRAWN);
  const { edges, whole } = found.whole ? found : walk(root, sides, steps, environments, MOST_LISTED);
  if (found.layers.size < 2) {
    const isVersion = kindOf(root) === "version";
    content.push(h("p", {}, isVersion ? ["Nothing is recorded of what made ", refLink(root), ", and nothing was made from it."] : "The lineage has nothing of that name."));
    const near = isVersion ? [] : [...new Set([...sides.up.keys(), ...sides.down.keys()])].filter((each) => each.toLowerCase().includes(root.toLowerCase()));
    content.push(section("Nodes with this in their name", near.length ? h("ul", {}, near.sort().slice(0, 50).map((each) => h("li", {}, link(viewHash("lineage", { node: each }), h("bdi", {}, each))))) : null));
    return { title: `Lineage of ${root}`, content };
  }
  content.push(h("section", {}, graph(root, found), found.whole ? null : h("p", { class: "quiet" }, `Only ${MOST_DRAWN} are drawn: the list has ${whole ? "all of them" : "more"}.`)));
  content.push(section("The same as a list", h("details", {}, h("summary", {}, counted(edges.length, "relation")), dataTable({
    label: "Relations",
    rows: edges,
    columns: [
      { name: "from", value: (row) => row.source, cell: (row) => nodeLink(row.source), wide: true },
      { name: "relation", value: (row) => row.relation, cell: (row) => words(row.relation) },
      { name: "to", value: (row) => row.target, cell: (row) => nodeLink(row.target), wide: true },
    ],
  }))));
  return { title: `Lineage of ${root}`, content };
}

function graph(root, found) {
  const { places, bends, width, height } = layout(root, found);
  const marker = newId();
  const lines = found.edges.map((edge) => svg("path", { d: curve(edge, places, bends.get(edge)), class: "edge", "marker-end": `url(#${marker})` }, svg("title", {}, `${edge.source} → ${edge.target}: ${words(edge.relation)}`)));
  const boxes = [...places].map(([node, place]) => nodeBox(node, place, node === root));
  const scroll = h("div", { class: "scroll graph", role: "region", tabindex: "0", "aria-label": "Graph of the lineage" },
    svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Lineage of ${root}: ${counted(places.size, "node")}` },
      svg("defs", {}, svg("marker", { id: marker, viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "7", markerHeight: "7", orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8z", class: "arrow" }))),
      lines, boxes));
  requestAnimationFrame(() => { scroll.scrollLeft = places.get(root).x + BOX.width / 2 - scroll.clientWidth / 2; });
  return scroll;
}

// From box to box, through the gaps that the layout keeps free in the layers between.
function curve(edge, places, between) {
  const from = places.get(edge.source);
  const to = places.get(edge.target);
  let [x, y] = [from.x + BOX.width, from.y + BOX.height / 2];
  let path = `M${x} ${y}`;
  const bend = (toX, toY) => {
    const half = Math.max(20, Math.abs(toX - x) / 2);
    path += `C${x + half} ${y} ${toX - half} ${toY} ${toX} ${toY}`;
    [x, y] = [toX, toY];
  };
  for (const place of between) {
    bend(place.x, place.y + BOX.height / 2);
    x += BOX.width;
    path += `H${x}`;
  }
  bend(to.x - 4, to.y + BOX.height / 2);
  return path;
}

function nodeBox(node, place, isRoot) {
  const kind = kindOf(node);
  const name = kind === "version" || kind === "uri" ? node : node.slice(kind.length + 1);
  const model = kind === "version" ? modelNamed(node.slice(0, node.lastIndexOf("@"))) : null;
  const isNode = (each) => `${model.name}@${each.version}` === node;
  const held = model ? model.holders.filter(isNode).map((each) => each.stage) : [];
  const shares = model ? model.holders.flatMap((each) => each.shares.filter(isNode).map((one) => `${each.stage} ${Number(one.share)} %`)) : [];
  const what = held.length || shares.length ? `in ${[...held, ...shares].join(", ")}` : kind === "uri" ? "elsewhere" : kind;
  const label = `${kind} ${name}${what.startsWith("in ") ? `, ${what}` : ""}`;
  const inside = [
    svg("title", {}, label),
    svg("rect", { x: place.x, y: place.y, width: BOX.width, height: BOX.height, rx: 8 }),
    svg("text", { x: place.x + 10, y: place.y + 18, class: "node-name" }, cut(name, 23)),
    svg("text", { x: place.x + 10, y: place.y + 35, class: "node-kind" }, what),
  ];
  const to = isRoot && kind === "version" ? refHash(node) : kind === "uri" || kind === "environment" ? null : viewHash("lineage", { node });
  const names = `node ${kind} ${isRoot ? "root" : ""} ${held.includes(index.stages.at(-1)) ? "held" : ""}`;
  return to ? svg("a", { href: to, class: names, "aria-label": label }, inside) : svg("g", { class: names }, inside);
}

function cut(text, most) {
  return text.length > most ? `${text.slice(0, most - 9)}…${text.slice(-8)}` : text;
}

// Each node right of all its causes where there is no circle; a layer is sorted by the middle of its neighbours.
function layout(root, { edges, layers: distance }) {
  const layers = new Map(distance);
  for (let round = 0; round < 60; round += 1) {
    let moved = false;
    for (const { source, target } of edges) {
      if (source === target || layers.get(target) > layers.get(source)) continue;
      const isAbove = distance.get(source) < 0 || (distance.get(source) === 0 && distance.get(target) < 0);
      if (isAbove) layers.set(source, layers.get(target) - 1);
      else layers.set(target, layers.get(source) + 1);
      moved = true;
    }
    if (!moved) break;
  }
  const ranks = [...new Set(layers.values())].sort((a, b) => a - b);
  const rows = ranks.map((rank) => [...layers.keys()].filter((node) => layers.get(node) === rank));
  const beside = new Map();
  const through = new Map();
  for (const edge of edges) {
    const [from, to] = [ranks.indexOf(layers.get(edge.source)), ranks.indexOf(layers.get(edge.target))];
    const path = [];
    for (let column = from + 1; column < to; column += 1) {
      path.push({ edge }); // a place in each layer that the line goes through
      rows[column].push(path.at(-1));
    }
    through.set(edge, path);
    const stops = [edge.source, ...path, edge.target];
    for (let place = 1; place < stops.length; place += 1) { push(beside, stops[place - 1], stops[place]); push(beside, stops[place], stops[place - 1]); }
  }
  const at = new Map();
  const placed = () => rows.forEach((row) => row.forEach((node, place) => at.set(node, place - (row.length - 1) / 2)));
  placed();
  for (let sweep = 0; sweep < 8; sweep += 1) {
    for (const row of sweep % 2 ? [...rows].reverse() : rows) {
      const middle = new Map(row.map((node) => { const all = beside.get(node) ?? []; return [node, all.length ? all.reduce((sum, each) => sum + at.get(each), 0) / all.length : at.get(node)]; }));
      row.sort((a, b) => middle.get(a) - middle.get(b)); // equals keep their order
      placed();
    }
  }
  const most = Math.max(...rows.map((row) => row.length));
  const places = new Map();
  rows.forEach((row, column) => row.forEach((node) => places.set(node, {
    x: 6 + column * (BOX.width + BOX.gapX),
    y: 6 + ((most - 1) / 2 + at.get(node)) * (BOX.height + BOX.gapY),
  })));
  const bends = new Map([...through].map(([edge, path]) => [edge, path.map((each) => places.get(each))]));
  for (const path of through.values()) for (const each of path) places.delete(each);
  return { places, bends, width: rows.length * (BOX.width + BOX.gapX) - BOX.gapX + 12, height: most * (BOX.height + BOX.gapY) - BOX.gapY + 12 };
}
