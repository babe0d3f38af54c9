/* A browser too old to read the page's script says so; written so that any browser can read it. */

if (!window.watershed) {
  document.getElementById("failed").hidden = false;
}
