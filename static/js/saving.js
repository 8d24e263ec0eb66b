// Says so when an answer could not be saved as it was given, and sends it again with the next one that can be.
// Whatever happens, the buttons of the form send every answer of the page again.

// A summary of errors takes the focus, unless the address names a question: whoever followed a link to it goes on there.
const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
if (!named) document.querySelector("[data-takes-focus]")?.focus();

const unsaved = new Set();
const isQuestion = (element) => element.matches("fieldset.question");

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(name, ({ target }) => {
    if (!isQuestion(target)) return;
    unsaved.add(target);
    const saved = document.getElementById("saved");
    if (saved) saved.textContent = "Not saved: the site did not answer. Your choice stays here; press Next to send it again.";
  });
}

document.body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!detail.successful || !isQuestion(target)) return;
  unsaved.delete(target);
  const [next] = unsaved;
  next?.dispatchEvent(new Event("change"));
});
