// The frame of the result: the divider, the full screen, and a sheet's pictures to choose from.
element.addEventListener("input", (event) => {
  if (event.target.type === "range")
    event.target.parentElement.style.setProperty("--at", event.target.value + "%");
});
element.addEventListener("click", (event) => {
  const picture = event.target.closest("button[data-index]");
  if (picture) trigger("select", { index: Number(picture.dataset.index), value: null });
  if (event.target.closest(".sm-full")) {
    if (document.fullscreenElement) document.exitFullscreen();
    else element.querySelector(".sm-compare").requestFullscreen();
  }
});
