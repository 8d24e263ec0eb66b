// Says how saving goes: an answer that could not be saved as it was given is sent again with the next one that can be,
// and whoever leaves while answers are on their way sends the whole page once more.
// Whatever happens, the buttons of the form send every answer of the page again.

// A summary of errors takes the focus, unless the address names a question: whoever followed a link to it goes on there.
const named = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
if (!named) document.querySelector("[data-takes-focus]")?.focus();

const form = document.getElementById("answers");
const unsaved = new Set();
const isQuestion = (element) => element.matches("fieldset.question");

function say(text) {
  const saved = document.getElementById("saved");
  if (saved) saved.textContent = text;
}

const saves = document.querySelector("[data-saves]");
if (saves) saves.textContent = "Saved as you go.";

document.body.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (isQuestion(target)) say("Saving…");
});

for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.body.addEventListener(name, ({ target, detail }) => {
    if (!isQuestion(target)) return;
    unsaved.add(target);
    say(whyNot(detail.xhr.status));
  });
}

function whyNot(status) {
  if (status === 429) return "Not saved: too many answers in a short time. Your choice stays here; press Next in a few minutes.";
  if (status >= 400 && status < 500) return "Not saved: this assessment may have been deleted. Reload the page.";
  return "Not saved: the site did not answer. Your choice stays here; press Next to send it again.";
}

document.body.addEventListener("htmx:afterRequest", ({ target, detail }) => {
  if (!detail.successful || !isQuestion(target)) return;
  unsaved.delete(target);
  const [next] = unsaved;
  next?.dispatchEvent(new Event("change"));
});

// Beside each question stands the answer that is known as saved. htmx drops its queue with the page; `keepalive` does not.
addEventListener("pagehide", () => {
  const data = new FormData(form);
  const onTheirWay = [...data.keys()].filter((name) => data.has(`was-${name}`) && data.get(`was-${name}`) !== data.get(name));
  if (!onTheirWay.length) return;
  fetch(form.action, { method: "POST", body: new URLSearchParams(data), headers: { "HX-Request": "true" }, keepalive: true });
  for (const name of onTheirWay) document.getElementById(`was-${name}`).value = data.get(name);
});
