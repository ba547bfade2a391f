// Times as people say them, the exact UTC on hover and focus.
const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

function span(seconds) {
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  if (at < 0) return "0 s";
  const [unit, size] = UNITS[at];
  const whole = Math.floor(seconds / size);
  const next = UNITS[at + 1];
  const rest = next && whole < 3 ? Math.floor((seconds % size) / next[1]) : 0;
  return `${whole} ${unit}${rest ? ` ${rest} ${next[0]}` : ""}`;
}

// By the clock that decides, the database's: that of whoever looks may be wrong.
const now = document.querySelector("main[data-now]")?.dataset.now;
const ahead = now ? Date.now() - Date.parse(now) - performance.now() : 0;

function said(date) {
  const seconds = Math.round((date - Date.now() + ahead) / 1000);
  return seconds > 0 ? `in ${span(seconds)}` : seconds > -2 ? "now" : `${span(-seconds)} ago`;
}

/** Says the times below this element anew. */
export function sayTimes(root = document) {
  root.querySelectorAll("time[datetime]").forEach((time) => {
    if (!time.dataset.utc) {
      time.dataset.utc = time.title;
      time.removeAttribute("title");
    }
    const words = said(new Date(time.dateTime));
    if (time.textContent !== words) time.textContent = words;
  });
}

const tip = document.createElement("div");
tip.className = "tip";
tip.id = "tip";
tip.setAttribute("role", "tooltip");
tip.hidden = true;

function show(words, by) {
  tip.textContent = words;
  tip.hidden = false;
  const place = by.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const below = place.bottom + 6 + own.height < innerHeight;
  tip.style.setProperty("left", `${Math.max(6, Math.min(place.left, innerWidth - own.width - 6))}px`);
  tip.style.setProperty("top", `${below ? place.bottom + 6 : Math.max(6, place.top - own.height - 6)}px`);
}

/** Of a row all its times, for whoever goes from link to link. */
function timesOf(element) {
  if (element.matches("time")) return element.dataset.utc;
  const row = element.closest("tbody tr");
  return row && element.matches("a") ? [...row.querySelectorAll("time")].map((time) => {
    const label = time.closest("[data-label]")?.dataset.label;
    return `${label ? `${label}: ` : ""}${time.dataset.utc}`;
  }).join("\n") : null;
}

/** Whoever watches by a wrong clock is told, on the page that tells what is wrong. */
function tellOfTheClock() {
  const findings = document.querySelector("[data-part=findings]");
  if (!findings || Math.abs(ahead) < 60000) return;
  const note = document.createElement("p");
  note.className = "note warn";
  note.textContent = `This device's clock is ${span(Math.abs(ahead) / 1000)} ${ahead > 0 ? "ahead of" : "behind"} the database's. Times here go by the database's.`;
  findings.before(note);
}

export function beginTimes() {
  document.body.append(tip);
  tellOfTheClock();
  sayTimes();
  setInterval(sayTimes, 1000);
  document.addEventListener("mouseover", (event) => {
    const time = event.target.closest?.("time[data-utc]");
    if (time) show(time.dataset.utc, time);
    else if (!document.activeElement?.matches("time")) tip.hidden = true;
  });
  document.addEventListener("focusin", (event) => {
    const words = event.target.matches(":focus-visible") && timesOf(event.target);
    if (words) show(words, event.target);
    else tip.hidden = true;
  });
  document.addEventListener("focusout", () => { tip.hidden = true; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
}
