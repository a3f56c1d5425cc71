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
