"use strict";

// Shows the config fields of the chosen type only. The server looks at those alone, with or without this script.
(function () {
  function follow(type) {
    for (const input of document.querySelectorAll("[data-types]")) {
      const row = input.closest(".form-row");
      row.hidden = !input.dataset.types.split(" ").includes(type);
    }
  }

  document.addEventListener("DOMContentLoaded", function () {
    const select = document.getElementById("id_type");
    if (!select) {
      return;
    }
    select.addEventListener("change", function () { follow(select.value); });
    follow(select.value);
  });
  // A page taken from the browser's history may hold another choice than it was sent with.
  window.addEventListener("pageshow", function () {
    const select = document.getElementById("id_type");
    if (select) {
      follow(select.value);
    }
  });
}());
