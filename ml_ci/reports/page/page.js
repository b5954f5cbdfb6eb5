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
  const value = (row, at, kind) => {
    const cell = row.cells[at], given = cell.dataset.value;
    return kind === "number" ? (given === undefined ? null : Number(given)) : cell.textContent;
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
})();
