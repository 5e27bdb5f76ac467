"use strict";
// Draws every heat map from the JSON beside it: one byte a cell, drawn once into an image and scaled; the pointer and
// the arrow keys move a cursor over it, and what lies under the cursor is said in words.
(() => {
  const MISSING = 0, ZERO = 1, NONFINITE = 2, FIRST = 3;
  const STOPS = [[38, 24, 74], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  const FLAT = { [MISSING]: [128, 128, 128, 0], [ZERO]: [150, 150, 155, 255], [NONFINITE]: [220, 30, 60, 255] };
  const colour = (byte) => {
    if (byte < FIRST) return FLAT[byte];
    const at = ((byte - FIRST) / (255 - FIRST)) * (STOPS.length - 1);
    const i = Math.min(Math.floor(at), STOPS.length - 2);
    return [...STOPS[i].map((v, k) => Math.round(v + (STOPS[i + 1][k] - v) * (at - i))), 255];
  };
  const TABLE = Array.from({ length: 256 }, (_, byte) => colour(byte));
  const number = (v) => (v === 0 ? "0" : v.toExponential(1));
  const value = (map, byte) => {
    if (byte === MISSING) return "not measured";
    if (byte === ZERO) return "exactly 0";
    if (byte === NONFINITE) return "NaN or infinite";
    return "≈ " + number(10 ** (map.low + ((byte - FIRST) / (255 - FIRST)) * (map.high - map.low)));
  };

  const image = (map, bytes) => {
    const canvas = document.createElement("canvas");
    canvas.width = map.starts.length;
    canvas.height = map.layers.length;
    const pixels = new ImageData(canvas.width, canvas.height);
    bytes.forEach((byte, i) => pixels.data.set(TABLE[byte], 4 * i));
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    return canvas;
  };

  const start = (box) => {
    const maps = JSON.parse(box.querySelector("script").textContent).map((map) => {
      const bytes = Uint8Array.from(atob(map.cells), (c) => c.charCodeAt(0));
      return { ...map, bytes, picture: image(map, bytes) };
    });
    const canvas = box.querySelector(".frame canvas"), said = box.querySelector("output");
    const choice = box.querySelector("select"), ends = box.querySelector(".ends"), range = box.querySelector(".range");
    const cursor = { layer: 0, column: 0, shown: false };
    let map = maps[0], waiting = false;

    const draw = () => {
      waiting = false;
      const scale = window.devicePixelRatio || 1, width = canvas.clientWidth || 300;
      const height = Math.max(120, Math.min(460, map.layers.length * 18));
      canvas.style.height = `${height}px`;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      const pen = canvas.getContext("2d");
      pen.imageSmoothingEnabled = false;
      pen.drawImage(map.picture, 0, 0, canvas.width, canvas.height);
      if (!cursor.shown) return;
      const w = canvas.width / map.starts.length, h = canvas.height / map.layers.length;
      pen.lineWidth = 2 * scale;
      for (const [style, grow] of [["#000", 1], ["#fff", 0]]) {
        pen.strokeStyle = style;
        pen.strokeRect(cursor.column * w - grow * scale, cursor.layer * h - grow * scale, Math.max(w, 3) + 2 * grow * scale, Math.max(h, 3) + 2 * grow * scale);
      }
    };
    const redraw = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };
    const tell = () => {
      const last = cursor.column + 1 < map.starts.length ? map.starts[cursor.column + 1] - 1 : map.end;
      const from = map.starts[cursor.column], steps = from >= last ? `step ${from}` : `steps ${from} to ${last}`;
      const byte = map.bytes[cursor.layer * map.starts.length + cursor.column];
      said.textContent = `${map.layers[cursor.layer]} (layer ${cursor.layer + 1} of ${map.layers.length}), ${steps}: ${map.title} ${value(map, byte)}`;
    };
    const move = (layer, column) => {
      cursor.layer = Math.max(0, Math.min(map.layers.length - 1, layer));
      cursor.column = Math.max(0, Math.min(map.starts.length - 1, column));
      cursor.shown = true;
      tell();
      redraw();
    };
    const show = (which) => {
      map = maps[which];
      ends.innerHTML = "";
      for (const word of [`step ${map.starts[0].toLocaleString()}`, map.end.toLocaleString()]) {
        ends.append(Object.assign(document.createElement("span"), { textContent: word }));
      }
      range.textContent = `${number(10 ** map.low)} to ${number(10 ** map.high)}`;
      canvas.setAttribute("aria-label", `Heat map of ${map.title}: ${map.layers.length} layers, input at the top. Arrow keys move, Page Up and Page Down jump.`);
      if (cursor.shown) move(cursor.layer, cursor.column); else redraw();
    };

    canvas.addEventListener("pointermove", (event) => {
      const at = canvas.getBoundingClientRect();
      move(Math.floor(((event.clientY - at.top) / at.height) * map.layers.length), Math.floor(((event.clientX - at.left) / at.width) * map.starts.length));
    });
    canvas.addEventListener("focus", () => move(cursor.layer, cursor.column));
    canvas.addEventListener("keydown", (event) => {
      const far = Math.max(1, Math.round(map.starts.length / 20));
      const to = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [0, -far], PageDown: [0, far],
        Home: [0, -map.starts.length], End: [0, map.starts.length] }[event.key];
      if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      move(cursor.layer + to[0], cursor.column + to[1]);
    });
    choice.addEventListener("change", () => show(choice.selectedIndex));
    window.addEventListener("resize", redraw);
    const ramp = box.querySelector(".ramp canvas");
    ramp.width = 253;
    ramp.height = 1;
    const strip = new ImageData(253, 1);
    for (let i = 0; i < 253; i += 1) strip.data.set(TABLE[FIRST + i], 4 * i);
    ramp.getContext("2d").putImageData(strip, 0, 0);
    show(0);
  };
  document.querySelectorAll(".heat").forEach(start);
})();
