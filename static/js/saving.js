// Says so when an answer could not be saved as it was given, and moves the focus to a summary of errors.
// Nothing is lost: the buttons of the form send every answer of the page again.

document.querySelector("[data-takes-focus]")?.focus();

function sayNotSaved() {
  const saved = document.getElementById("saved");
  if (saved) saved.textContent = "Not saved: the site did not answer. Your choice stays here; press Next to send it again.";
}

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(name, sayNotSaved);
}
