"use strict";
// Search, filter and sort the table of reports. Without a script the table is whole and in order.
(() => {
  const body = document.querySelector("tbody");
  const rows = Array.from(body.rows);
  const search = document.querySelector("#search");
  const filters = Array.from(document.querySelectorAll("select"));
  const shown = document.querySelector("#shown");
  const words = rows.map((row) => row.dataset.words.toLowerCase());

  function filter() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, i) => {
      const fits = wanted.every((word) => words[i].includes(word)) &&
        filters.every((select) => !select.value || row.dataset[select.id] === select.value);
      row.hidden = !fits;
      count += fits;
    });
    shown.textContent = count;
  }

  function sort(button) {
    const head = button.closest("th");
    const column = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    document.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const numeric = button.dataset.kind === "number";
    const keyed = rows.map((row) => [row.cells[column].dataset.sort ?? row.cells[column].textContent.trim(), row]);
    keyed.sort(([a], [b]) => {
      if ((a === "") !== (b === "")) return a === "" ? 1 : -1;  // what is not there comes last either way
      const order = numeric ? a - b : a.localeCompare(b, "zh");
      return down ? -order : order;
    });
    body.append(...keyed.map(([, row]) => row));
  }

  document.querySelector("#controls").hidden = false;
  search.addEventListener("input", filter);
  filters.forEach((select) => select.addEventListener("change", filter));
  document.querySelectorAll("thead button").forEach((button) => button.addEventListener("click", () => sort(button)));
  filter();
})();
