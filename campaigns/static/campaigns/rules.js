"use strict";

// The rows of rules come anew from the server after a choice. What was typed while they were under way stays typed, and
// who works by keys goes on where he was.
(function () {
  const FIELDS = "#id_rules input[type=text], #id_rules input[type=datetime-local], #id_rules textarea";
  let sent = new Map();
  let typed = new Map();

  function values() {
    return new Map(Array.from(document.querySelectorAll(FIELDS), (field) => [field.id, field.value]));
  }

  // The place of the node that a button takes away: those after it move up then.
  function removed(event) {
    const [act, place] = String(event.detail.requestConfig.elt.value).split(" ");
    return act === "remove" ? place : "";
  }

  function on(name, listener) {
    document.addEventListener(name, function (event) {
      if (event.detail.target && event.detail.target.id === "id_rules") {
        listener(event);
      }
    });
  }

  on("htmx:beforeRequest", function () { sent = values(); });
  on("htmx:beforeSwap", function (event) {
    const changed = Array.from(values()).filter(([id, value]) => sent.get(id) !== value);
    typed = new Map(removed(event) ? [] : changed);
  });
  on("htmx:afterSwap", function (event) {
    for (const [id, value] of typed) {
      const field = document.getElementById(id);
      if (field && field.matches(FIELDS)) {
        field.value = value;
      }
    }
    const around = removed(event).split("_").slice(0, -1).join("_");
    const next = around ? document.getElementById(`id_rules_${around}_add`) : document.querySelector("[data-focus]");
    if (next) {
      next.focus();
    }
  });
}());
