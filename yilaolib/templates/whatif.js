"use strict";
// The formulas are those of yilaolib/needs; tests/reports/test_whatif.py compares every number with Python's.
(() => {
  const data = JSON.parse(document.querySelector("#data").textContent);
  const text = data.text;
  const form = document.querySelector("form");
  const controls = Array.from(form.elements).filter((control) => control.name);
  const [LOWER, CENTRAL, UPPER] = [0, 1, 2];
  const known = (value) => value ?? NaN;  // null would count as 0
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

  // ---- formulas: a list is lower, central, upper ----

  function people(s, year) {
    const grid = data.grid[s.scenario], i = data.years.indexOf(year);
    const ends = (what) => [`${what}_lower_80`, what, `${what}_upper_80`].map((path) => grid[path][i]);
    const own = (what) => (Number.isNaN(s[what]) ? known(data.supply[what][i]) : s[what]);
    return { grid, i, elderly: ends("elderly"), children: ends("children"), beds: own("beds"), places: own("places") };
  }

  const bedNeed = (elderly, s) => elderly.map((count) => (count * s.norm) / 1000);
  const placeNeed = (children, s) => children.map((count) => (count * (s.enrolment / 100)) / data.occupied);

  function results(s) {
    const { grid, i, elderly, children, beds, places } = people(s, s.year);
    const [inHomes, care, occupancy, enrolment] = [s.homes, s.care, s.occupancy, s.enrolment].map((pct) => pct / 100);
    const there = (what) => (Number.isNaN(s[what]) ? known(data.there[what]?.[0]) : s[what]);
    const [homeBeds, careBeds] = [there("home_beds"), there("care_beds")];
    const need = bedNeed(elderly, s);
    const homes = need.map((count) => count * inHomes);
    const residents = homes.map((count) => count * occupancy);
    const levels = Object.keys(data.shares);
    const living = (end) => levels.map((level) => grid[level][i] * data.shares[level][end]);
    const expected = [LOWER, CENTRAL, UPPER].map((end) => sum(living(end)));
    const mix = living(CENTRAL).map((count) => count / expected[CENTRAL]);
    const carers = (end) => sum(levels.map((level, n) => (residents[CENTRAL] * mix[n]) / data.ratios[level][end]));
    const enrolled = children.map((count) => count * enrolment);
    const gap = (wanted, stands) => wanted.map((count) => count - stands);
    const cost = (units, unit) => data.costs[unit].map((yuan) => Math.max(units, 0) * known(yuan));
    const rows = {
      beds: [need, beds], homes: [homes, homeBeds], care: [homes.map((count) => count * care), careBeds],
      needed: [expected.map((count) => count / occupancy), homeBeds], places: [placeNeed(children, s), places],
    };
    const converted = Math.max(care * homeBeds - careBeds, 0);
    const capitalBeds = cost(need[CENTRAL] - beds, "new_bed");
    const capitalPlaces = cost(rows.places[0][CENTRAL] - places, "new_place");
    const found = {
      elderly, children, residents, residents_share: (100 * residents[CENTRAL]) / elderly[CENTRAL],
      vacant: homes.map((count, end) => count - residents[end]), carers: [UPPER, CENTRAL, LOWER].map(carers),
      enrolled, filled: enrolled.map((count) => (100 * count) / places), staff: enrolled.map((count) => count * data.staff_each),
      capital_beds: capitalBeds, capital_places: capitalPlaces, capital: capitalBeds.map((yuan, end) => yuan + capitalPlaces[end]),
      converted, capital_converted: cost(converted, "renovated_bed"), subsidy: children.map((count) => count * data.subsidy),
    };
    for (const [row, [wanted, stands]] of Object.entries(rows)) {
      Object.assign(found, { [`${row}.need`]: wanted, [`${row}.there`]: stands, [`${row}.gap`]: gap(wanted, stands) });
    }
    return found;
  }

  // ---- what is shown ----

  function number(value, digits = 0) {
    if (Number.isNaN(value)) return "–";
    const shown = Math.abs(value).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    return value < 0 && /[1-9]/.test(shown) ? `−${shown}` : shown;
  }
  const kinds = {
    count: (value) => number(value),
    percent: (value) => number(value, 1),
    money: (value) => number(value / text.money_is, text.money_digits),
  };

  function origin(s, row) {  // of what stands, in small letters
    const what = { beds: "beds", homes: "home_beds", care: "care_beds", needed: "home_beds", places: "places" }[row];
    if (!Number.isNaN(s[what])) return text.yours;
    if (what in data.there) return fill(text.of_year, { year: data.there[what][1] });
    const [is, derived] = ["is", "derived"].map((key) => data.supply[`${what}_supply_${key}`]?.[data.years.indexOf(s.year)]);
    return [text.are[is] ?? "", ...(derived ? [text.derived] : [])].join(text.comma);
  }

  function show() {
    const s = read(), found = results(s);
    document.querySelectorAll("[data-key]").forEach((cell) => {
      const value = found[cell.dataset.key], shown = kinds[cell.dataset.kind], [row, part] = cell.dataset.key.split(".");
      const [lower, central, upper] = Array.isArray(value) ? value : [NaN, value, NaN];
      let small = part === "there" ? origin(s, row) : "";
      if (!Number.isNaN(lower + central + upper)) small = fill(text.range, { lower: shown(lower), upper: shown(upper) });
      const main = document.createElement("strong"), under = document.createElement("small");
      main.textContent = part === "there" && Number.isNaN(central) ? text.missing : shown(central);
      main.className = Number.isNaN(central) ? "none" : "";
      under.textContent = small;
      cell.replaceChildren(main, ...(small ? [under] : []));
    });
    const gap = (row, unit) => {
      const value = found[`${row}.gap`][CENTRAL];
      const key = Number.isNaN(value) ? "unknown" : value >= 0.5 ? "short" : value <= -0.5 ? "over" : "even";
      return fill(text[key], { count: number(Math.abs(value)), unit });
    };
    const capital = found.capital[CENTRAL];
    document.querySelector("#message").textContent = fill(text.message, {
      year: s.year, scenario: form.elements.scenario.selectedOptions[0].textContent,
      beds: number(found["beds.need"][CENTRAL]), places: number(found["places.need"][CENTRAL]),
      bed_gap: gap("beds", text.bed_unit), place_gap: gap("places", text.place_unit),
      carers: number(found.carers[CENTRAL]), staff: number(found.staff[CENTRAL]),
      capital: Number.isNaN(capital) ? "" : fill(text.capital, { capital: kinds.money(capital) }),
    });
    controls.filter((control) => control.type === "range").forEach((control) => {
      const said = control.value + control.dataset.unit;
      control.parentElement.querySelector(".value").textContent = said;
      control.setAttribute("aria-valuetext", said);
    });
    const paths = data.years.map((year) => people(s, year));
    chart("beds", paths.map((at) => bedNeed(at.elderly, s)), paths.map((at) => at.beds), s.year);
    chart("places", paths.map((at) => placeNeed(at.children, s)), paths.map((at) => at.places), s.year);
  }

  function chart(what, need, there, year) {
    const svg = document.querySelector(`#chart-${what}`), width = svg.clientWidth || 480, height = 200;
    const [left, right, top, bottom] = [76, 14, 8, 22], years = data.years;
    const most = Math.max(1, ...need.map((ends) => ends[UPPER]), ...there.filter((count) => !Number.isNaN(count)));
    const ten = 10 ** Math.floor(Math.log10(most / 4)), step = [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10].find((times) => 4 * times * ten >= most) * ten;
    const x = (at) => (left + ((at - years[0]) / (years.at(-1) - years[0] || 1)) * (width - left - right)).toFixed(1);
    const y = (count) => (height - bottom - (count / (4 * step)) * (height - top - bottom)).toFixed(1);
    const line = (values) => values.map((count, n) => `${x(years[n])},${y(count)}`).join(" ");
    const ticks = [0, 1, 2, 3, 4].map((n) => n * step).map((count) => `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(count)}" y2="${y(count)}"/><text x="${left - 6}" y="${+y(count) + 4}" text-anchor="end">${number(count, step < 2 ? 1 : 0)}</text>`);
    const dates = years.filter((at) => at % 5 === 0 && (width > 420 || at % 10 === 0)).map((at) => `<text x="${x(at)}" y="${height - 5}" text-anchor="middle">${at}</text>`);
    const band = line(need.map((ends) => ends[UPPER])) + " " + need.map((ends, n) => `${x(years[n])},${y(ends[LOWER])}`).reverse().join(" ");
    const stands = Number.isNaN(sum(there)) ? "" : `<polyline class="there" points="${line(there)}"/>`;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.innerHTML = `${ticks.join("")}${dates.join("")}<line class="now" x1="${x(year)}" x2="${x(year)}" y1="${top}" y2="${height - bottom}"/>` +
      `<polygon class="band" points="${band}"/><polyline class="need" points="${line(need.map((ends) => ends[CENTRAL]))}"/>${stands}`;
  }

  // ---- settings: of the form, and kept behind the # of the address ----

  function read() {
    return Object.fromEntries(controls.map(({ name, value }) => [name, name === "scenario" ? value : value === "" ? NaN : Number(value)]));
  }

  function keep() {
    const link = "#" + new URLSearchParams(controls.filter(({ value }) => value !== "").map(({ name, value }) => [name, value]));
    document.querySelector("#keep").href = link;
    if (location.hash !== link) history.replaceState(null, "", link);
  }

  function apply() {
    const asked = new URLSearchParams(location.hash.slice(1));
    form.reset();
    controls.forEach((control) => {
      const value = asked.get(control.name), count = value?.trim() ? Number(value) : NaN;
      if (control.tagName === "SELECT") control.value = value in data.grid ? value : control.value;
      else if (Number.isFinite(count)) control.value = Math.max(count, 0);  // a slider keeps it within its ends
    });
    const { beds } = people(read(), data.years[0]), own = controls.filter((control) => control.type === "number");
    form.querySelector("details").open = Number.isNaN(beds) || own.some((control) => control.value !== "");
    show();
    keep();
  }

  form.addEventListener("input", show);
  form.addEventListener("change", keep);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { show(); keep(); }));
  document.querySelector("#print").addEventListener("click", () => print());
  addEventListener("hashchange", apply);
  addEventListener("resize", show);
  apply();
})();
