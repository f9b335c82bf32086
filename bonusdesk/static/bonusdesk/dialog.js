"use strict";

// A link with `data-dialog` leads to a page with a form. Here it opens that form in a dialog, above the page one is on.
(function () {
  const FIELDS = "input:not([type=hidden], [type=submit]), select, textarea";
  let dialog = null;
  let opener = null;
  let isAsking = false;

  function made() {
    const found = document.createElement("dialog");
    found.id = "desk-dialog";
    found.setAttribute("aria-labelledby", "desk-dialog-title");
    found.setAttribute("hx-target", "this");
    // A second click while the first is under way is none.
    found.setAttribute("hx-sync", "this:drop");
    found.addEventListener("close", function () {
      found.replaceChildren();
      opener.focus();
    });
    found.addEventListener("click", function (event) {
      if (event.target.closest(".closelink")) {
        event.preventDefault();
        found.close();
      }
    });
    return document.body.appendChild(found);
  }

  function show() {
    if (!dialog.open) {
      dialog.showModal();
    }
    const first = ["[aria-invalid=true]", FIELDS, ".closelink"].map((one) => dialog.querySelector(one)).find(Boolean);
    if (first) {
      first.focus();
    }
  }

  function wantsAnotherTab(event) {
    return event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  }

  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[data-dialog]");
    if (!link || !window.htmx || wantsAnotherTab(event)) {
      return;
    }
    event.preventDefault();
    if (isAsking) {
      return;
    }
    isAsking = true;
    opener = link;
    dialog = dialog || made();
    const done = function () { isAsking = false; };
    window.htmx.ajax("GET", link.href, {target: dialog, swap: "innerHTML"}).then(done, done);
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    if (dialog && event.detail.target === dialog) {
      show();
    }
  });
  // What the page below reads again meanwhile could load it anew, and the dialog would be gone.
  document.addEventListener("htmx:beforeRequest", function (event) {
    if (dialog && dialog.open && !dialog.contains(event.detail.elt)) {
      event.preventDefault();
    }
  });
}());
