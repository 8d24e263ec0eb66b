// The calculator: a refused field is marked as such when the answer comes while one types.
// Without this file the page marks it; the message beside the field is there in any case.
(() => {
  const form = document.querySelector("[data-calculator]");
  if (!form) return;
  document.body.addEventListener("htmx:afterSettle", () => {
    for (const input of form.querySelectorAll("input[type=text]")) {
      const note = document.getElementById(`note-${input.name}`);
      if (note?.classList.contains("field-error")) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
  });
})();
