"use strict";

// What every page with htmx needs: the CSRF token, and a word when an answer could not be used.
(function () {
  const LOGGED_OUT = "You are no longer logged in. Log in again in another tab, then go on here: what you typed is kept.";
  const ANOTHER = "Somebody else has logged in with this browser since you opened this page. Nothing was sent.";
  const REFUSED = "This was refused: you may not do it, or the page is too old. Nothing was done. Load the page again.";
  const NO_ANSWER = "The server did not answer. What you see may be old; what you typed is kept.";

  function note(words) {
    const made = document.createElement("p");
    made.id = "htmx-trouble";
    made.className = "errornote";
    made.setAttribute("role", "alert");
    made.dataset.words = words;
    made.append(words);
    if (words === LOGGED_OUT) {
      const link = document.createElement("a");
      link.href = document.querySelector("meta[name=desk-user]").dataset.login;
      link.target = "_blank";
      link.textContent = "Log in";
      made.append(" ", link);
    }
    return made;
  }

  // Where it is seen: all else lies below an open dialog.
  function say(words) {
    const place = document.querySelector("dialog[open]") || document.getElementById("content");
    const said = document.getElementById("htmx-trouble");
    if (said && said.dataset.words === words && place.contains(said)) {
      return;
    }
    if (said) {
      said.remove();
    }
    if (words) {
      place.prepend(note(words));
    }
  }

  document.addEventListener("htmx:configRequest", function (event) {
    const token = document.querySelector("input[name=csrfmiddlewaretoken]");
    if (token && event.detail.verb !== "get") {
      event.detail.headers["X-CSRFToken"] = token.value;
    }
  });
  // No part of a page is a whole one.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (/^\s*<!doctype/i.test(event.detail.xhr.responseText)) {
      event.detail.shouldSwap = false;
      return;
    }
    if (event.detail.xhr.status === 200) {
      say("");
    }
  });
  document.addEventListener("htmx:responseError", function (event) {
    say(event.detail.xhr.status < 500 ? REFUSED : NO_ANSWER);
  });
  document.addEventListener("htmx:sendError", function () { say(NO_ANSWER); });
  document.addEventListener("htmx:timeout", function () { say(NO_ANSWER); });
  document.addEventListener("desk:out", function () { say(LOGGED_OUT); });
  document.addEventListener("desk:another", function () { say(ANOTHER); });
  document.addEventListener("desk:in", function () { say(""); });
}());
