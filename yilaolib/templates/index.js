"use strict";
// Search, filter and sort the table of reports. Without a script the table is whole and in order.
document.documentElement.classList.add("scripted");
addEventListener("DOMContentLoaded", () => {
  const body = document.querySelector("tbody");
  const search = document.querySelector("#search");
  const filters = Array.from(document.querySelectorAll("select"));
  const shown = document.querySelector("#shown");
  const STEP = 200;  // rows that are laid out at first, and more when somebody scrolls to their end
  let rows = Array.from(body.rows);
  let fitting = rows;
  let limit = STEP;

  function show(most) {
    limit = most;
    body.replaceChildren(...fitting.slice(0, limit));
    shown.textContent = fitting.length;
  }

  function filter() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    fitting = rows.filter((row) => wanted.every((word) => row.dataset.words.toLowerCase().includes(word)) &&
      filters.every((select) => !select.value || row.dataset[select.id] === select.value));
    show(STEP);
  }

  function sort(button) {
    const head = button.closest("th");
    const column = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    document.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const numeric = button.dataset.kind === "number";
    const order = new Intl.Collator("zh").compare;
    const keyed = rows.map((row) => [row.cells[column].dataset.sort ?? row.cells[column].textContent.trim(), row]);
    keyed.sort(([a], [b]) => {
      if ((a === "") !== (b === "")) return a === "" ? 1 : -1;  // what is not there comes last either way
      return (down ? -1 : 1) * (numeric ? a - b : order(a, b));
    });
    rows = keyed.map(([, row]) => row);
    filter();
  }

  document.querySelector("#controls").hidden = false;
  body.classList.add("ready");
  search.addEventListener("input", filter);
  filters.forEach((select) => select.addEventListener("change", filter));
  document.querySelectorAll("thead button").forEach((button) => button.addEventListener("click", () => sort(button)));
  addEventListener("beforeprint", () => show(fitting.length));
  addEventListener("scroll", () => {
    const end = document.documentElement.scrollHeight - innerHeight - scrollY;
    if (limit < fitting.length && end < innerHeight) show(limit + STEP);
  });
  filter();
});
