// The page of graduate serve: asks /v1/models/NAME:predict, and draws what comes back. Nothing is loaded from elsewhere.
"use strict";
const about = JSON.parse(document.getElementById("try").dataset.about);
const at = `/v1/models/${encodeURIComponent(about.model)}`;
const answers = document.getElementById("answers"), busy = document.getElementById("busy");
const LIMIT = 48 << 20; // bytes of a file: in base64 it is a third longer
const SHOWN = 5; // classes

function made(name, classes, text) {
  const element = document.createElement(name);
  if (classes) element.className = classes;
  if (text !== undefined) element.textContent = text;
  return element;
}

async function asked(body) {
  let response, text;
  try {
    response = await fetch(`${at}:predict`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    text = await response.text();
  } catch (error) {
    throw new Error("The server does not answer: has it ended?");
  }
  let told;
  try {
    told = JSON.parse(text);
  } catch (error) { // TensorFlow Serving's JSON has bare NaN and Infinity, which JSON.parse refuses
    told = JSON.parse(text.replace(/(?<=[\[,:\s])(-?Infinity|NaN)(?=[\],}\s])/g, '"$1"'));
  }
  if (!response.ok) throw new Error(told.error || `status ${response.status}`);
  return told;
}

async function version() {
  try {
    const told = await (await fetch(at)).json();
    const now = told.model_version_status.find(one => one.state === "AVAILABLE");
    if (now) document.getElementById("version").textContent = now.version;
  } catch (error) { /* the answer itself was drawn already */ }
}

function base64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
}

function number(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value);
}

function bars(pairs, whole) {
  const grid = made("div", "bars");
  for (const [name, value] of pairs) {
    const bar = made("div", "bar"), part = made("i");
    part.style.width = `${Math.max(0, Math.min(1, Number(value) / whole || 0)) * 100}%`;
    bar.append(part);
    grid.append(made("span", "", name), bar, made("span", "value", typeof value === "number" ? value.toFixed(4) : value));
  }
  return grid;
}

function drawn(told) {
  const box = made("div");
  if (told.values) {
    told.values.forEach((value, index) => {
      const line = made("div");
      line.append(made("span", "name", `${(told.names || [])[index] ?? "value"} `), made("span", "label", number(value)));
      box.append(line);
    });
  } else if (told.probabilities && told.classes) {
    const pairs = told.classes.map((name, index) => [name, told.probabilities[index]]);
    if (told.label !== undefined) box.append(made("div", "label", told.label));
    const likely = [...pairs].sort((one, other) => other[1] - one[1]);
    box.append(bars(told.label !== undefined ? likely.slice(0, SHOWN) : pairs, 1));
    if (told.label !== undefined && likely.length > SHOWN) box.append(made("div", "name", `and ${likely.length - SHOWN} more`));
  } else {
    box.append(made("pre", "", JSON.stringify(told, null, 1)));
  }
  return box;
}

function preview(file) {
  const url = URL.createObjectURL(file);
  if (about.task === "audio") {
    const audio = made("audio");
    audio.controls = true;
    audio.src = url;
    return audio;
  }
  const image = made("img");
  image.alt = "";
  image.onload = () => { if (image.naturalWidth < 64) image.className = "small"; };
  image.onerror = () => { image.removeAttribute("src"); image.className = "none"; };
  image.src = url;
  return image;
}

async function answer(name, body, file) {
  const item = made("li", about.task === "image" && file ? "" : "plain"), told = made("div");
  told.append(made("div", "name", name));
  if (file && about.task === "image") item.append(preview(file));
  item.append(told);
  try {
    const answered = await asked(await body());
    told.append(drawn(answered.predictions[0]));
  } catch (error) {
    const said = made("p", "problem", error.message.replace(/^instance 0: /, ""));
    said.setAttribute("role", "alert");
    told.append(said);
  }
  if (file && about.task === "audio") told.append(preview(file));
  answers.prepend(item);
  await version();
}

async function files(list) {
  const chosen = [...list];
  for (const [index, file] of chosen.entries()) {
    busy.textContent = chosen.length > 1 ? `${index + 1} of ${chosen.length} …` : "asking …";
    await answer(file.name, async () => {
      if (file.size > LIMIT) throw new Error("the file is larger than 48 MiB");
      const instance = { [about.inputs[0].name]: { b64: base64(new Uint8Array(await file.arrayBuffer())) } };
      return JSON.stringify({ instances: [instance] });
    }, file);
  }
  busy.textContent = "";
}

// A cell as a token of JSON, null where it is none. A column of float32 holds numbers, a missing one is the bare word
// NaN; one of int64 dates, in seconds since 1970 as on the clock where they were taken, a missing one is the smallest.
const DATE = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?(?:Z|[+-]\d{2}:?\d{2})?$/;
function cell(text, kind) {
  const said = text.trim();
  if (kind === "string") return JSON.stringify(said);
  if (kind.startsWith("int")) {
    if (said === "") return "-9223372036854775808";
    const date = DATE.exec(said), at = date ? Date.parse(`${date[1]}T${date[2] || "00:00"}Z`) : NaN;
    return Number.isNaN(at) ? null : String(Math.floor(at / 1000));
  }
  if (said === "") return "NaN";
  const value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(said) ? Math.fround(Number(said)) : NaN;
  return Number.isFinite(value) ? String(value) : null;
}

const drop = document.getElementById("drop");
if (drop) {
  const input = document.getElementById("files");
  input.addEventListener("change", async () => { await files(input.files); input.value = ""; });
  for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, event => { event.preventDefault(); drop.classList.add("over"); });
  for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, event => { event.preventDefault(); drop.classList.remove("over"); });
  document.addEventListener("drop", event => files(event.dataTransfer.files));
}

document.getElementById("write")?.addEventListener("submit", event => {
  event.preventDefault();
  const text = document.getElementById("text").value;
  const name = text.trim().slice(0, 60) || "(empty)";
  answer(name, async () => JSON.stringify({ instances: [{ [about.inputs[0].name]: text }] }));
});

document.getElementById("row")?.addEventListener("submit", event => {
  event.preventDefault();
  const parts = [], said = [];
  let wrong = null;
  about.inputs.forEach((one, index) => {
    const field = document.getElementById(`c${index}`), token = cell(field.value, one.kind);
    field.setAttribute("aria-invalid", token === null);
    if (token === null) wrong = wrong || field;
    parts.push(`${JSON.stringify(one.name)}: ${token}`);
    if (field.value.trim()) said.push(field.value.trim());
  });
  if (wrong) {
    busy.textContent = "A marked field is not what its column holds: a number, or a date such as 2026-01-31.";
    wrong.focus();
    return;
  }
  busy.textContent = "";
  answer(said.slice(0, 8).join(", ") || "all missing", async () => `{"instances": [{${parts.join(", ")}}]}`);
});

const example = one => one.kind === "string" ? (about.task === "table" || about.task === "text" ? '"…"' : '{"b64": "…"}') : "0.0";
document.getElementById("request").value =
  `{"instances": [{${about.inputs.map(one => `${JSON.stringify(one.name)}: ${example(one)}`).join(", ")}}]}`;
document.getElementById("json").addEventListener("submit", async event => {
  event.preventDefault();
  const reply = document.getElementById("reply");
  try {
    reply.textContent = JSON.stringify(await asked(document.getElementById("request").value), null, 1);
  } catch (error) {
    reply.textContent = error.message;
  }
  reply.hidden = false;
});
