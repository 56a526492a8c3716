// What stands here? A click, a tap or the button asks the server for the features at a point.
// Every word of an answer becomes text, never markup.
function askMap(map, given) {
  "use strict";
  var asked = 0;
  var popup = L.popup({ maxWidth: 270, minWidth: 180, maxHeight: 220, autoPanPadding: [12, 12] });

  function element(tag, text) {
    var made = document.createElement(tag);
    if (text !== undefined) { made.textContent = text; }
    return made;
  }

  function show(at, content) {
    var box = element("div");
    box.className = "map-answer";
    box.setAttribute("role", "status");
    box.tabIndex = 0;
    box.appendChild(content);
    popup.setLatLng(at).setContent(box);
    if (!map.hasLayer(popup)) { popup.openOn(map); }
    var close = popup.getElement() && popup.getElement().querySelector(".leaflet-popup-close-button");
    if (close) { close.setAttribute("aria-label", given.close); }
  }

  function told(feature) {
    var part = element("div");
    part.appendChild(element("h2", feature.title));
    var list = element("dl");
    feature.attributes.forEach(function (attribute) {
      list.appendChild(element("dt", attribute.label));
      list.appendChild(element("dd", attribute.value));
    });
    part.appendChild(list);
    return part;
  }

  function answer(at, found) {
    if (!found.features.length) { show(at, element("p", given.nothing)); return; }
    var all = element("div");
    found.features.forEach(function (feature) { all.appendChild(told(feature)); });
    if (found.has_more) { all.appendChild(element("p", given.more)); }
    show(at, all);
  }

  function ask(at) {
    var mine = ++asked;
    var place = at.wrap();
    show(at, element("p", given.asking));
    fetch(given.url + (given.url.indexOf("?") < 0 ? "?" : "&") + "lon=" + place.lng.toFixed(7) + "&lat=" + place.lat.toFixed(7) +
        "&zoom=" + Math.round(map.getZoom()) + "&lang=" + given.language)
      .then(function (response) {
        if (!response.ok) { throw new Error(String(response.status)); }
        return response.json();
      })
      .then(function (found) { if (mine === asked) { answer(at, found); } })
      .catch(function () { if (mine === asked) { show(at, element("p", given.failed)); } });
  }

  var Here = L.Control.extend({
    options: { position: "topleft" },
    onAdd: function () {
      var box = L.DomUtil.create("div", "leaflet-bar map-ask");
      var button = L.DomUtil.create("button", "", box);
      button.type = "button";
      button.textContent = "?";
      button.title = given.button;
      button.setAttribute("aria-label", given.button);
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.on(button, "click", function () { ask(map.getCenter()); });
      return box;
    }
  });
  map.addControl(new Here());
  L.DomUtil.create("div", "map-centre", map.getContainer()).setAttribute("aria-hidden", "true");
  map.on("click", function (event) { ask(event.latlng); });
  L.DomEvent.on(map.getContainer(), "keydown", function (event) {
    if (event.key === "Escape") { asked += 1; map.closePopup(popup); }
  });
}
