// Shows what only works with script, and makes it work: printing, and copying the link to the clipboard.

document.querySelector("[data-takes-focus]")?.focus();

const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

const copy = document.querySelector("[data-copy]");
if (copy && navigator.clipboard) {
  const field = document.getElementById(copy.dataset.copy);
  const said = document.querySelector("[data-copied]");
  copy.hidden = false;
  copy.addEventListener("click", () => {
    navigator.clipboard.writeText(field.value).then(
      () => { said.textContent = "Copied."; },
      () => { field.select(); said.textContent = "Press Ctrl+C to copy."; },
    );
  });
}
