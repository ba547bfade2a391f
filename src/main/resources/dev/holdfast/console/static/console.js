// Comforts. Without them every page works all the same, but does not renew itself.
import { beginTimes } from "./times.js";
import { beginLive } from "./live.js";
import { beginKeys } from "./keys.js";

beginTimes();
beginLive();
beginKeys();

// What was said once is not said again when the page is loaded anew.
if (document.querySelector("[data-said]")) {
  const address = new URL(location.href);
  address.searchParams.delete("said");
  address.searchParams.delete("n");
  history.replaceState(null, "", address);
}

// Choosing rows: all of a page, and how many are chosen.
const count = () => {
  const picked = document.querySelectorAll(".rows tbody .pick input:checked").length;
  const words = document.querySelector("[data-picked]");
  if (words) words.textContent = picked ? `With ${picked} chosen:` : "With the chosen runs:";
};
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    event.target.closest("table").querySelectorAll("tbody .pick input").forEach((box) => { box.checked = event.target.checked; });
  }
  count();
});
count();

// Forms are sent once, however often the button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "post") {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  }
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-json]");
  if (!button) return;
  const text = button.dataset.copy
    ? document.getElementById(button.dataset.copy).textContent
    : await (await fetch(button.dataset.copyJson)).text();
  await navigator.clipboard.writeText(text);
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = words; }, 1500);
});
