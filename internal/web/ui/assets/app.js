// What pages do beyond links and forms; without it everything that only reads still works.
(function () {
  "use strict";

  // The viewer's time zone, for the next page.
  var zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && document.cookie.indexOf("tz=" + encodeURIComponent(zone)) < 0) {
    document.cookie = "tz=" + encodeURIComponent(zone) + "; path=/; max-age=31536000; samesite=lax";
  }

  function announce(text) {
    var box = document.getElementById("announce");
    if (box) { box.textContent = text; }
  }

  // What is called as something of the page below gets a name of its own, so that labels find their fields.
  function ownNames(dialog) {
    dialog.querySelectorAll("[id]").forEach(function (element) {
      var name = element.id;
      if (!document.getElementById(name)) { return; }
      element.id = "modal-" + name;
      ["for", "aria-labelledby", "aria-describedby", "aria-controls", "list", "data-copy", "data-into", "data-add-row"].forEach(function (attribute) {
        dialog.querySelectorAll("[" + attribute + "~='" + CSS.escape(name) + "']").forEach(function (user) {
          user.setAttribute(attribute, user.getAttribute(attribute).split(" ").map(function (n) { return n === name ? element.id : n; }).join(" "));
        });
      });
    });
  }

  // A link with data-dialog shows the page it leads to in a dialog above this one.
  var opener = null;
  function openDialog(link) {
    return fetch(link.href, { headers: { Accept: "text/html" }, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) { throw new Error("no dialog"); }
      return answer.text();
    }).then(function (text) {
      var found = new DOMParser().parseFromString(text, "text/html").getElementById("dialog");
      var modal = document.getElementById("modal");
      if (!found || !modal) { throw new Error("no dialog"); }
      opener = link;
      modal.replaceChildren();
      ownNames(found);
      modal.replaceChildren(document.importNode(found, true));
      modal.showModal();
      if (window.htmx) { window.htmx.process(modal); }
    }).catch(function () { location.href = link.href; });
  }

  // The browser's own bubbles stay away: what is wrong stands beside its field, as the server writes it.
  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("button");
    if (button && button.form) { button.form.noValidate = true; }
  }, true);

  // Half a date never reaches the server, which could not say a word about it.
  document.addEventListener("submit", function (event) {
    var half = [];
    event.target.querySelectorAll("input").forEach(function (input) {
      var old = document.getElementById(input.id + "-half");
      if (old) {
        old.remove();
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
        if (old.dataset.described) { input.setAttribute("aria-describedby", old.dataset.described); }
      }
      if (input.validity.badInput) { half.push(input); }
    });
    half.forEach(function (input) {
      var said = document.createElement("p");
      said.id = input.id + "-half";
      said.className = "field-error";
      said.textContent = "This is not complete. Fill in every part, or clear it.";
      said.dataset.described = input.getAttribute("aria-describedby") || "";
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", (said.id + " " + said.dataset.described).trim());
      input.insertAdjacentElement("afterend", said);
    });
    if (half.length) {
      event.preventDefault();
      event.stopImmediatePropagation();
      half[0].focus();
    }
  }, true);

  document.addEventListener("click", function (event) {
    var target = event.target.closest ? event.target : null;
    if (!target) { return; }
    var link = target.closest("a[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      openDialog(link);
      return;
    }
    var closer = target.closest("[data-close]");
    if (closer && closer.closest("dialog")) {
      event.preventDefault();
      closer.closest("dialog").close();
      if (opener) { opener.focus(); }
      return;
    }
    if (target.closest("[data-theme-toggle]")) {
      var now = document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
      try { localStorage.setItem("theme", now); } catch (e) { /* storage may be off */ }
      window.rollcallTheme();
      announce(now === "dark" ? "Dark colours" : "Light colours");
      return;
    }
    var copier = target.closest("[data-copy]");
    if (copier) {
      var text = document.getElementById(copier.getAttribute("data-copy"));
      navigator.clipboard.writeText(text.value || text.textContent.trim()).then(function () { announce("Copied"); });
      return;
    }
    var adder = target.closest("[data-add-row]");
    if (adder) {
      var template = document.getElementById(adder.getAttribute("data-add-row"));
      var list = document.getElementById(adder.getAttribute("data-into"));
      list.appendChild(document.importNode(template.content, true));
      var last = list.lastElementChild;
      var first = last && last.querySelector("input, select, textarea");
      if (window.htmx) { window.htmx.process(last); }
      if (first) { first.focus(); }
      return;
    }
    var remover = target.closest("[data-remove-row]");
    if (remover) {
      var row = remover.closest(remover.getAttribute("data-remove-row") || "[data-row]");
      var form = row.closest("form");
      row.remove();
      if (form) { form.dispatchEvent(new Event("change", { bubbles: true })); }
    }
  });

  // A session also ends while a form is filled in. What was typed waits in this tab for the answer, and is filled in again
  // after signing in, for the same person and into the same form, as it was sent. Keys and passwords are never kept.
  // Forms that the server keeps as they are typed (hx-post) need none of this.
  var viewer = document.body.dataset.viewer || "";
  function fields(form) {
    return Array.from(form.elements).filter(function (e) { return e.name && !/^(password|file|submit|button|fieldset)$/.test(e.type); });
  }
  function keepTyped(form) {
    var all = fields(form);
    if (!viewer || form.hasAttribute("hx-post") || !all.some(function (e) { return e.type !== "hidden"; })) { return; }
    var kept = { viewer: viewer, action: form.getAttribute("action"), dialog: form.closest("#modal") && opener ? opener.getAttribute("href") : "",
      fields: all.map(function (e) { return { name: e.name, type: e.type, value: e.value, checked: e.checked }; }) };
    try { sessionStorage.setItem("typed", JSON.stringify(kept)); } catch (e) { /* storage may be off */ }
  }
  function fillIn(form, kept) {
    fields(form).forEach(function (e) {
      var ticks = e.type === "checkbox" || e.type === "radio";
      var at = kept.fields.findIndex(function (f) { return f.name === e.name && f.type === e.type && (!ticks || f.value === e.value); });
      if (at < 0) { return; }
      var was = kept.fields.splice(at, 1)[0];
      if (ticks) { e.checked = was.checked; } else { e.value = was.value; }
    });
    var said = document.createElement("div");
    said.id = "typed-before";
    said.className = "note note-info";
    said.tabIndex = -1;
    said.textContent = "This is what you had typed before you signed in again. It was not sent yet." +
      (form.querySelector("[type=password]") ? " Keys and passwords were not kept." : "");
    (form.closest("#dialog") || form).before(said);
    said.focus();
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }
  function giveBack(kept) {
    var find = function (list, attribute, value) { return Array.from(document.querySelectorAll(list)).find(function (e) { return e.getAttribute(attribute) === value; }); };
    var form = find("main form", "action", kept.action), link = find("a[data-dialog]", "href", kept.dialog);
    if (form) {
      fillIn(form, kept);
    } else if (link) {
      openDialog(link).then(function () {
        form = find("#modal form", "action", kept.action);
        if (form) { fillIn(form, kept); }
      });
    }
  }
  try {
    var kept = JSON.parse(sessionStorage.getItem("typed"));
    if (kept && !viewer) { // the page to sign in on
      kept.ended = true;
      sessionStorage.setItem("typed", JSON.stringify(kept));
    } else if (kept) {
      sessionStorage.removeItem("typed");
      if (kept.ended && kept.viewer === viewer) { giveBack(kept); }
    }
  } catch (e) { /* storage may be off */ }

  // A form is sent once; the button says so. Coming back by the browser's button frees it again.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") { return; }
    setTimeout(function () {
      form.querySelectorAll("button[type=submit]").forEach(function (b) { b.setAttribute("aria-disabled", "true"); b.classList.add("busy"); });
    }, 0);
    if (form.dataset.sent) { event.preventDefault(); }
    form.dataset.sent = "1";
    keepTyped(form);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach(function (b) { b.removeAttribute("aria-disabled"); b.classList.remove("busy"); });
    });
  });

  // The menu of a narrow screen closes with Escape.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") { return; }
    var menu = document.querySelector(".side-menu[open]");
    if (menu) { menu.removeAttribute("open"); menu.querySelector("summary").focus(); }
  });

  // The tab that is open is in sight where they do not all fit.
  document.querySelectorAll(".tabs [aria-current]").forEach(function (tab) {
    var row = tab.closest("ul");
    row.scrollLeft += tab.getBoundingClientRect().left - row.getBoundingClientRect().left - (row.clientWidth - tab.offsetWidth) / 2;
  });

  // What is wrong with a form is read first: what stands above it, or else its first field with an error.
  var errors = document.querySelector("#form-errors, main [aria-invalid=true]");
  if (errors) { errors.focus(); }
})();
