/* What both pages draw with: elements, and lines over steps as SVG. */
const svgSpace = "http://www.w3.org/2000/svg";
const colour = i => `var(--c${i % 8})`;
const isKnown = value => value !== null && value !== undefined;
const shown = value => isKnown(value) ? String(+value.toPrecision(4)) : "–";

function element(name, attributes = {}, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
function drawing(name, attributes, parent, text = "") {
  const made = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  parent.append(made);
  return made;
}
/**
 * A card with lines over steps. Each line is {name, values, colour} and may have x (the step of each value; counted from
 * `first` otherwise), low and high (an interval), dashed, bold. The axis of values holds `least` and `most`.
 * Returns {card, move}: move(step) puts the cursor there, and takes it away without a step.
 */
function chart(title, lines, {first = 0, last, unit = "steps", least = Infinity, most = -Infinity}) {
  const width = 340, height = 130, left = 46, right = 8, top = 8, bottom = 20;
  const known = lines.flatMap(line => [...line.values, ...(line.low || []), ...(line.high || [])]).filter(isKnown);
  let low = Math.min(least, ...known), high = Math.max(most, ...known);
  if (low > high) { low = 0; high = 1; }
  if (high - low < 1e-6) { low -= .5; high += .5; }
  const step = (line, i) => line.x ? line.x[i] : i + first;
  const x = s => left + (width - left - right) * (s - first) / Math.max(1, last - first);
  const y = v => top + (height - top - bottom) * (1 - (v - low) / (high - low));
  const card = element("div", {class: "card"});
  card.append(element("h3", {}, title));
  const svg = drawing("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title}, card);
  for (const v of [low, high]) {
    drawing("line", {x1: left, x2: width - right, y1: y(v), y2: y(v), stroke: "var(--line)"}, svg);
    drawing("text", {x: left - 4, y: y(v) + 4, "text-anchor": "end"}, svg, shown(v));
  }
  drawing("text", {x: left, y: height - 5}, svg, first.toLocaleString("en"));
  drawing("text", {x: width - right, y: height - 5, "text-anchor": "end"}, svg, `${last.toLocaleString("en")} ${unit}`);
  for (const line of lines) {
    const at = bound => line[bound].map((v, i) => isKnown(v) ? `${x(step(line, i))},${y(v)}` : null).filter(p => p);
    if (line.low) drawing("polygon", {points: [...at("high"), ...at("low").reverse()].join(" "), fill: line.colour, opacity: .15}, svg);
    const points = at("values");
    drawing("polyline", {points: points.join(" "), fill: "none", stroke: line.colour, "stroke-width": line.bold ? 2.5 : 1.6,
      "stroke-dasharray": line.dashed ? "4 3" : "none", "stroke-linejoin": "round"}, svg);
    for (const point of points.length < 12 && !line.dashed ? points : []) {
      const [cx, cy] = point.split(",");
      drawing("circle", {cx, cy, r: 2, fill: line.colour}, svg);
    }
  }
  const cursor = drawing("line", {y1: top, y2: height - bottom, stroke: "var(--ink)", opacity: .6, visibility: "hidden"}, svg);
  const key = element("div", {class: "key"});
  for (const line of lines) {
    const entry = element("span"), mark = element("i", {class: line.dashed ? "dashed" : ""});
    mark.style.borderTopColor = line.colour;
    entry.append(mark, line.name);
    key.append(entry);
  }
  card.append(key);
  const move = s => {
    cursor.setAttribute("visibility", isKnown(s) ? "visible" : "hidden");
    if (isKnown(s)) for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(s));
  };
  return {card, move};
}

/** Cards of error by depth, the cursor at the horizon, for each thing that is imagined. */
function validityCharts(validity) {
  return Object.entries(validity).map(([name, found]) => {
    const line = (label, error, paint, dashed) => ({name: label, values: error.mean, low: error.low, high: error.high, colour: paint, dashed, bold: !dashed});
    const lines = [line("dreams", found.dreams, "var(--dreaming)", false),
      ...Object.entries(found.guesses).map(([label, error], i) => line(label, error, [colour(7), colour(0), colour(2)][i % 3], true))];
    const drawn = chart(`${name}: error`, lines, {first: 1, last: found.dreams.mean.length, unit: "steps deep", least: 0});
    if (found.horizon) drawn.move(found.horizon);
    return drawn.card;
  });
}
