// Back and forward lead to the page of their address, also when they come so quickly that the page in between was
// still loading: htmx did not listen yet, so the address moved on and that page stayed.
// Listens after htmx, which is loaded before, so that no step falls between the two.
document.addEventListener("DOMContentLoaded", () => {
  const [loaded] = performance.getEntriesByType("navigation");
  const address = location.href.split("#")[0];
  const stayed = loaded?.name.startsWith(location.origin) && loaded.name.split("#")[0] !== address;
  // Once for each step, whatever a browser takes for the name of a page.
  if (stayed && !history.state?.loadedAgain) {
    history.replaceState({ ...history.state, loadedAgain: true }, "");
    location.reload();
  }
});
