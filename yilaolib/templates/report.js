"use strict";
// A link to a row opens what it is folded in.
window.addEventListener("hashchange", () => {
  const fold = document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest("details");
  if (fold && !fold.open) {
    fold.open = true;
    fold.querySelector(":target")?.scrollIntoView();
  }
});
// Sort the tables of a report by any column: up, down, and back to the order of the report. Without a script the
// tables are whole, in that order.
document.querySelectorAll("main table").forEach((table) => {
  const body = table.tBodies[0];
  const heads = Array.from(table.tHead.rows[0].cells);
  const rows = Array.from(body.rows);
  if (rows.length < 3 || heads.length < 3) return;

  // The first node is the text or a link; marks of sources come after it.
  const text = (cell) => (cell.firstChild ? cell.firstChild.textContent.trim() : "");
  const missing = (cell) => cell.classList.contains("none") || text(cell) === "" || text(cell) === "–";

  // A report prints a minus sign (U+2212), and programs want a hyphen.
  const number = (written) => Number(written.replaceAll(",", "").replace("−", "-").replace("∞", "Infinity"));

  function compare(numeric, a, b) {
    if (!numeric) return a.localeCompare(b, document.documentElement.lang, { numeric: true });
    return number(a) - number(b);
  }

  function sort(head, column) {
    const next = { ascending: "descending", descending: null }[head.getAttribute("aria-sort")];
    const order = next === undefined ? "ascending" : next;
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    if (order) head.setAttribute("aria-sort", order);
    const known = order ? rows.filter((row) => !missing(row.cells[column])) : rows;
    const rest = order ? rows.filter((row) => missing(row.cells[column])) : [];  // what is not there comes last either way
    const sign = order === "descending" ? -1 : 1;
    const numeric = head.classList.contains("num");
    const sorted = order ? known.toSorted((a, b) => sign * compare(numeric, text(a.cells[column]), text(b.cells[column]))) : known;
    body.append(...sorted, ...rest);
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(head, column));
  });
});
