// The header search: "/" and Ctrl-K reach it, arrows move through the answers, Escape closes them.
// Without this file the box is a plain form that leads to the search page.
(() => {
  const box = document.querySelector("[data-search]");
  if (!box) return;
  const input = box.querySelector("input");
  const panel = () => box.querySelector("[data-search-panel]");
  const links = () => [...panel().querySelectorAll("a")];
  const show = (open) => {
    panel().hidden = !open;
  };
  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    const shortcut = event.key === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
    if (!shortcut && !slash) return;
    event.preventDefault();
    input.focus();
    input.select();
  });

  // Once closed by Escape, answers stay closed until something is typed or the box is reached anew.
  let closed = false;

  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel().hidden) {
      event.preventDefault();
      closed = true;
      show(false);
      input.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (panel().hidden) {
        closed = false;
        show(links().length > 0);
      }
      const all = [input, ...(panel().hidden ? [] : links())];
      const at = all.indexOf(document.activeElement);
      if (at < 0 || all.length < 2) return;
      event.preventDefault();
      all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length].focus();
    }
  });

  input.addEventListener("input", () => { closed = false; });
  box.addEventListener("focusin", () => show(!closed && links().length > 0));

  // Answers that come late must not take the focus away from whoever has moved into the list already.
  let place = -1;
  box.addEventListener("htmx:beforeSwap", () => { place = links().indexOf(document.activeElement); });
  box.addEventListener("htmx:afterSwap", () => {
    if (place >= 0) {
      show(true);
      (links()[place] ?? links()[0] ?? input).focus();
    }
    show(!closed && box.contains(document.activeElement));
  });
  box.addEventListener("focusout", (event) => {
    if (box.contains(event.relatedTarget)) return;
    closed = false;
    show(false);
  });
})();
