/* Movie and imagination side by side: when and how often each moment of an episode was replayed, and what follows some. */
const edge = {left: 46, right: 10};

/** Draws cell `index` of a sprite of frames side by side. */
function cell(sprite, index, {width, height}, label, dreaming) {
  const canvas = element("canvas", {role: "img", "aria-label": label, class: dreaming ? "dreaming" : ""});
  canvas.width = width; canvas.height = height;
  canvas.getContext("2d").drawImage(sprite, index * width, 0, width, height, 0, 0, width, height);
  return canvas;
}

/** An empty picture over the time in the episode: {svg, x, inner}; each of `marks` is [y, text, whether a line]. */
function timeline(parent, title, label, height, marks) {
  const width = parent.clientWidth || 340, rows = data.replayed.rows;
  parent.append(element("h3", {}, title));
  const svg = drawing("svg", {viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label}, parent);
  for (const [y, text, line] of marks) {
    if (line) drawing("line", {x1: edge.left, x2: width - edge.right, y1: y, y2: y, stroke: "var(--line)"}, svg);
    drawing("text", {x: edge.left - 4, y: y + 4, "text-anchor": "end"}, svg, text);
  }
  const x = moment => edge.left + (width - edge.left - edge.right) * (moment - data.replayed.first) / rows;
  return {svg, x, inner: width - edge.left - edge.right};
}

function upright(svg, y, text) {
  drawing("text", {x: 11, y, "text-anchor": "middle", transform: `rotate(-90 11 ${y})`}, svg, text);
}

/** The largest of `values` in stretches of time, no more of them than can be seen: [[from, to, largest], ...]. */
function stretches(values, inner) {
  const {first, rows} = data.replayed, count = Math.max(1, Math.min(rows, Math.floor(inner / 2))), found = [];
  for (let i = 0; i < count; i++) {
    const from = Math.floor(i * rows / count), to = Math.floor((i + 1) * rows / count);
    const known = values.slice(from, to).filter(isKnown);
    found.push([first + from, first + to, known.length ? Math.max(...known) : null]);
  }
  return found;
}

function oftenPicture(parent) {
  const {movies, dreams, paid} = data.replayed, height = 150, middle = 80, top = 14, bottom = 12;
  const inner = (parent.clientWidth || 340) - edge.left - edge.right;
  const lived = stretches(movies, inner), dreamt = stretches(dreams, inner);
  const most = values => Math.max(1e-9, ...values.map(value => value[2] || 0));
  const label = `Movies that a moment ran in: up to ${Math.max(...movies)}. Dreams that began at a moment: up to ${Math.max(...dreams)}`;
  const {svg, x} = timeline(parent, "How often each moment was replayed", label, height,
    [[top, shown(most(lived)), true], [middle, "0", true], [height - bottom, shown(most(dreamt)), true]]);
  upright(svg, (top + middle) / 2, "movies");
  upright(svg, (middle + height - bottom) / 2, "dreams");
  const bars = (values, size, paint) => drawing("path", {fill: paint, d: values.map(([from, to, value]) =>
    `M${x(from)} ${middle}V${middle + size * value / most(values)}H${x(to)}V${middle}Z`).join("")}, svg);
  bars(lived, top - middle, "var(--looking)");
  bars(dreamt, height - bottom - middle, "var(--dreaming)");
  drawing("path", {fill: "var(--c4)", class: "rewards", d: paid.map(moment => `M${x(moment + .5)} 1l4 7h-8Z`).join("")}, svg);
  return {svg, x, top, foot: height - bottom};
}

function orderPicture(parent) {
  const {steps: [oldest, newest], drawn_movies, drawn_dreams, first, rows} = data.replayed, height = 190, top = 10, bottom = 24;
  const y = step => height - bottom - (height - top - bottom) * (step - oldest) / Math.max(1, newest - oldest);
  const label = `Gradient steps ${oldest} to ${newest}, from below: which moments ran as movies, and where dreams began`;
  const {svg, x} = timeline(parent, "In which order", label, height,
    [[top, newest.toLocaleString("en"), true], [height - bottom, oldest.toLocaleString("en"), true]]);
  const inside = moment => x(Math.max(first, Math.min(first + rows, moment)));
  const line = ([steps, starts, lengths]) => steps.map((step, i) => `M${inside(starts[i])} ${y(step)}H${inside(starts[i] + lengths[i])}`).join("");
  const dot = ([steps, starts]) => steps.map((step, i) => `M${inside(starts[i] + .5)} ${y(step)}h0`).join("");
  drawing("path", {d: line(drawn_movies), stroke: "var(--looking)", "stroke-width": 1.5, opacity: .7, fill: "none"}, svg);
  drawing("path", {d: dot(drawn_dreams), stroke: "var(--dreaming)", "stroke-width": 4, "stroke-linecap": "round", opacity: .8, fill: "none"}, svg);
  drawing("text", {x: edge.left, y: height - 6}, svg, `moment ${first.toLocaleString("en")}`);
  drawing("text", {x: x(first + rows), y: height - 6, "text-anchor": "end"}, svg, `${(first + rows - 1).toLocaleString("en")}`);
  upright(svg, (top + height - bottom) / 2, "gradient step");
  return {svg, x, top, foot: height - bottom};
}

function priorityPicture(parent) {
  const {priority} = data.replayed, height = 84, top = 10, bottom = 10;
  const known = stretches(priority, (parent.clientWidth || 340) - edge.left - edge.right).filter(each => isKnown(each[2]));
  if (!known.length) return null;
  const high = Math.max(...known.map(each => each[2])), low = Math.min(...known.map(each => each[2]));
  const log = low > 0 && high / low > 30, size = value => log ? Math.log(value / low) / Math.log(high / low) : value / (high || 1);
  const y = value => height - bottom - (height - top - bottom) * size(value);
  const label = `Priority of the movie in which each moment ran last, from ${shown(low)} to ${shown(high)}`;
  const {svg, x} = timeline(parent, `Priority of the movie in which each moment ran last${log ? " (logarithmic)" : ""}`, label, height,
    [[top, shown(high), true], [height - bottom, log ? shown(low) : "0", true]]);
  drawing("path", {d: known.map(([from, to, value]) => `M${x(from)} ${y(value)}H${x(to)}`).join(""), stroke: "var(--accent)", "stroke-width": 2, fill: "none"}, svg);
  return {svg, x, top, foot: height - bottom};
}

function showReplayed(section) {
  let shownMoment = 0;
  const lived = new Image(), size = {width: section.width, height: section.height};
  lived.src = section.frames;
  const strips = section.moments.map(moment => moment.strips.map(strip => { const made = new Image(); made.src = strip.frames; return made; }));

  function pictures() {
    const parent = at("timelines");
    parent.replaceChildren();
    for (const picture of [oftenPicture(parent), orderPicture(parent), priorityPicture(parent)]) {
      if (!picture) continue;
      const {svg, x, top, foot} = picture;
      section.moments.forEach((moment, i) => {
        const place = x(moment.row + .5);
        drawing("line", {x1: place, x2: place, y1: top, y2: foot, stroke: "var(--ink)", class: "moment", "data-moment": i,
          "stroke-dasharray": i === shownMoment ? "none" : "3 3", "stroke-width": i === shownMoment ? 1.6 : 1}, svg);
      });
    }
  }
  function choose(index) {
    shownMoment = index;
    const moment = section.moments[index];
    [...at("moments").children].forEach((button, i) => button.setAttribute("aria-pressed", i === index));
    at("strips").replaceChildren(...moment.strips.map((strip, i) => {
      const figure = element("figure", {class: "strip"}), cells = element("div", {class: "cells"});
      const paid = `${strip.imagined ? "promises" : "paid"} ${strip.paid.toFixed(2)} in ${strip.steps} steps`;
      figure.append(element("figcaption", {}, `${strip.name} · ${paid}`), cells);
      moment.ahead.forEach((ahead, place) => {
        const box = element("div"), there = place < strip.shown;
        const action = there && isKnown(strip.action[place]) ? data.actions[strip.action[place]] : "";
        if (there) box.append(cell(strips[index][i], place, size, `${strip.name}, ${ahead} steps on${action && `, after ${action}`}`, strip.imagined && ahead > 0));
        else box.append(element("div", {class: "over"}, "the recording ends"));
        box.append(element("small", {}, ahead ? `+${ahead} ${action}` : "the moment"));
        cells.append(box);
      });
      return figure;
    }));
    pictures();
  }
  section.moments.forEach((moment, i) => {
    const button = element("button", {}, `${moment.title} · moment ${moment.row.toLocaleString("en")}`);
    button.addEventListener("click", () => choose(i));
    at("moments").append(button);
  });
  const head = element("tr");
  for (const name of ["moments", "in movies, each", "dreams begun", "last replayed in step", "priority"]) head.append(element("th", {scope: "col"}, name));
  at("replayed-table").replaceChildren(head, ...section.table.map(([from, to, movies, dreams, last, priority]) => {
    const row = element("tr");
    for (const text of [from === to ? from : `${from} to ${to}`, movies, dreams, isKnown(last) ? last.toLocaleString("en") : "–", shown(priority)]) row.append(element("td", {}, text));
    return row;
  }));
  return Promise.all([lived, ...strips.flat()].map(each => each.decode().catch(() => {}))).then(() => {
    at("lived").replaceChildren(...section.frame_rows.map((row, i) => cell(lived, i, size, `recorded, moment ${row}`, false)));
    choose(0);
    let width = innerWidth;
    addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; pictures(); } });
  });
}
