"use strict";

// What every page with htmx needs: the CSRF token, and a word when an answer could not be used.
(function () {
  const LOGGED_OUT = "You are no longer logged in. Log in again in another tab, then go on here.";
  const NO_ANSWER = "The server did not answer. What you see may be old; what you typed is kept.";

  function say(words) {
    let note = document.getElementById("htmx-trouble");
    if (!words) {
      if (note) {
        note.remove();
      }
      return;
    }
    if (!note) {
      note = document.createElement("p");
      note.id = "htmx-trouble";
      note.className = "errornote";
      note.setAttribute("role", "alert");
      document.getElementById("content").prepend(note);
    }
    if (note.textContent !== words) {
      note.textContent = words;
    }
  }

  document.addEventListener("htmx:configRequest", function (event) {
    const token = document.querySelector("input[name=csrfmiddlewaretoken]");
    if (token && event.detail.verb !== "get") {
      event.detail.headers["X-CSRFToken"] = token.value;
    }
  });
  // A whole page in answer to a request for a part of one is the log-in page.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (/^\s*<!doctype/i.test(event.detail.xhr.responseText)) {
      event.detail.shouldSwap = false;
      if (event.detail.xhr.status < 400) {
        say(LOGGED_OUT);
      }
      return;
    }
    if (event.detail.xhr.status < 400) {
      say("");
    }
  });
  document.addEventListener("htmx:responseError", function () { say(NO_ANSWER); });
  document.addEventListener("htmx:sendError", function () { say(NO_ANSWER); });
  document.addEventListener("htmx:timeout", function () { say(NO_ANSWER); });
}());
