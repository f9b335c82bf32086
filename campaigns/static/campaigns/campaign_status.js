"use strict";

// Reads the box of a campaign again while its numbers change. Without this script there is its link to reload the page.
(function () {
  const EVERY = 2000;

  async function readAgain(box) {
    const answer = await fetch(box.dataset.live, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) {
      return;
    }
    const read = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".campaign-status");
    if (read.dataset.status === box.dataset.status) {
      box.replaceWith(document.adoptNode(read));
    } else {
      // What can be done with it has changed, too.
      window.location.reload();
    }
  }

  async function look() {
    const box = document.querySelector(".campaign-status[data-live]");
    if (!box) {
      return;
    }
    if (!document.hidden) {
      try {
        await readAgain(box);
      } catch {
        // The server may be starting again; the next look will tell.
      }
    }
    window.setTimeout(look, EVERY);
  }

  document.addEventListener("DOMContentLoaded", function () { window.setTimeout(look, EVERY); });
}());
