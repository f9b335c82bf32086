"use strict";

// What was typed into a form that has been open for a while is sent only if whoever opened it is still logged in. It
// would be lost on the way to the log-in page, or be taken for somebody else's.
(function () {
  const FRESH = 60000;
  const opened = document.querySelector("meta[name=desk-user]");
  if (!opened) {
    return;
  }
  let token = cookie();
  let checked = Date.now();
  let isAsking = false;

  function cookie() {
    const found = /(?:^|; )csrftoken=([^;]*)/.exec(document.cookie);
    return found ? found[1] : "";
  }

  // Logging in, in any tab, makes a new token.
  function isFresh() {
    return Date.now() - checked < FRESH && cookie() === token;
  }

  function tell(name) {
    document.dispatchEvent(new CustomEvent(name));
    return false;
  }

  async function user() {
    try {
      const answer = await fetch(opened.dataset.session);
      return answer.ok ? (await answer.json()).user : opened.content;
    } catch {
      // Whatever is wrong is told by the answer to the form.
      return opened.content;
    }
  }

  async function isStillHere() {
    const now = await user();
    if (now !== opened.content) {
      return tell(now ? "desk:another" : "desk:out");
    }
    checked = Date.now();
    token = cookie();
    for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) {
      input.value = token || input.value;
    }
    tell("desk:in");
    return true;
  }

  // Once for all that is sent while it is asked.
  async function ask(goOn) {
    if (isAsking) {
      return;
    }
    isAsking = true;
    const isHere = await isStillHere();
    isAsking = false;
    if (isHere) {
      goOn();
    }
  }

  document.addEventListener("submit", function (event) {
    const form = event.target;
    const isOurs = form.getAttribute("method") === "post" && !form.hasAttribute("hx-post");
    if (isOurs && !event.defaultPrevented && !isFresh()) {
      event.preventDefault();
      ask(() => form.requestSubmit(event.submitter));
    }
  });
  document.addEventListener("htmx:confirm", function (event) {
    if (event.detail.verb !== "get" && !isFresh()) {
      event.preventDefault();
      ask(() => event.detail.issueRequest(true));
    }
  });
}());
