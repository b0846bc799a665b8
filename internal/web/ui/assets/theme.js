// Sets light or dark before anything is painted: what was chosen here, else what the system says.
(function () {
  var root = document.documentElement;
  var system = matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    var chosen = null;
    try { chosen = localStorage.getItem("theme"); } catch (e) { /* storage may be off */ }
    root.setAttribute("data-bs-theme", chosen || (system.matches ? "dark" : "light"));
  }
  root.classList.add("js");
  apply();
  system.addEventListener("change", apply);
  addEventListener("beforeprint", function () { root.setAttribute("data-bs-theme", "light"); }); // paper is white
  addEventListener("afterprint", apply);
  window.rollcallTheme = apply;
})();
