// A page renews itself when the stream of events says that something has happened: parts that changed are replaced where
// they stand, rows never move, and new ones are counted until somebody asks for them.
import { sayTimes } from "./times.js";

const main = document.querySelector("main[data-live]");
const every = Number(main?.dataset.every ?? 2000);
let source;
let waiting;
let last = 0;
let ended = false;

function isInUse(part) {
  return part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea")
    || part.querySelector("details.act[open]")
    || [...part.querySelectorAll("textarea, input:not([type=hidden])")].some((field) => field.value !== field.defaultValue);
}

function renewParts(fresh) {
  document.querySelectorAll("[data-part]").forEach((part) => {
    const now = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!now) {
      if (!isInUse(part)) part.replaceChildren();
      return;
    }
    sayTimes(now);
    if (now.innerHTML === part.innerHTML || isInUse(part)) return;
    const focused = part.contains(document.activeElement) ? place(part, document.activeElement) : null;
    const open = [...part.querySelectorAll("details")].map((details) => details.open);
    part.className = now.className;
    part.replaceChildren(...now.childNodes);
    part.querySelectorAll("details").forEach((details, i) => { if (open[i]) details.open = true; });
    if (focused) part.querySelectorAll("a, button, summary, time, pre")[focused]?.focus();
  });
}

const place = (part, element) => [...part.querySelectorAll("a, button, summary, time, pre")].indexOf(element);

function renewList(fresh) {
  const list = document.querySelector("[data-list]");
  if (!list) {
    if (fresh.querySelector("[data-list]") && document.querySelector(".empty")) location.reload();
    return;
  }
  const now = new Map([...fresh.querySelectorAll("[data-list] tr[data-key]")].map((row) => [row.dataset.key, row]));
  const most = Number(list.dataset.most ?? 50);
  const shown = new Set();
  list.querySelectorAll("tr[data-key]").forEach((row) => {
    const key = row.dataset.key;
    shown.add(key);
    const renewed = now.get(key);
    row.classList.toggle("left", !renewed && now.size < most);
    if (!renewed) return;
    sayTimes(renewed);
    [...renewed.cells].forEach((cell, i) => {
      const old = row.cells[i];
      if (!cell.matches(".pick") && old.innerHTML !== cell.innerHTML && !old.contains(document.activeElement) && !isInUse(old)) {
        old.replaceChildren(...cell.childNodes);
      }
    });
  });
  const more = [...now.keys()].filter((key) => !shown.has(key)).length;
  const notice = document.querySelector("[data-fresh]");
  if (notice && more) {
    notice.hidden = false;
    notice.querySelector("a").textContent = `${more >= most ? `${most} or more` : more} new: show`;
  }
}

async function renew() {
  waiting = null;
  last = Date.now();
  const reply = await fetch(location.href, { headers: { "X-Renewal": "1" }, redirect: "manual" });
  if (reply.status === 401) {
    stop();
    return;
  }
  if (!reply.ok) return;
  const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
  document.title = fresh.title;
  renewParts(fresh);
  renewList(fresh);
  document.dispatchEvent(new CustomEvent("renewed"));
}

function soon() {
  waiting ??= setTimeout(() => renew().catch(() => {}), Math.max(150, last + every - Date.now()));
}

function stop() {
  ended = true;
  source?.close();
  if (document.querySelector("[data-ended]")) return;
  const note = document.createElement("div");
  note.className = "note warn";
  note.dataset.ended = "yes";
  note.setAttribute("role", "alert");
  const link = document.createElement("a");
  link.href = location.href;
  link.textContent = "Log in again";
  const words = document.createElement("p");
  words.append("Your session has ended, so this page does not renew itself any more. ", link, " and you are back here.");
  note.append(words);
  main.prepend(note);
}

function open() {
  source = new EventSource(main.dataset.live);
  source.onopen = () => { main.dataset.connected = "yes"; soon(); };
  source.onmessage = soon;
  source.addEventListener("end", () => { soon(); source.close(); });
  source.onerror = () => {
    delete main.dataset.connected;
    // Refused, rather than cut off: by the end of the session, say. What it is, the page itself tells.
    if (source.readyState === EventSource.CLOSED && !ended) setTimeout(() => renew().then(() => ended || again()).catch(again), 3000);
  };
}

function again() {
  if (!document.hidden && !ended && source.readyState === EventSource.CLOSED) open();
}

export function beginLive() {
  if (!main) return;
  open();
  // A browser has few connections to one server: a page that nobody looks at gives its own back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.close();
    else again();
  });
}
