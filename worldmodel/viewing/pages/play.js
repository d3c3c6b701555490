/* Moves go out one at a time and are each answered with where the game is then; the page shows the last answer. */
const words = {ArrowUp: "UP", w: "UP", ArrowDown: "DOWN", s: "DOWN", ArrowLeft: "LEFT", a: "LEFT", ArrowRight: "RIGHT", d: "RIGHT", " ": "FIRE"};
const order = ["UP", "DOWN", "LEFT", "RIGHT", "FIRE"];
const down = new Set(), tapped = new Set();
let socket = null, waiting = false, queue = [], here = null, drawn = 0;
let playing = false, agentPlays = false, due = 0, timer = null, pressed = null, tappedAction = null;

// Talking to the game

function connect() {
  socket = new WebSocket(new URL("socket", location.href).href.replace(/^http/, "ws"));
  socket.onmessage = event => hear(JSON.parse(event.data));
  socket.onclose = event => {
    pause(); waiting = false; queue = [];
    away(event.code === 4409 ? `${event.reason} This page goes on as soon as they leave.`
      : "The game cannot be reached: its program has ended, or the connection was lost. This page keeps trying.");
    setTimeout(connect, 1500);
  };
}
function away(text) {
  at("away").hidden = !text; at("away").textContent = text;
  at("table").inert = Boolean(text);
}
function ask(move) {
  if (waiting) {
    queue = queue.filter(other => other.do !== move.do || move.do !== "temperature");
    if (queue.length < 8) queue.push(move);
    return;
  }
  waiting = true;
  socket.send(JSON.stringify(move));
}
function hear(told) {
  waiting = false;
  if (told.depth === undefined) return;
  away("");
  here = told;
  show();
  if (told.refused) pause();
  if (told.refused || told.said) at("said").textContent = told.refused ? `Not done: ${told.refused}.` : told.said;
  if (here.ended) pause();
  if (queue.length) ask(queue.shift());
  else if (playing) timer = setTimeout(step, Math.max(0, due - performance.now()));
  document.body.dataset.ready = "yes";
}

// Moves

function wanted() {
  if (pressed !== null) return pressed;
  if (tappedAction !== null) return tappedAction;
  const held = data.keys[order.filter(word => down.has(word) || tapped.has(word)).join("+")];
  return held ?? data.idle ?? here.action ?? 0;
}
function step() {
  const action = agentPlays ? null : wanted();
  tapped.clear(); tappedAction = null;
  due = performance.now() + 1000 / at("speed").value;
  ask({do: "step", action});
}
function act(action) {
  agentPlays = false;
  if (playing) { tappedAction = action; showPlayers(); } else { ask({do: "step", action}); }
}
function pause() {
  playing = false; clearTimeout(timer);
  at("play").textContent = "▶ Play"; at("play").setAttribute("aria-label", "Play");
}
function play() {
  if (playing) return pause();
  playing = true;
  at("play").textContent = "❚❚ Pause"; at("play").setAttribute("aria-label", "Pause");
  at("said").textContent = "";
  if (!waiting) step();
}
function letPlay(agent) {
  agentPlays = agent && data.acts;
  showPlayers();
}
function goTo(mode) { if (here.mode !== mode && !(mode === "real" && here.missing)) ask({do: "switch"}); }
const moves = {
  back: () => { pause(); ask({do: "back"}); },
  play,
  forth: () => { pause(); step(); },
  new: () => { pause(); ask({do: "new"}); },
  "from-here": () => { if (!at("from-here").disabled) ask({do: "from here"}); },
  dream: () => goTo("dream"),
  real: () => goTo("real"),
  you: () => letPlay(false),
  agent: () => letPlay(true),
};
const keys = {
  p: play, ".": moves.forth, Backspace: moves.back, n: moves.new, f: moves["from-here"], g: () => letPlay(!agentPlays),
  m: () => goTo(here.mode === "dream" ? "real" : "dream"),
};

// Showing where the game is

function show() {
  const dreaming = here.mode === "dream", steps = `${here.depth} step${here.depth === 1 ? "" : "s"}`;
  at("stage").classList.toggle("dreaming", dreaming);
  at("where").textContent = dreaming ? `Dream, ${steps} deep` : `Real game, ${steps} from the moment`;
  at("how").textContent = here.ended ? "The game is over." : dreaming && here.continues < .5 ? "The dream expects the game to be over." : "";
  at("dream").setAttribute("aria-pressed", dreaming); at("real").setAttribute("aria-pressed", !dreaming);
  at("real").disabled = Boolean(here.missing);
  at("missing").hidden = !here.missing;
  at("missing").textContent = here.missing ? `No real game here: ${here.missing}.` : "";
  at("from-here").disabled = dreaming || here.ended;
  at("back").disabled = here.depth === 0;
  showPlayers();
  if (here.picture) showPicture(dreaming, steps); else showVector();
  showActions();
  at("depth-name").textContent = dreaming ? "Steps deep" : "Steps";
  at("depth").textContent = here.depth;
  at("reward-name").textContent = dreaming ? "Reward, expected" : "Reward, real";
  at("reward").textContent = here.depth ? shown(here.reward) : "–"; at("sum").textContent = shown(here.sum);
  at("continues").textContent = isKnown(here.continues) ? `${(100 * here.continues).toFixed(1)} %` : "–";
  showDepths(dreaming);
  const range = {first: here.depth - here.trail.reward.length + 1, last: here.depth};
  const paint = dreaming ? "var(--dreaming)" : "var(--looking)";
  at("charts").replaceChildren(
    chart("Reward for arriving", [{name: dreaming ? "expected" : "real", values: here.trail.reward, colour: paint}], {...range, least: 0, most: 1}).card,
    chart("Probability of going on", [{name: "expected", values: here.trail.continues, colour: paint}], {...range, least: 0, most: 1}).card);
  const heat = here.temperature;
  if (document.activeElement !== at("temperature")) at("temperature").value = heat;
  showSliders();
}
/** How deep dreams were found to hold, beside how deep this one is. */
function showDepths(dreaming) {
  const measured = Object.entries(data.horizons), beyond = measured.filter(([, horizon]) => here.depth > horizon);
  const listed = of => of.map(([name, horizon]) => `${name} (${horizon} steps)`).join(", ");
  at("depths").hidden = !measured.length || !dreaming;
  at("depths").classList.toggle("beyond", beyond.length > 0);
  at("depths").textContent = beyond.length
    ? `Beyond the validity horizon: ${listed(beyond)}. Deeper dreams of these were no better than guesses.`
    : `Within the validity horizon: ${listed(measured)}.`;
}
function showPlayers() {
  at("you").setAttribute("aria-pressed", !agentPlays); at("agent").setAttribute("aria-pressed", agentPlays);
  at("agent").disabled = !data.acts;
}
function showSliders() {
  const heat = +at("temperature").value;
  at("speed-said").textContent = `${at("speed").value} steps per second`;
  at("temperature-said").textContent = heat.toFixed(1) + (heat === 0 ? ", the likeliest" : heat === 1 ? ", as learned" : "");
  at("temperature").setAttribute("aria-valuetext", at("temperature-said").textContent);
}
function showPicture(dreaming, steps) {
  const number = ++drawn, picture = new Image(), canvas = at("frame");
  const label = `${dreaming ? "Imagined" : "Real"} picture, ${steps} from the moment`;
  picture.src = here.picture;
  picture.decode().then(() => {
    if (number !== drawn) return;
    if (canvas.width !== picture.width || canvas.height !== picture.height) { canvas.width = picture.width; canvas.height = picture.height; }
    canvas.getContext("2d").drawImage(picture, 0, 0);
    canvas.setAttribute("aria-label", label); canvas.dataset.drawn = here.depth;
  }, () => {});
}
function showVector() {
  at("frame").hidden = true; at("vector").hidden = false;
  const share = (value, i) => isKnown(value) ? Math.max(-1, Math.min(1, value / Math.max(data.scale[i], 1e-9))) : 0;
  const rows = here.vector.map((value, i) => {
    const row = element("div", {class: "entry"}), bar = element("i"), track = element("div"), size = 50 * Math.abs(share(value, i));
    bar.style.left = `${share(value, i) < 0 ? 50 - size : 50}%`; bar.style.width = `${size}%`;
    bar.style.background = colour(i);
    track.append(bar);
    row.append(element("span", {}, `entry ${i}`), track, element("span", {}, shown(value)));
    return row;
  });
  const lines = here.vector.slice(0, 8).map((_, i) => ({name: `entry ${i}`, colour: colour(i),
    values: here.trail.vector.map(vector => isKnown(vector[i]) ? vector[i] / Math.max(data.scale[i], 1e-9) : null)}));
  const past = chart("Entries, as shares of their usual size", lines, {first: here.depth - here.trail.vector.length + 1, last: here.depth, least: -1, most: 1});
  at("vector").replaceChildren(...rows, past.card);
}
function showActions() {
  const known = here.values.filter(isKnown), low = Math.min(...known), high = Math.max(...known);
  [...at("actions").children].forEach((button, i) => {
    const value = here.values[i], best = data.acts && i === here.greedy;
    button.classList.toggle("best", best);
    button.classList.toggle("taken", i === here.action);
    button.querySelector(".value").textContent = data.acts && isKnown(value) ? value.toFixed(3) : "";
    button.querySelector(".bar i").style.width = data.acts && isKnown(value) && high > low ? `${4 + 96 * (value - low) / (high - low)}%` : "0";
    button.setAttribute("aria-label", [data.actions[i], data.acts && `Q ${shown(value)}`, best && "the agent's choice", i === here.action && "done last"].filter(Boolean).join(", "));
  });
}

// Hands

data.actions.forEach((name, i) => {
  const button = element("button"), bar = element("span", {class: "bar"}), text = element("span", {class: "name"}, name);
  bar.append(element("i"));
  if (data.signs[i]) text.append(" ", element("kbd", {}, data.signs[i]));
  button.append(element("kbd", {}, i < 10 ? (i + 1) % 10 : "·"), text, element("span", {class: "value"}), bar);
  button.addEventListener("pointerdown", () => { if (playing) pressed = i; });
  button.addEventListener("click", () => act(i));
  at("actions").append(button);
});
at("actions").classList.toggle("many", data.actions.length > 6);
for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, () => { pressed = null; });
window.addEventListener("blur", () => down.clear());
for (const [id, move] of Object.entries(moves)) at(id).addEventListener("click", move);
// after a click the keys belong to the game again; whoever goes by keyboard keeps the focus
document.addEventListener("click", event => { if (event.detail && event.target.closest("button")) at("stage").focus({preventScroll: true}); });
for (const id of ["speed", "temperature"]) {
  at(id).addEventListener("input", showSliders);
  at(id).addEventListener("pointerup", () => at("stage").focus({preventScroll: true}));
}
at("temperature").addEventListener("input", event => ask({do: "temperature", value: +event.target.value}));
document.addEventListener("keydown", event => {
  if (!here || event.ctrlKey || event.altKey || event.metaKey || at("table").inert) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, kind = event.target.tagName;
  if ((kind === "BUTTON" || kind === "SUMMARY") && (key === " " || key === "Enter")) return;
  if (kind === "INPUT" && key.startsWith("Arrow")) return;
  if (words[key]) {
    const word = words[key];
    down.add(word);
    const action = data.keys[order.filter(other => down.has(other)).join("+")];
    if (action === undefined) return;
    event.preventDefault();
    if (playing) { tapped.add(word); letPlay(false); } else if (!waiting) { letPlay(false); ask({do: "step", action}); }
  } else if (/^[0-9]$/.test(key)) {
    const action = (+key + 9) % 10;
    if (action < data.actions.length && !(waiting && !playing)) act(action);
  } else if (keys[key] && !(event.repeat && key !== "." && key !== "Backspace")) {
    event.preventDefault();
    if (!(event.repeat && waiting)) keys[key]();
  }
});
document.addEventListener("keyup", event => {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (words[key]) down.delete(words[key]);
});
connect();
