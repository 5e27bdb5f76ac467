"use strict";
// Makes pictures move: choose a node by pointer or keyboard and see what it came from and what came of it; search, zoom, pan.
(() => {
  const FAR = 0.62; // below this scale the slots' names would be dust
  const make = (name, content, kind) => Object.assign(document.createElement(name), { textContent: content ?? "", className: kind ?? "" });

  const start = (box) => {
    const told = JSON.parse(box.querySelector('script[type="application/json"]').textContent);
    const svg = box.querySelector(".picture"), panel = box.querySelector(".panel");
    const field = box.querySelector("input"), said = box.querySelector(".found");
    const nodes = new Map([...svg.querySelectorAll(".node")].map((one) => [one.dataset.key, one]));
    const edges = [...svg.querySelectorAll(".edge")];
    const before = new Map(), after = new Map();
    told.edges.forEach(([source, target]) => {
      if (!after.has(source)) after.set(source, []);
      if (!before.has(target)) before.set(target, []);
      after.get(source).push(target);
      before.get(target).push(source);
    });
    const place = new Map([...nodes].map(([key, one]) => {
      const [x, y] = one.getAttribute("transform").match(/-?[\d.]+/g).map(Number);
      return [key, { x: x + 88, y: y + 23 }];
    }));

    // ---- where we look
    const [x0, y0, w0, h0] = svg.dataset.box.split(" ").map(Number);
    let view = { x: x0, y: y0, w: w0, h: h0 };
    const size = () => ({ w: svg.clientWidth || 600, h: svg.clientHeight || 400 });
    const look = (x, y, scale) => {
      const s = size();
      const k = Math.min(3, Math.max(0.02, scale));
      view = { x, y, w: s.w / k, h: s.h / k };
      svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
      svg.classList.toggle("far", k < FAR);
    };
    const scale = () => size().w / view.w;
    const within = (at, half, from, room) => (room <= 2 * half ? from + room / 2 : Math.min(Math.max(at, from + half), from + room - half));
    const centre = (x, y, k) => { // as far as the picture reaches
      const w = size().w / k, h = size().h / k;
      look(within(x, w / 2, x0, w0) - w / 2, within(y, h / 2, y0, h0) - h / 2, k);
    };
    const fitting = () => Math.min(1.15, size().w / w0, size().h / h0);
    const fit = () => centre(x0 + w0 / 2, y0 + h0 / 2, fitting());
    const zoom = (factor, at) => {
      const s = size(), k = Math.min(3, Math.max(0.02, scale() * factor)), p = at || { x: s.w / 2, y: s.h / 2 };
      look(view.x + p.x / scale() - p.x / k, view.y + p.y / scale() - p.y / k, k);
    };
    const show = (key) => { // bring a node into sight
      const { x, y } = place.get(key), k = Math.max(scale(), 0.7);
      const inside = x - 90 > view.x && x + 90 < view.x + view.w && y - 30 > view.y && y + 30 < view.y + view.h;
      if (!inside || k !== scale()) centre(x, y, k);
    };
    const begin = () => {
      const first = svg.querySelector(".node.start") || svg.querySelector(".node");
      if (fitting() >= 0.55) return fit();
      const { x, y } = place.get(first.dataset.key);
      return centre(x, y, Math.min(0.85, Math.max(0.62, size().w / 620)));
    };

    // ---- what is chosen
    let chosen = null;
    const reach = (key, ways) => {
      const found = new Set([key]), queue = [key];
      while (queue.length) for (const next of ways.get(queue.shift()) || []) if (!found.has(next)) { found.add(next); queue.push(next); }
      return found;
    };
    const light = (key) => {
      const up = reach(key, before), down = reach(key, after);
      nodes.forEach((one, k) => { one.classList.toggle("lit", up.has(k) || down.has(k)); one.classList.toggle("at", k === key); });
      edges.forEach((one) => {
        const [source, target] = told.edges[one.dataset.edge];
        one.classList.toggle("near", source === key || target === key);
        one.classList.toggle("lit", (up.has(source) && up.has(target)) || (down.has(source) && down.has(target)));
      });
      svg.classList.add("chosen");
      return [up.size - 1, down.size - 1];
    };
    const list = (rows) => {
      const dl = document.createElement("dl");
      for (const [name, value] of rows) dl.append(make("dt", name), make("dd", value, value.length > 120 || value.includes("\n") ? "long" : ""));
      return dl;
    };
    const tell = (key, [up, down]) => {
      const detail = told.nodes[key] || {}, close = make("button", "✕", "close");
      close.type = "button";
      close.setAttribute("aria-label", "Let go");
      close.addEventListener("click", () => { release(); nodes.get(key).focus(); });
      const title = make("h2", detail.title || nodes.get(key).querySelector(".label").textContent);
      panel.replaceChildren(close, title, make("p", `${up} upstream, ${down} downstream in this picture`, "around"));
      if (detail.href) { const link = make("a", "Open its page"); link.href = detail.href; panel.append(link); }
      panel.append(list(detail.rows || []));
      panel.hidden = false;
      panel.scrollTop = 0;
      if (!detail.more) return;
      fetch(detail.more).then((answer) => (answer.ok ? answer.json() : null)).then((full) => {
        if (full && chosen === key) panel.querySelector("dl").replaceWith(list(full.rows));
      }).catch(() => {});
    };
    const choose = (key) => {
      const was = panel.hidden;
      chosen = key;
      nodes.forEach((one) => one.setAttribute("tabindex", "-1"));
      nodes.get(key).setAttribute("tabindex", "0");
      nodes.forEach((one, k) => one.setAttribute("aria-pressed", String(k === key)));
      tell(key, light(key));
      if (was) look(view.x, view.y, size().h / view.h); // the panel took room from the picture
      show(key);
    };
    const release = () => {
      if (chosen === null) return;
      const k = scale();
      chosen = null;
      svg.classList.remove("chosen");
      nodes.forEach((one) => { one.classList.remove("lit", "at"); one.setAttribute("aria-pressed", "false"); });
      panel.hidden = true;
      look(view.x, view.y, k);
    };

    // ---- pointer: a click chooses, a drag moves, two fingers zoom
    const held = new Map();
    let moved = 0, pressed = null;
    svg.addEventListener("pointerdown", (event) => {
      held.set(event.pointerId, event);
      moved = 0;
      pressed = event.target.closest(".node");
    });
    svg.addEventListener("pointermove", (event) => {
      const last = held.get(event.pointerId);
      if (!last) return;
      const dx = event.clientX - last.clientX, dy = event.clientY - last.clientY;
      moved += Math.abs(dx) + Math.abs(dy);
      if (held.size === 2) {
        const [a, b] = [...held.values()], other = a.pointerId === event.pointerId ? b : a, at = svg.getBoundingClientRect();
        const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
        zoom(far(event) / far(last), { x: (event.clientX + other.clientX) / 2 - at.left, y: (event.clientY + other.clientY) / 2 - at.top });
      } else if (moved > 4) {
        svg.setPointerCapture(event.pointerId);
        svg.classList.add("held");
        look(view.x - dx / scale(), view.y - dy / scale(), scale());
      }
      held.set(event.pointerId, event);
    });
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => {
      if (!held.delete(event.pointerId)) return;
      svg.classList.remove("held");
      if (name === "pointerup" && moved <= 4) { if (pressed) { choose(pressed.dataset.key); pressed.focus({ preventScroll: true }); } else release(); }
    });
    svg.addEventListener("wheel", (event) => {
      const at = svg.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 300), { x: event.clientX - at.left, y: event.clientY - at.top });
      else if (document.documentElement.classList.contains("alone")) look(view.x + event.deltaX / scale(), view.y + event.deltaY / scale(), scale());
      else return;
      event.preventDefault();
    }, { passive: false });
    svg.addEventListener("dblclick", (event) => { const at = svg.getBoundingClientRect(); zoom(1.6, { x: event.clientX - at.left, y: event.clientY - at.top }); });

    // ---- keyboard: up and down along arrows, left and right within a layer
    const nearest = (key, keys) => [...keys].sort((a, b) => Math.abs(place.get(a).x - place.get(key).x) - Math.abs(place.get(b).x - place.get(key).x))[0];
    const beside = (key, way) => {
      const here = place.get(key);
      return [...place].filter(([k, p]) => k !== key && Math.abs(p.y - here.y) < 4 && (p.x - here.x) * way > 0).sort((a, b) => way * (a[1].x - b[1].x)).map(([k]) => k)[0];
    };
    svg.addEventListener("keydown", (event) => {
      const node = event.target.closest(".node");
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") return release();
      const action = { "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: fit }[event.key];
      if (action) { event.preventDefault(); action(); return; }
      if (!node) return;
      const key = node.dataset.key;
      const to = { ArrowUp: () => nearest(key, before.get(key) || []), ArrowDown: () => nearest(key, after.get(key) || []), ArrowLeft: () => beside(key, -1), ArrowRight: () => beside(key, 1), Enter: () => key, " ": () => key }[event.key];
      if (!to) return;
      event.preventDefault();
      const next = to();
      if (next === undefined) return;
      choose(next);
      nodes.get(next).focus({ preventScroll: true });
    });

    // ---- search
    let hits = [], turn = -1;
    const words = new Map([...nodes].map(([key, one]) => [key, `${one.textContent} ${JSON.stringify(told.nodes[key] || {})}`.toLowerCase()]));
    const seek = () => {
      const wanted = field.value.trim().toLowerCase();
      hits = wanted ? [...nodes.keys()].filter((key) => words.get(key).includes(wanted)) : [];
      turn = -1;
      nodes.forEach((one, key) => one.classList.toggle("hit", hits.includes(key)));
      svg.classList.toggle("sought", Boolean(wanted));
      said.textContent = wanted ? (hits.length ? `${hits.length} found; Enter goes through them` : "nothing found") : "";
      if (wanted) release();
    };
    field.addEventListener("input", seek);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { field.value = ""; seek(); }
      if (event.key !== "Enter" || !hits.length) return;
      event.preventDefault();
      turn = (turn + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
      svg.classList.remove("sought");
      choose(hits[turn]);
      said.textContent = `${turn + 1} of ${hits.length}`;
    });
    box.querySelector(".zoom").addEventListener("click", (event) => {
      const wanted = event.target.dataset.do;
      if (wanted === "fit") fit(); else if (wanted) zoom(wanted === "in" ? 1.3 : 1 / 1.3);
    });

    let width = 0, printing = false; // paper has a width of its own
    new ResizeObserver(() => { // turned, or a window that changed
      if (printing || Math.abs(svg.clientWidth - width) < 2) return;
      width = svg.clientWidth;
      if (chosen === null) begin();
    }).observe(svg);
    window.addEventListener("beforeprint", () => { printing = true; svg.setAttribute("viewBox", svg.dataset.box); });
    window.addEventListener("afterprint", () => { printing = false; look(view.x, view.y, scale()); });
    (svg.querySelector(".node.start") || svg.querySelector(".node")).setAttribute("tabindex", "0");
    width = svg.clientWidth;
    begin();
    const wanted = decodeURIComponent(location.hash.slice(1));
    if (nodes.has(wanted)) choose(wanted);
  };
  document.querySelectorAll("figure.graph").forEach(start);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details.words").forEach((one) => { one.open = true; }));
})();
