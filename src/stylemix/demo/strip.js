// A row of pictures to choose from: one stop of the tabulator key, arrows inside.
const buttons = () => [...element.querySelectorAll("button[data-index]")];
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-index]");
  if (button) trigger("select", { index: Number(button.dataset.index), value: null });
});
element.addEventListener("keydown", (event) => {
  const all = buttons();
  const at = all.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const next = all[(to + all.length) % all.length];
  all.forEach((button) => (button.tabIndex = button === next ? 0 : -1));
  next.focus();
});
