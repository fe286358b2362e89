// The graph of what made a node and what was made from it, laid out by dagre: from cause to result, few lines cross.

const MOST_DRAWN = 60;
const MOST_LISTED = 5_000;
const BOX = { width: 208, height: 44 };
// Down to the first a name can still be read; what would be smaller begins with the second, and is scrolled.
const LEAST_ZOOM = 0.55;
const SCROLLED_ZOOM = 0.8;

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
    const top = index.stages.at(-1);
    const held = index.models.flatMap((model) => model.holders.filter((each) => each.stage === top).map((each) => `${model.name}@${each.version}`)).slice(0, 30);
    content.push(section("Where to begin",
      h("p", {}, "Lineage shows what made a version and what was made from it. ", held.length ? `In ${top} are:` : `Nothing is in ${top}: type the name of a version or of data above.`),
      held.length ? h("ul", {}, held.map((each) => h("li", {}, link(viewHash("lineage", { node: each }), h("bdi", {}, each))))) : null));
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
  content.push(section("Relations", dataTable({
    label: "Relations",
    rows: edges,
    columns: [
      { name: "from", value: (row) => row.source, cell: (row) => nodeLink(row.source), wide: true },
      { name: "relation", value: (row) => row.relation, cell: (row) => words(row.relation) },
      { name: "to", value: (row) => row.target, cell: (row) => nodeLink(row.target), wide: true },
    ],
  })));
  return { title: `Lineage of ${root}`, content };
}

// The drawing, and the buttons that change its scale. It begins as wide as its place, with the root in view.
function graph(root, found) {
  const { places, lines, width, height } = layout(found);
  const marker = newId();
  const boxes = new Map([...places].map(([node, place]) => [node, nodeBox(node, place, node === root)]));
  const drawn = lines.map(({ edge, points, x, y }) => svg("g", { class: "line" },
    svg("title", {}, `${edge.source} → ${edge.target}: ${words(edge.relation)}`),
    svg("path", { d: curve(points), class: "edge", "marker-end": `url(#${marker})` }),
    svg("rect", { x: x - labelWidth(edge) / 2, y: y - 7, width: labelWidth(edge), height: 14, class: "behind" }),
    svg("text", { x, y: y + 4, class: "relation" }, words(edge.relation))));
  for (const [node, box] of boxes) {
    const own = drawn.filter((each, at) => lines[at].edge.source === node || lines[at].edge.target === node);
    const light = (on) => () => own.forEach((each) => each.classList.toggle("lit", on));
    for (const [name, on] of [["pointerenter", true], ["focus", true], ["pointerleave", false], ["blur", false]]) box.addEventListener(name, light(on));
  }
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Lineage of ${root}: ${counted(places.size, "node")}, ${counted(lines.length, "relation")}` },
    svg("defs", {}, svg("marker", { id: marker, viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "7", markerHeight: "7", orient: "auto" }, svg("path", { d: "M0 0L8 4L0 8z", class: "arrow" }))),
    drawn, [...boxes].sort(([a], [b]) => places.get(a).x - places.get(b).x || places.get(a).y - places.get(b).y).map(([, box]) => box));
  const scroll = h("div", { class: "scroll graph", role: "region", tabindex: "0", "aria-label": "Graph of the lineage" }, picture);
  let zoom = 1;
  const scale = (value) => {
    zoom = Math.min(2, Math.max(0.1, value));
    picture.setAttribute("width", Math.round(width * zoom));
    picture.setAttribute("height", Math.round(height * zoom));
    const { x, y } = places.get(root);
    scroll.scrollLeft = (x + BOX.width / 2) * zoom - scroll.clientWidth / 2;
    scroll.scrollTop = (y + BOX.height / 2) * zoom - scroll.clientHeight / 2;
  };
  const inside = (side) => scroll.clientWidth - Number.parseFloat(getComputedStyle(scroll)[side]) * 2;
  const across = () => Math.min(1, inside("paddingLeft") / width);
  const fit = () => Math.min(across(), (innerHeight * 0.7) / height);
  const button = (text, name, zoomed) => h("button", { type: "button", "aria-label": name, title: name, click: () => { scale(zoomed()); tell(`${Math.round(zoom * 100)} %`); } }, text);
  scale(1);
  requestAnimationFrame(() => scale(across() < LEAST_ZOOM ? SCROLLED_ZOOM : across()));
  return [h("div", { class: "tools zoom" }, button("−", "Smaller", () => zoom / 1.25), button("+", "Larger", () => zoom * 1.25), button("Fit", "Fit all of it", fit), button("1:1", "Full size", () => 1)), scroll];
}

// A line leaves a box in the middle of its right side and comes in the middle of the left one, but in a circle.
function fromSideToSide(points, source, target) {
  if (source.x + BOX.width > target.x) return points;
  return [{ x: source.x + BOX.width / 2, y: source.y }, ...points.slice(1, -1), { x: target.x - BOX.width / 2, y: target.y }];
}

// A smooth line through the points of an edge.
function curve(points) {
  let path = `M${points[0].x} ${points[0].y}`;
  for (let at = 1; at < points.length; at += 1) {
    const [from, to] = [points[at - 1], points[at]];
    const middle = (from.x + to.x) / 2;
    path += `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
  }
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

function labelWidth(edge) {
  return words(edge.relation).length * 6.3 + 4;
}

// Where dagre puts the boxes and the lines, each with room for the name of its relation.
function layout({ edges, layers }) {
  const laid = new dagre.graphlib.Graph({ multigraph: true });
  laid.setGraph({ rankdir: "LR", nodesep: 14, edgesep: 8, ranksep: 36, marginx: 6, marginy: 6 });
  for (const node of layers.keys()) laid.setNode(node, { ...BOX });
  for (const edge of edges) laid.setEdge(edge.source, edge.target, { edge, width: labelWidth(edge), height: 16, labelpos: "c" }, edge.relation);
  dagre.layout(laid);
  const corner = ({ x, y }) => ({ x: x - BOX.width / 2, y: y - BOX.height / 2 });
  return {
    places: new Map(laid.nodes().map((node) => [node, corner(laid.node(node))])),
    lines: laid.edges().map((each) => ({ ...laid.edge(each), points: fromSideToSide(laid.edge(each).points, laid.node(each.v), laid.node(each.w)) })),
    width: laid.graph().width,
    height: laid.graph().height,
  };
}
