// What no attribute can say. Every page works without it.
"use strict";
document.documentElement.classList.add("js");

// [data-copy] copies its value, and says so for a moment.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button || !navigator.clipboard) return;
  navigator.clipboard.writeText(button.dataset.copy).then(() => {
    const label = button.textContent;
    button.textContent = "copied";
    setTimeout(() => { button.textContent = label; }, 1200);
  });
});

// A form that was sent is not sent twice by a second click.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  for (const button of event.target.querySelectorAll("button[type=submit], button:not([type])")) {
    setTimeout(() => { button.disabled = true; setTimeout(() => { button.disabled = false; }, 4000); });
  }
});

// What refreshes itself rests while nobody looks: in a hidden tab, and when nothing
// was touched for a quarter of an hour. A session that is left alone so ends in time.
let touched = Date.now();
for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
  addEventListener(kind, () => { touched = Date.now(); }, { passive: true, capture: true });
}
const resting = () => document.hidden || Date.now() - touched > 15 * 60 * 1000;
document.addEventListener("htmx:beforeRequest", (event) => {
  const trigger = event.target.getAttribute("hx-trigger") || "";
  if (trigger.startsWith("every") && resting()) event.preventDefault();
});

// [data-charts] draws what its address answers, and again every half minute. The
// same figures stand in a table.
function draw(into, charts) {
  const style = getComputedStyle(document.documentElement);
  const colors = ["--tblr-green", "--tblr-primary", "--tblr-orange"].map((name) => style.getPropertyValue(name) || "gray");
  const ink = getComputedStyle(into).color;
  into.replaceChildren();
  for (const chart of charts) {
    const box = document.createElement("section");
    box.className = "card chart";
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", "Volume in " + chart.title + ", as in the table of the figures");
    into.append(box);
    const unit = 10 ** chart.digits;
    const grid = { stroke: getComputedStyle(box).borderTopColor, width: 1 };
    const axis = { stroke: ink, grid, ticks: grid };
    const days = chart.times.at(-1) - chart.times[0] > 2 * 86400;
    const hours = (_, ticks) => ticks.map((at) => new Date(at * 1000).toISOString().slice(...(days ? [5, 10] : [11, 16])));
    new uPlot({
      title: chart.title, width: Math.max(200, box.clientWidth - 16), height: 220, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
      axes: [{ ...axis, values: hours }, { ...axis, size: 72 }],
      series: [{ value: "{YYYY}-{MM}-{DD} {HH}:{mm}" }, ...chart.lines.map((line, i) => ({
        label: line.name, stroke: colors[i], width: 2, value: (_, value) => value === null ? "–" : value.toFixed(chart.digits),
      }))],
    }, [chart.times, ...chart.lines.map((line) => line.values.map((value) => value / unit))], box);
  }
}
for (const into of document.querySelectorAll("[data-charts]")) {
  let last = "";
  const load = async () => {
    if (last && resting()) return;
    const answer = await fetch(into.dataset.charts, { headers: { Accept: "application/json" } });
    if (!answer.ok || !(answer.headers.get("Content-Type") || "").startsWith("application/json")) return;
    const text = await answer.text();
    if (text !== last) draw(into, JSON.parse(text));
    last = text;
  };
  const again = () => load().catch(() => {}).finally(() => setTimeout(again, last.length > 2 ? 30000 : 5000));
  again();
  const redraw = () => { if (last) draw(into, JSON.parse(last)); };
  let width = innerWidth;
  addEventListener("resize", () => {
    if (width !== innerWidth) redraw();
    width = innerWidth;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
