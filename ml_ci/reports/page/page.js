"use strict";
(() => {
  const root = document.documentElement, theme = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let shown = dark.matches;
  const paint = (chosen) => {
    if (chosen) root.dataset.theme = shown ? "dark" : "light";
    theme.textContent = shown ? "light" : "dark";
    theme.setAttribute("aria-label", shown ? "Show light colours" : "Show dark colours");
  };
  dark.addEventListener("change", () => { if (!root.dataset.theme) { shown = dark.matches; paint(false); } });
  theme.addEventListener("click", () => { shown = !shown; paint(true); });
  theme.hidden = false;
  paint(false);

  // A link to a model that is folded away opens it.
  const unfold = () => {
    const aim = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    for (let at = aim; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (aim) aim.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();

  // Tables whose columns are sorted: the title becomes a button.
  const number = (said) => { const found = parseFloat(said.replaceAll(",", "")); return Number.isNaN(found) ? null : found; };
  const value = (row, at, kind) => {
    const cell = row.cells[at], given = cell.dataset.value;
    return kind === "number" ? number(given ?? cell.textContent) : cell.textContent;
  };
  const compare = (one, other) => typeof one === "string" ? one.localeCompare(other, "en", { numeric: true }) : one - other;
  for (const head of document.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button"), kind = head.dataset.sort, at = head.cellIndex;
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const up = was ? was === "descending" : kind === "text";
      for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = head.closest("table").tBodies[0];
      const rows = [...body.rows].map((row) => [value(row, at, kind), row]);
      rows.sort(([one], [other]) => {
        if (one === null || other === null) return (one === null) - (other === null);
        return (up ? 1 : -1) * compare(one, other);
      });
      body.append(...rows.map(([, row]) => row));
    });
  }

  // The threshold: a dot along points that were counted, a rule where a chart has thresholds across.
  const SVG = "http://www.w3.org/2000/svg";
  const percent = (part, whole) => `${(100 * part / whole).toFixed(1)}% (${part.toLocaleString("en")})`;
  const probit = (rate) => {  // Acklam's rational approximation: off by 1e-9 at most
    const over = (x, ...of) => of.reduce((sum, one) => sum * x + one, 0);
    const tail = (q) => over(q, -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
      4.374664141464968, 2.938163982698783) / over(q, 7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996,
      3.754408661907416, 1);
    rate = Math.min(Math.max(rate, 1e-8), 1 - 1e-8);  // 0 and 1 have no place: they lie on the edge
    if (rate < 0.02425) return tail(Math.sqrt(-2 * Math.log(rate)));
    if (rate > 0.97575) return -tail(Math.sqrt(-2 * Math.log(1 - rate)));
    const q = rate - 0.5, r = q * q;
    return q * over(r, -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
      2.506628277459239) / over(r, -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972,
      -13.28068155288572, 1);
  };
  const along = (value, [low, high]) => Math.min(1, Math.max(0, (value - low) / (high - low)));
  const ends = (svg, name) => (svg.dataset[name] || "0 1").split(" ").map(Number);
  for (const box of document.querySelectorAll(".slider")) {
    const key = box.dataset.of, found = JSON.parse(document.getElementById(`${key}-cuts`).textContent);
    const sums = (steps) => { let sum = 0; return steps.map((one) => sum += one); };
    for (const one of [found.new, found.old]) if (one) { one.fp = sums(one.fp); one.fn = sums(one.fn); }
    const range = box.querySelector("input"), shows = box.querySelector("output"), back = box.querySelector("button");
    const charts = [...document.querySelectorAll(`#${key}-charts [data-chart]`)], [left, top, across, down] = found.frame;
    const sides = ["old", "new"].filter((side) => found[side]), home = { new: found.judged[0], old: found.judged[1] };
    const judged = sides.every((side) => home[side] !== null);
    const add = (svg, name, kind, given) => {
      const made = document.createElementNS(SVG, name);
      made.setAttribute("class", `${kind} ${given.side || ""}`);
      for (const [what, value] of Object.entries(given)) if (what !== "side") made.setAttribute(what, value);
      svg.append(made);
      return made;
    };
    const marks = charts.flatMap((svg) => {
      const kind = svg.dataset.chart, x = ends(svg, "x"), y = ends(svg, "y");
      if (kind === "roc" || kind === "det") return sides.map((side) => ({ kind, side, x, y, at: add(svg, "circle", "dot", { side, r: 5.5 }) }));
      if (kind === "calibration" || !svg.dataset.x) return [];
      return [{ kind, x, at: add(svg, "path", "rule", {}) }];
    });
    const place = (mark, where) => {
      if (!mark.side) {
        const x = left + across * along(found.at[where.new], mark.x);
        mark.at.setAttribute("d", `M${x.toFixed(1)} ${top}v${down}`);
        return;
      }
      const counts = found[mark.side], at = where[mark.side], fpr = counts.fp[at] / counts.n, fnr = counts.fn[at] / counts.p;
      const [x, y] = mark.kind === "roc" ? [fpr, 1 - fnr] : [along(probit(fpr), mark.x), along(probit(fnr), mark.y)];
      mark.at.setAttribute("cx", (left + across * x).toFixed(1));
      mark.at.setAttribute("cy", (top + down * (1 - y)).toFixed(1));
    };
    const show = (where, asJudged) => {
      for (const mark of marks) place(mark, where);
      for (const side of sides) {
        const counts = found[side], at = where[side];
        box.querySelector(`[data-of="${side} fp"]`).textContent = percent(counts.fp[at], counts.n);
        box.querySelector(`[data-of="${side} fn"]`).textContent = percent(counts.fn[at], counts.p);
      }
      const [now, was] = [found.at[where.new], found.at[where.old ?? where.new]].map((one) => one.toPrecision(4));
      shows.textContent = now === was ? now : `${now}, baseline ${was}`;
      range.setAttribute("aria-valuetext", shows.textContent);
      back.setAttribute("aria-pressed", asJudged);
    };
    const reset = () => {
      range.value = home.new ?? 0;
      show(judged ? home : Object.fromEntries(sides.map((side) => [side, +range.value])), judged);
    };
    range.addEventListener("input", () => {
      const same = sides.every((side) => home[side] === +range.value);
      show(Object.fromEntries(sides.map((side) => [side, +range.value])), same);
    });
    back.hidden = !judged;
    back.addEventListener("click", reset);
    box.hidden = false;
    reset();
  }
})();
