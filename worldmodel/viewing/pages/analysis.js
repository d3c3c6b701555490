/* The drawings of an analysis; colours follow the page, so maps are drawn anew when it turns light or dark. */
const painted = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const channels = hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
const repaint = [];
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaint.forEach(paint => paint()));

function cardOf(title, note) {
  const card = element("div", {class: "card"});
  card.append(element("h3", {}, title));
  return {card, end: () => { if (note) card.append(element("p", {class: "note"}, note)); return card; }};
}
/** Cells [rows][columns] of 0 to 1, null where nothing is known, from the colour of a card to `colour`. */
function grid(cells, paint, label, tall) {
  const rows = cells.length, columns = cells[0].length;
  const scale = Math.max(1, Math.floor(640 / Math.max(rows, columns)));
  const canvas = element("canvas", {role: "img", "aria-label": label});
  canvas.width = columns * scale;
  canvas.height = rows * scale;
  if (tall) canvas.style.height = tall;
  const draw = () => {
    const context = canvas.getContext("2d"), low = channels(painted("--card")), high = channels(painted(paint));
    context.clearRect(0, 0, canvas.width, canvas.height);
    cells.forEach((row, r) => row.forEach((value, c) => {
      if (!isKnown(value)) return;
      const share = .06 + .94 * Math.max(0, Math.min(1, value));
      context.fillStyle = `rgb(${low.map((from, i) => Math.round(from + (high[i] - from) * share)).join()})`;
      context.fillRect(c * scale, r * scale, scale, scale);
    }));
  };
  draw();
  repaint.push(draw);
  return canvas;
}
const drawers = {
  lines({title, lines, first, last, unit, note}) {
    const drawn = chart(title, lines.map(line => ({...line, colour: line.paint || colour(0)})), {first, last, unit, least: 0, most: 0}).card;
    if (note) drawn.append(element("p", {class: "note"}, note));
    return drawn;
  },
  bars({title, kinds, rows, note}) {
    const {card, end} = cardOf(title, note);
    card.classList.add("wide");
    const bars = element("div", {class: "bar"});
    for (const {name, shares} of rows) {
      const told = kinds.map((kind, i) => `${kind.name} ${Math.round(100 * shares[i])} %`).join(", ");
      const bar = element("div", {role: "img", "aria-label": `${name}: ${told}`, title: told});
      kinds.forEach((kind, i) => {
        const part = element("span", {}, shares[i] >= .08 ? `${Math.round(100 * shares[i])} %` : "");
        part.style.width = `${100 * shares[i]}%`;
        part.style.background = kind.paint;
        bar.append(part);
      });
      bars.append(element("span", {}, name), bar);
    }
    card.append(bars);
    const key = element("div", {class: "key"});
    for (const kind of kinds) {
      const entry = element("span"), mark = element("i");
      mark.style.borderTopColor = kind.paint;
      entry.append(mark, kind.name);
      key.append(entry);
    }
    card.append(key);
    return end();
  },
  portraits({title, sprite, height, width, moments, note}) {
    const {card, end} = cardOf(title, note);
    card.classList.add("wide");
    const all = element("div", {class: "portraits"}), picture = new Image();
    const frames = moments.map((count, i) => {
      const figure = element("figure"), canvas = element("canvas", {role: "img", "aria-label": `State ${i + 1}, ${count} moments`});
      canvas.width = width;
      canvas.height = height;
      figure.append(canvas, element("figcaption", {}, count.toLocaleString("en")));
      all.append(figure);
      return canvas;
    });
    picture.onload = () => frames.forEach((canvas, i) => canvas.getContext("2d").drawImage(picture, i * width, 0, width, height, 0, 0, width, height));
    picture.src = sprite;
    card.append(all);
    return end();
  },
  map({title, cells, paint, label, note, height}) {
    const {card, end} = cardOf(title, note);
    card.append(grid(cells, paint, label, height));
    return end();
  },
  ways({title, rows, columns, visited, ways, note}) {
    const {card, end} = cardOf(title, note);
    const flat = rows === 1, width = 340, left = flat ? 34 : 6, bottom = flat ? 26 : 6, top = 6;
    const steps = Math.max(2, ...ways.map(way => way.length));
    const height = flat ? 190 : Math.round(12 + (width - 12) * Math.min(1.4, rows / columns));
    const svg = drawing("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title}, card);
    const across = (width - left - 6) / (flat ? steps - 1 : columns), down = (height - top - bottom) / (flat ? columns : rows);
    if (!flat) visited.forEach(([r, c]) => drawing("rect", {x: left + c * across, y: top + r * down, width: across, height: down, fill: "var(--line)", opacity: .6}, svg));
    if (flat) {
      drawing("line", {x1: left, x2: width - 6, y1: height - bottom, y2: height - bottom, stroke: "var(--line)"}, svg);
      drawing("text", {x: left, y: height - 8}, svg, "begins");
      drawing("text", {x: width - 6, y: height - 8, "text-anchor": "end"}, svg, `${steps - 1} steps dreamt`);
      for (const [place, name] of [[0, 0], [columns - 1, columns - 1]]) drawing("text", {x: left - 6, y: top + (columns - place - .5) * down + 4, "text-anchor": "end"}, svg, name);
    }
    ways.forEach((way, i) => {
      const lean = (i % 5 - 2) * .09;
      const points = way.map(([r, c], t) => flat ? [left + t * across, top + (columns - c - .5 + lean) * down] : [left + (c + .5 + lean) * across, top + (r + .5 + lean) * down]);
      drawing("polyline", {points: points.map(p => p.join()).join(" "), fill: "none", stroke: colour(i), "stroke-width": 1.6, opacity: .75, "stroke-linejoin": "round"}, svg);
      drawing("circle", {cx: points[0][0], cy: points[0][1], r: 2.6, fill: "var(--looking)"}, svg);
    });
    return end();
  },
};
