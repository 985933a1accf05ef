// Runs before the first paint so that nobody is flashed by the wrong theme. A file of its own because the
// server's content security policy allows no inline script.
(function () {
  var stored = null;
  try {
    stored = localStorage.getItem("fleetlight-color-scheme");
  } catch {
    stored = null;
  }
  var light = window.matchMedia("(prefers-color-scheme: light)").matches;
  var scheme = stored === "light" || stored === "dark" ? stored : light ? "light" : "dark";
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
