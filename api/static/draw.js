// Drawing an outline on the plan of a plot: a click adds a corner, and the corners stand in the text field as metres.
"use strict";
(function () {
  const plan = document.getElementById("plot-plan");
  const field = document.getElementById("outline");
  const tools = document.getElementById("draw-tools");
  if (!plan || !field || !tools) return;
  const minX = Number(plan.dataset.minX);
  const maxY = Number(plan.dataset.maxY);
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  line.setAttribute("class", "plan-drawn");
  plan.append(line);
  tools.hidden = false;
  plan.classList.add("plot-plan-open");

  function corners() {
    return field.value.split("\n").map((row) => row.trim().split(/\s+/).map(Number))
      .filter((pair) => pair.length === 2 && pair.every(Number.isFinite));
  }
  function show() {
    line.setAttribute("points", corners().map(([x, y]) => `${x - minX},${maxY - y}`).join(" "));
  }
  function write(list) {
    field.value = list.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("\n");
    show();
  }
  plan.addEventListener("click", (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(plan.getScreenCTM().inverse());
    write([...corners(), [minX + point.x, maxY - point.y]]);
  });
  document.getElementById("draw-undo").addEventListener("click", () => write(corners().slice(0, -1)));
  field.addEventListener("input", show);
  show();
})();
