"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const text = (number) => data.texts[number];
  const jobName = (number) => (number < 0 ? "" : data.jobs[number][0]);
  const SIZE = 25;

  // Columns: heading, what a row has there, whether it is a number. (A seed that a number of JavaScript cannot hold is a text.)
  const TABLES = {
    jobs: [
      ["job", (r) => r[0]],
      ["device", (r) => text(r[3])],
      ["seed", (r) => r[4], true],
      ["result", (r) => text(r[5])],
      ["s", (r) => r[6], true],
      ["CPU s", (r) => r[7], true],
      ["MiB", (r) => r[8], true],
      ["compared", (r) => r[9], true],
      ["why", (r) => r[10]],
    ],
    bins: [
      ["plan", (r) => text(r[0])],
      ["bin", (r) => r[1]],
      ["hits", (r) => r[2], true],
      ["jobs", (r) => r[3], true],
      ["first reached by", (r) => jobName(r[4])],
    ],
  };
  const ONLY = {
    jobs: ["failed or not run", (r) => !r[13]],
    bins: ["uncovered bins", (r) => !r[2]],
  };

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function command(row) {
    return text(row[12]).replace("--seed 0", () => "--seed " + row[4]);
  }

  function detail(row, columns) {
    const cell = element("td", { colspan: columns });
    if (row[10]) cell.append(element("p", {}, row[10]));
    cell.append(element("pre", {}, element("code", {}, command(row))));
    if (row[11]) cell.append(element("a", { href: row[11] }, "its files"));
    return element("tr", {}, cell);
  }

  function show(place) {
    const kind = place.dataset.rows;
    const columns = TABLES[kind];
    const rows = data[kind];
    let found = rows, sorted = -1, down = false, page = 0, texts = null;

    const search = element("input", { type: "search", placeholder: "search", "aria-label": "search " + kind });
    const only = element("input", { type: "checkbox" });
    const said = element("span", { class: "quiet", role: "status" });
    const back = element("button", { type: "button" }, "back"), next = element("button", { type: "button" }, "next");
    const heads = columns.map(([name, , number], i) => {
      const button = element("button", { type: "button" }, name);
      button.addEventListener("click", () => { down = sorted === i ? !down : !!number; sorted = i; update(); });
      return element("th", number ? { class: "n" } : {}, button);
    });
    const body = element("tbody");

    function cells(row) {
      return columns.map(([name, value, number]) => {
        const what = value(row);
        const plain = typeof what === "string" || name === "seed";
        return element("td", number ? { class: "n" } : {}, plain ? String(what) : what.toLocaleString("en"));
      });
    }

    function draw() {
      const last = Math.max(0, Math.ceil(found.length / SIZE) - 1);
      page = Math.min(Math.max(page, 0), last);
      const part = found.slice(page * SIZE, (page + 1) * SIZE);
      body.replaceChildren(...part.map((row) => {
        const line = element("tr", kind === "jobs" ? { class: "job", tabindex: "0" } : {}, ...cells(row));
        if (kind === "jobs") {
          const turn = () => {
            if (line.nextSibling && line.nextSibling.dataset.of) line.nextSibling.remove();
            else { const more = detail(row, columns.length); more.dataset.of = row[0]; line.after(more); }
          };
          line.addEventListener("click", turn);
          line.addEventListener("keydown", (e) => { if (e.key === "Enter") turn(); });
          if (!row[13]) line.children[3].classList.add("bad");
        }
        return line;
      }));
      const from = found.length ? page * SIZE + 1 : 0;
      said.textContent = `${from.toLocaleString("en")} to ${(page * SIZE + part.length).toLocaleString("en")} of ${found.length.toLocaleString("en")}`;
      back.disabled = page === 0;
      next.disabled = page === last;
    }

    function update() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      if (words.length && !texts) texts = new Map(rows.map((r) => [r, columns.map(([, value]) => value(r)).join(" ").toLowerCase()]));
      found = rows.filter((r) => (!only.checked || ONLY[kind][1](r)) && words.every((word) => texts.get(r).includes(word)));
      if (sorted >= 0) {
        const value = columns[sorted][1], sign = down ? -1 : 1;
        const less = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
        found.sort((a, b) => sign * less(value(a), value(b)));
      }
      heads.forEach((head, i) => {
        if (i === sorted) head.setAttribute("aria-sort", down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      page = 0;
      draw();
    }

    search.addEventListener("input", update);
    only.addEventListener("change", update);
    back.addEventListener("click", () => { page -= 1; draw(); });
    next.addEventListener("click", () => { page += 1; draw(); });
    place.append(
      element("div", { class: "find" }, search, element("label", {}, only, " " + ONLY[kind][0]), said, back, next),
      element("div", { class: "scroll" }, element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body)),
    );
    draw();
  }

  function showSources(place) {
    const choice = element("select", { "aria-label": "file" });
    choice.append(element("option", { value: "-1" }, "choose a file"));
    data.code.forEach(([file], i) => choice.append(element("option", { value: i }, file)));
    const missed = element("input", { type: "checkbox" });
    const body = element("tbody");
    const draw = () => {
      const lines = choice.value === "-1" ? [] : data.code[choice.value][1];
      const rows = lines.map((line, i) => [i + 1, ...line]).filter((r) => !missed.checked || (!r[4] && (r[2] === 0 || r[3])));
      body.replaceChildren(...rows.map(([number, text, count, names, reason]) => {
        const kind = reason ? "excluded" : count === 0 || names ? "missed" : "";
        return element("tr", { class: kind }, element("td", { class: "n" }, String(number)),
          element("td", { class: "n" }, count < 0 ? "" : count.toLocaleString("en")), element("td", {}, element("code", {}, text)),
          element("td", {}, reason ? "excluded: " + reason : names));
      }));
    };
    choice.addEventListener("change", draw);
    missed.addEventListener("change", draw);
    place.append(element("div", { class: "find" }, choice, element("label", {}, missed, " not reached")),
      element("div", { class: "scroll" }, element("table", { class: "source" }, body)));
  }

  document.querySelectorAll(".table").forEach(show);
  if (document.getElementById("sources")) showSources(document.getElementById("sources"));
  if (navigator.clipboard) {
    document.querySelectorAll(".copy").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => {
        navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
        button.textContent = "copied";
      });
    });
  }
  document.documentElement.dataset.ready = Math.round(performance.now());
})();
