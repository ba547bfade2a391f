// Single keys, for those who want them: "?" says which, and where to switch them off.
const OFF = "holdfast-keys-off";

const rows = () => [...document.querySelectorAll("[data-list] tbody tr")];

function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  all[Math.max(0, Math.min(all.length - 1, at + by))]?.querySelector("th a, td a")?.focus();
}

const KEYS = {
  "/": () => document.getElementById("q")?.focus(),
  "?": help,
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement?.closest("tr")?.querySelector(".pick input")?.click(),
};

const WORDS = [["/", "Find a run"], ["j, k", "Next row, row before"], ["x", "Choose the row"], ["?", "This help"], ["Esc", "Close"]];

function help() {
  let dialog = document.getElementById("help");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.id = "help";
    dialog.setAttribute("aria-labelledby", "help-title");
    const title = document.createElement("h2");
    title.id = "help-title";
    title.textContent = "Keys";
    const list = document.createElement("dl");
    list.className = "facts";
    WORDS.forEach(([key, words]) => {
      const term = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = key;
      term.append(kbd);
      const what = document.createElement("dd");
      what.textContent = words;
      list.append(term, what);
    });
    const label = document.createElement("label");
    label.className = "check";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = !localStorage.getItem(OFF);
    box.addEventListener("change", () => box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "yes"));
    label.append(box, " Single keys do this (? always does)");
    const close = document.createElement("button");
    close.textContent = "Close";
    close.addEventListener("click", () => dialog.close());
    dialog.append(title, list, label, close);
    document.body.append(dialog);
  }
  dialog.showModal();
}

export function beginKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
    if (document.querySelector("dialog[open]") || (event.key !== "?" && localStorage.getItem(OFF))) return;
    const act = KEYS[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
}
